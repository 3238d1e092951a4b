"""Placing an order: button, command line and API all do this and nothing else."""

from collections.abc import Collection
from datetime import datetime

from webapp.config import Settings
from webapp.errors import Refusal
from webapp.fetching.evenings import next_evening
from webapp.fetching.recording import record_failure
from webapp.identity import NationalIdentifier, parse, usable_across_institutions
from webapp.model import Answer, Basis, FetchState, Order, OrderState, Origin, Outcome, Person, Purpose
from webapp.store import Store, answers, applications, orders, people, reports

#: The longest reason for an order, in characters.
MOST_REASON = 500


def place(
    store: Store,
    settings: Settings,
    person: Person,
    purpose: Purpose,
    origin: Origin,
    now: datetime,
    only: Collection[int] | None = None,
) -> int:
    """Order a person's results from every source that is switched on, or of those from `only` these institutions;
    returns the order's id.

    A source that is switched off is not asked: its fetch fails at once, and is tried again the evening after. While
    such an order, about the same person and purpose, is going on, a second press joins it. A new order to every source
    that may ask settles what the person has reported. Raises Refusal when nobody can be asked about the person.
    """
    demand_askable(person)
    demand_reason(person, origin)
    asked = [each.institution for each in settings.asked if only is None or each.institution in only]
    if not asked:
        raise Refusal("Ingen kilder er satt opp. Legg dem til under Kilder, eller i sources.toml i instansmappen.")
    in_force = settings.basis_at(purpose, now)
    basis = in_force.basis
    wish = order_of(person, origin, purpose, basis, now, in_force.text)
    with store.write() as db:
        going_on = orders.open_order_of(db, person.id, purpose, asked)
        if going_on is not None:
            return going_on
        order_id = orders.place(db, wish, asked)
        may_ask = basis is Basis.STATUTE or applications.has_consent(db, person.id, now)
        if may_ask and only is None:
            reports.settle(db, person.id, order_id, now)
            if origin.application is not None:
                applications.mark_asked(db, [origin.application], now)
        sharing = {source.institution for source in settings.sources if source.shares}
        switched_off = settings.switched_off(now)
        for fetch in orders.queued(db, order_id):
            if may_ask and fetch.institution in sharing:
                if off := switched_off.get(fetch.institution):
                    record_failure(db, fetch, off, 0, now, next_evening(settings, off.until))
                continue
            outcome = Outcome.NO_CONSENT if fetch.institution in sharing else Outcome.NOT_SHARED
            answers.record(db, fetch.id, person.id, Answer(outcome, 0), now)
            orders.finish(db, fetch, FetchState.DONE, now)
    return order_id


def order_of(
    person: Person, origin: Origin, purpose: Purpose, basis: Basis, now: datetime, basis_text: str = ""
) -> Order:
    """An order that is to be placed, on a basis whose text is in force."""
    return Order(
        id=0,
        person_id=person.id,
        purpose=purpose,
        basis=basis,
        placed_at=now,
        placed_by=origin.by,
        placed_from=origin.place,
        state=OrderState.OPEN,
        opened_at=now,
        finished_at=None,
        application=origin.application,
        case_id=origin.case_id,
        reason=origin.reason.strip(),
        basis_text=basis_text,
    )


def find_or_register(
    store: Store,
    identifier: NationalIdentifier,
    given_names: str | None,
    family_name: str | None,
    now: datetime,
) -> Person:
    """The person with this number; one not known before is registered, with the names where they are given."""
    with store.write() as db:
        known = people.person_with_number(db, identifier.number)
        if known is None:
            people.register(db, [identifier], given_names, family_name, now)
        elif given_names or family_name:
            people.complete_name(db, known.id, given_names, family_name)
        found = people.person_with_number(db, identifier.number)
    if found is None:
        raise LookupError("a person just registered is not there")
    return found


def ask_again(store: Store, order_id: int, now: datetime) -> int:
    """Queue the failed fetches of an order again, and only those; returns how many there were: none of a run's order,
    which is about others too."""
    with store.write() as db:
        return orders.queue_failed(db, order_id, now)


def demand_reason(person: Person, origin: Origin) -> None:
    """Raise Refusal where there has to be a reason for asking and none is given: the question tells that a person whose
    address is protected has applied here. Or when it is too long."""
    if person.protected_address and not origin.reason.strip():
        raise Refusal(
            "Personen har sperret adresse, og å spørre røper at hun eller han er her. Skriv hvorfor det spørres."
        )
    if len(origin.reason) > MOST_REASON:
        raise Refusal("Skriv grunnen kortere: høyst %(most)d tegn.", most=MOST_REASON)


def askable(person: Person) -> tuple[str, ...]:
    """The person's numbers that other institutions know: those that FS made up are unique per institution only."""
    return tuple(number for number in person.identifiers if usable_across_institutions(parse(number)))


def demand_askable(person: Person) -> None:
    """Raise Refusal when other institutions know none of the person's numbers."""
    if not askable(person):
        raise Refusal(
            "Personen har bare et fiktivt nummer som FS har laget ved én institusjon. Det kan ikke brukes til å "
            "spørre andre. Registrer fødselsnummer, D-nummer eller S-nummer først."
        )
