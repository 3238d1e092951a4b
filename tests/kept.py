"""Somebody of whom something is kept in every table that can hold a person."""

from concurrent.futures import wait
from datetime import date, timedelta

from portal import played
from webapp.fetching.by_hand import note_on_study, write_by_hand
from webapp.fetching.ordering import place
from webapp.fetching.reporting import register
from webapp.house import House
from webapp.identity import make_synthetic
from webapp.intake.applying import take_in_admission, take_in_application
from webapp.model import (
    Act,
    AdmissionRecord,
    Alternative,
    ApplicationRecord,
    Case,
    CaseStatus,
    CaseType,
    Complaint,
    Delivered,
    ImportState,
    IntakeKind,
    Invitation,
    Origin,
    Outcome,
    Person,
    Purpose,
    Reply,
    Report,
    RowByHand,
    Signature,
    SignatureState,
    TraceEntry,
)
from webapp.recognition.cases import include, open_case, set_status
from webapp.sources.elmo import write
from webapp.store import deliveries, imports, invitations, people, results, trace
from world import KARI_NUMBER, NOW, OLA_NUMBER, UIB, UIO, FakeSource, course, transcript

APPLICATION, FORMER = "NOM7001", OLA_NUMBER
ADMISSION = "2027-HØST-NOM"
#: Long after all limits of an application in ADMISSION.
LATER = NOW + timedelta(days=3 * 365)
_STRANGER, _OLA = (make_synthetic(date(1990, 1, day), 0) for day in (2, 3))


def order(house: House, person: Person, origin: Origin | None = None) -> int:
    """Have the sources asked about somebody; returns the order."""
    origin = origin or Origin("kberg", "application", application=APPLICATION)
    order_id = place(house.store, house.settings, person, Purpose.RECOGNITION, origin, NOW)
    wait(house.fanout.start(order_id), timeout=10)
    return order_id


def apply_as_kari(house: House, admitted: str | None = None) -> None:
    """Kari's application, with her consent and a former number."""
    take_in_admission(house.store, house.settings, AdmissionRecord(ADMISSION, processing_phase="J"), NOW)
    record = ApplicationRecord(
        APPLICATION,
        KARI_NUMBER,
        ADMISSION,
        former_numbers=FORMER,
        consent_given_at="2026-11-01T12:00",
        alternatives=(Alternative(1, "MAT-B", "Bachelor i matematikk"),),
        admitted=admitted,
    )
    take_in_application(house.store, house.settings, record, NOW)


def have_results(sources: dict[int, FakeSource]) -> None:
    """UiO has a course of Kari's; UiB answers about somebody else."""
    for source, code, number in ((UIO, "MAT1100", KARI_NUMBER), (UIB, "FYS1000", _STRANGER)):
        said = transcript(course(code), number=number, institution=source)
        sources[source].answer = Reply(Outcome.FOUND, said, write(said, NOW), f'"{code}"')


def keep_results(house: House, kari: Person, sources: dict[int, FakeSource]) -> int:
    """What an applicant without a case has here: an application, and what an order of it brought. Returns the order."""
    apply_as_kari(house)
    have_results(sources)
    known = people.person(house.store.db, kari.id)
    assert known is not None
    return order(house, known)


def keep_everything(house: House, kari: Person, sources: dict[int, FakeSource]) -> int:
    """That, and all else that can be; the case is closed. Returns it."""
    order_id = keep_results(house, kari, sources)
    store = house.store
    wish = Case(0, kari.id, CaseType.INNPASS, CaseStatus.UNTREATED, NOW.date(), application_text="Søker om innpass")
    case_id = open_case(store, house.settings, wish, "kberg", NOW)
    (study,) = [each for each in results.studies_of(store.db, kari.id) if each.institution == UIO]
    include(store, case_id, [row.id for row in study.results], "kberg", NOW)
    set_status(store, case_id, CaseStatus.TREATED, "kberg", NOW)
    write_by_hand(store, kari.id, RowByHand(UIO, course("HF1000", credit_scheme="studiepoeng")), "kberg", NOW)
    note_on_study(store, kari.id, UIO, "Kari Nordmann ringte", "kberg", NOW)
    register(store, kari, Origin("kberg", "case", case_id=case_id), NOW)
    _bring(house, kari, order_id, case_id)
    with store.write() as db:
        report = Report(1, True, complaints=(Complaint(1, "", "«%(said)s»", {"said": "Nordmann"}),), complaint_count=1)
        import_id = imports.begin(db, IntakeKind.APPLICATIONS, "Nordmann.csv", True, "kberg", NOW)
        imports.finish(db, import_id, ImportState.REFUSED, report, NOW)
        content = {"why": "Kari Nordmann ba om innsyn"}
        trace.append(db, TraceEntry(NOW, "kberg", Act.LOOKED, "person.show", (kari.id,), content))
    return case_id


def _bring(house: House, kari: Person, order_id: int, case_id: int) -> None:
    """A document that was brought, one that waits, and an invitation that was used."""
    with house.store.write() as db:
        deliveries.note(db, order_id, Delivered(False, UIO, Signature(SignatureState.VALID, "Kari Nordmann")))
        deliveries.put(db, kari.id, "nordmann.xml", b"<elmo>Nordmann</elmo>", "kberg", NOW)
        expires_at = NOW + timedelta(days=14)
        wish = Invitation(0, kari.id, UIO, Purpose.RECOGNITION, NOW, "kberg", expires_at, case_id=case_id)
        invitation_id = invitations.add(db, wish, "token")
        invitations.begin_visit(db, invitation_id, played(), "session", NOW, NOW + timedelta(hours=1))


def add_ola(house: House) -> int:
    """Somebody else in the same admission, of whom nothing may be lost; returns the id."""
    record = ApplicationRecord("NOM7002", _OLA, ADMISSION, consent_given_at="2026-11-01T12:00", family_name="Hansen")
    take_in_application(house.store, house.settings, record, NOW)
    ola = people.person_with_number(house.store.db, _OLA)
    assert ola is not None
    return ola.id
