"""Completing a person whom we know from our own FS: names, numbers, applications and consents, all or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from webapp.config import Settings
from webapp.errors import SENTENCES, Refusal, SourceError
from webapp.identity import NationalIdentifier
from webapp.intake import cells
from webapp.intake.applying import take_in_applications
from webapp.intake.complaints import NotTakenIn
from webapp.model import ApplicationRecord, Person, Report
from webapp.sources.catalogue import open_feed
from webapp.sources.fs_graphql.feed import Fed, FedApplication, FedConsent
from webapp.store import Store, admissions, people


@dataclass(frozen=True)
class Completed:
    """What came of it: whether something of the person was new, how many applications were new or changed, and the
    admissions of those that were passed over since they are not here."""

    person: bool
    applications: int
    unknown_admissions: tuple[str, ...]


def complete_person(store: Store, settings: Settings, person: Person, now: datetime) -> Completed:
    """Ask FS about a person and write what it knows. Raises Refusal, with nothing written, when FS is not set up, does
    not answer or does not know the person, or when it contradicts what is known here."""
    fed = _asked(settings, person)
    numbers = _identifiers(settings, fed, person)
    here = {admission.code for admission in admissions.admissions(store.db)}
    applied = [each for each in fed.applications if each.admission in here]
    unknown = sorted({each.admission for each in fed.applications} - here)
    if not applied:
        changed = _write(store, person, numbers, fed, now)
        return Completed(changed, 0, tuple(unknown))
    rows = enumerate((_record(each, numbers, fed) for each in applied), 1)
    report = take_in_applications(store, settings, rows, now)
    if report.complaint_count:
        raise NotTakenIn(report.complaints)
    return _completed(report, unknown)


def _completed(report: Report, unknown: Sequence[str]) -> Completed:
    changed = report.applications.new + report.applications.changed
    return Completed(bool(report.people.changed), changed, tuple(unknown))


def _asked(settings: Settings, person: Person) -> Fed:
    feed = open_feed(settings)
    try:
        fed = feed.known(person.identifiers)
    except SourceError as error:
        seconds = settings.settings.feed.timeout_seconds if settings.settings.feed else 0
        raise Refusal(SENTENCES[error.failure], seconds=seconds) from error
    finally:
        feed.close()
    if fed is None:
        raise Refusal("FS kjenner ikke personen. Se etter en skrivefeil i nummeret, eller registrer søknaden i FS.")
    return fed


def _identifiers(settings: Settings, fed: Fed, person: Person) -> Sequence[NationalIdentifier]:
    """All numbers that can be registered, the current one first. A former one that cannot be is passed over: it was
    made up, or it had a slip of the pen that the new number put right."""
    current, *former = fed.numbers or person.identifiers
    found = [settings.identifier(current)]
    for number in former:
        try:
            found.append(settings.identifier(number))
        except Refusal:
            continue
    return found


def _record(application: FedApplication, numbers: Sequence[NationalIdentifier], fed: Fed) -> ApplicationRecord:
    given_at, withdrawn_at = _instants(fed.consent)
    return ApplicationRecord(
        applicant_number=application.applicant_number,
        number=numbers[0].number,
        admission=application.admission,
        former_numbers=" ".join(each.number for each in numbers[1:]),
        family_name=fed.family_name,
        given_names=fed.given_names,
        consent_given_at=given_at,
        consent_withdrawn_at=withdrawn_at,
    )


def _instants(consent: FedConsent | None) -> tuple[str | None, str | None]:
    """When a consent was given and withdrawn, as in a file: None leaves what is stored, "" clears it."""
    if consent is None:
        return None, None
    answered = consent.answered_at.isoformat()
    return (answered, "") if consent.given else (None, answered)


def _write(store: Store, person: Person, numbers: Sequence[NationalIdentifier], fed: Fed, now: datetime) -> bool:
    """Names and numbers of somebody without an application to write them with."""
    given, family = (cells.name(each) if each else None for each in (fed.given_names, fed.family_name))
    with store.write() as db:
        for each in numbers:
            owner = people.person_with_number(db, each.number)
            if owner is not None and owner.id != person.id:
                raise Refusal("Numrene i FS tilhører to ulike personer her. Slå dem sammen, eller rett nummeret i FS.")
        stands = people.person(db, person.id) or person
        return people.renew(db, stands, numbers, given, family, now)
