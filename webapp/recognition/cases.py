"""Opening and changing a recognition case: what may be written, and that nobody writes over another."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from sqlite_utils import Database

from webapp.config import Settings
from webapp.errors import Refusal
from webapp.model import Case, CaseStatus
from webapp.store import Store, cases

#: How many characters each text of a case may have.
LONGEST = {"place": 100, "responsible": 100, "journal_number": 50, "application_text": 4000, "note": 4000}


class WrongCase(Refusal):
    """A case that cannot be written: `fields` says of each field what is wrong with it."""

    def __init__(self, fields: Mapping[str, Refusal]) -> None:
        first = next(iter(fields.values()))
        super().__init__(first.sentence, **first.values)
        self.fields = fields


class ChangedMeanwhile(Refusal):
    """Somebody else changed the case since it was read: `current` is what stands there now."""

    def __init__(self, current: Case) -> None:
        super().__init__(
            "%(who)s har endret saken siden du åpnet den. Ingenting er lagret ennå. Se hva som står der nå, og lagre "
            "på nytt.",
            who=current.changed_by,
        )
        self.current = current


def open_case(store: Store, settings: Settings, wish: Case, by: str, now: datetime) -> int:
    """Write a new case and return its id; `wish.id` is passed over. Raises WrongCase, which is a Refusal."""
    wish = _checked(wish, settings, now)
    with store.write() as db:
        return cases.create(db, wish, by, now)


def change_case(
    store: Store, settings: Settings, case_id: int, version: int, wish: Case, by: str, now: datetime
) -> None:
    """Write a case anew on top of the version that was read; its id and person stay. Raises WrongCase or
    ChangedMeanwhile, which are Refusals."""
    wish = _checked(wish, settings, now)
    with store.write() as db:
        current = _known(db, case_id)
        if current.version != version:
            raise ChangedMeanwhile(current)
        cases.change(db, case_id, version, wish, by, now)


def set_status(store: Store, case_id: int, status: CaseStatus, by: str, now: datetime) -> None:
    """Change the status alone, in one press: to close a case or to open it again. Raises Refusal for no such case."""
    with store.write() as db:
        current = _known(db, case_id)
        if current.status is not status:
            cases.change(db, case_id, current.version, replace(current, status=status), by, now)


def include(store: Store, case_id: int, result_ids: Iterable[int], by: str, now: datetime) -> None:
    """Tick results as part of a case (Inngår). Raises Refusal when the case is locked, or when one of them is no
    result of its person."""
    with store.write() as db:
        cases.include(db, case_id, _tickable(db, case_id, result_ids), by, now)


def exclude(store: Store, case_id: int, result_ids: Iterable[int]) -> None:
    """Take the tick off results. Raises Refusal as `include` does."""
    with store.write() as db:
        cases.exclude(db, case_id, _tickable(db, case_id, result_ids))


def wrong_fields(wish: Case, today: date) -> Mapping[str, Refusal]:
    """What is wrong with a case that is to be written, by field; empty when nothing is."""
    wrong = dict[str, Refusal]()
    for field, most in LONGEST.items():
        length = len(getattr(_tidy(wish), field))
        if length > most:
            wrong[field] = Refusal(
                "Her er det %(length)d tegn, og det er plass til %(most)d. Kort teksten ned.", length=length, most=most
            )
    if wish.applied_on > today:
        wrong["applied_on"] = Refusal("Datoen er ikke kommet ennå. Skriv dagen da det ble søkt.")
    elif wish.applied_on.year < 1900:
        wrong["applied_on"] = Refusal("Så langt tilbake ble det ikke søkt. Skriv årstallet med fire sifre.")
    return wrong


def _tidy(wish: Case) -> Case:
    """A case with its texts as they are kept: without blanks around them, and one character for a line's end."""
    return replace(wish, **{field: getattr(wish, field).replace("\r\n", "\n").strip() for field in LONGEST})


def _checked(wish: Case, settings: Settings, now: datetime) -> Case:
    wrong = wrong_fields(wish, now.astimezone(settings.zone).date())
    if wrong:
        raise WrongCase(wrong)
    return _tidy(wish)


def _tickable(db: Database, case_id: int, result_ids: Iterable[int]) -> frozenset[int]:
    case, wanted = _known(db, case_id), frozenset(result_ids)
    if case.locked:
        raise Refusal("Saken er BEHANDLET, og det som inngår er låst. Åpne saken igjen for å endre det.")
    if not wanted <= cases.results_of_person(db, case.person_id):
        raise Refusal("En av radene hører ikke til personen som saken gjelder. Ingenting er lagret.")
    return wanted


def _known(db: Database, case_id: int) -> Case:
    found = cases.case(db, case_id)
    if found is None:
        raise Refusal("Saken fins ikke.")
    return found
