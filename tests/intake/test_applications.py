"""Taking in applications: what comes of the people, and what is refused."""

from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlite_utils import Database

from webapp.config import Settings
from webapp.errors import Refusal
from webapp.identity import make_synthetic
from webapp.intake.applying import take_in_admission, take_in_application, take_in_applications
from webapp.intake.complaints import NotTakenIn
from webapp.model import AdmissionRecord, Alternative, ApplicationRecord, Person, Report, Tally
from webapp.store import Store, applications, people
from world import KARI_NUMBER, NOW, OLA_NUMBER

FORMER = make_synthetic(date(1998, 5, 3), 1, d_number=True)
NEW_NUMBER = make_synthetic(date(1998, 5, 4), 0)


@pytest.fixture(autouse=True)
def _admission(store: Store, settings: Settings) -> None:
    for code in ("2027-HØST-NOM", "2027-VÅR-MASTER"):
        take_in_admission(store, settings, AdmissionRecord(code, "Opptak", "J"), NOW)


def record(applicant_number: str = "1001", number: str = KARI_NUMBER, **more: object) -> ApplicationRecord:
    values = {"admission": "2027-HØST-NOM", "family_name": "Nordmann", "given_names": "Kari"} | more
    return ApplicationRecord(applicant_number, number, **values)  # type: ignore[arg-type]


def take_in(store: Store, settings: Settings, *records: ApplicationRecord) -> Report:
    return take_in_applications(store, settings, enumerate(records, 1), NOW)


def person(store: Store, number: str) -> Person:
    found = people.person_with_number(store.db, number)
    assert found is not None
    return found


def test_somebody_new_is_registered_with_all_that_is_told(store: Store, settings: Settings) -> None:
    alternatives = (Alternative(1, "MAT", "Matematikk"), Alternative(2, "FYS", 'Fysikk "og" /astro'))
    given = record(
        former_numbers=FORMER,
        consent_given_at="2026-11-01T12:00",
        protected_address="J",
        alternatives=alternatives,
    )
    report = take_in_application(store, settings, given, NOW)
    kari = person(store, FORMER)
    application = applications.application(store.db, "1001")
    assert (report.people, report.applications) == (Tally(1, 0, 0), Tally(1, 0, 0))
    assert (kari.identifiers, kari.birth_date, kari.protected_address) == (
        (KARI_NUMBER, FORMER),
        date(1998, 5, 3),
        True,
    )
    assert [found.id for found in people.people_named(store.db, "kari nord")] == [kari.id]
    assert application is not None
    assert (application.person_id, application.alternatives) == (kari.id, alternatives)
    assert application.consent_given_at == datetime(2026, 11, 1, 11, tzinfo=UTC)
    assert take_in_application(store, settings, given, NOW).applications == Tally(0, 0, 1)


def test_an_absent_value_stays_and_an_empty_one_clears(store: Store, settings: Settings) -> None:
    take_in(store, settings, record(consent_given_at="2026-11-01", alternatives=(Alternative(1, "MAT"),)))
    assert take_in(store, settings, record()).applications == Tally(0, 0, 1)
    report = take_in(store, settings, record(consent_given_at="", family_name="", alternatives=()))
    application = applications.application(store.db, "1001")
    assert (report.people, report.applications) == (Tally(0, 0, 1), Tally(0, 1, 0))
    assert application is not None
    assert (application.consent_given_at, application.alternatives) == (None, ())
    assert person(store, KARI_NUMBER).family_name == "Nordmann"


def test_a_new_number_becomes_the_current_one(store: Store, settings: Settings, kari: Person) -> None:
    report = take_in(store, settings, record(number=NEW_NUMBER, former_numbers=KARI_NUMBER))
    found = person(store, NEW_NUMBER)
    assert report.people == Tally(0, 1, 0)
    assert (found.id, found.identifiers, found.birth_date) == (kari.id, (NEW_NUMBER, KARI_NUMBER), date(1998, 5, 4))


def test_a_file_that_only_knows_an_older_number_changes_no_number(store: Store, settings: Settings) -> None:
    take_in(store, settings, record(number=NEW_NUMBER, former_numbers=KARI_NUMBER))
    assert take_in(store, settings, record(number=KARI_NUMBER)).people == Tally(0, 0, 1)
    assert person(store, KARI_NUMBER).identifiers == (NEW_NUMBER, KARI_NUMBER)


def test_names_follow_the_file_and_so_does_the_search(store: Store, settings: Settings, kari: Person) -> None:
    take_in(store, settings, record(family_name="Østby"))
    assert person(store, KARI_NUMBER).family_name == "Østby"
    assert [found.id for found in people.people_named(store.db, "ostby")] == [kari.id]
    assert applications.application(store.db, "1001") is not None


KARI_TWICE = record("1002", number=NEW_NUMBER, former_numbers=KARI_NUMBER)
WRONG = f"{KARI_NUMBER[:-1]}{(int(KARI_NUMBER[-1]) + 1) % 10}"
TOMORROW = (NOW + timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ([record("")], "applicant_number", "Søkernummeret mangler."),
        ([record("nom")], "applicant_number", "minst ett siffer"),
        ([record(KARI_NUMBER)], "applicant_number", "ser ut som et fødselsnummer"),
        ([record(number="")], "number", "Fødselsnummeret mangler"),
        ([record(number=WRONG)], "number", "Kontrollsifrene stemmer ikke"),
        ([record(former_numbers="12")], "former_numbers", "11 siffer"),
        ([record(admission="2027-HØST-LOK")], "admission", "Les inn opptaket først"),
        ([record(admission="høsten 2027")], "admission", "er ikke et opptak"),
        ([record(family_name=KARI_NUMBER)], "family_name", "Det står et nummer"),
        ([record(family_name="Nord\nmann")], "family_name", "linjeskift"),
        ([record(given_names="\ud800")], "given_names", "ødelagt"),
        ([record(consent_given_at=TOMORROW)], "consent_given_at", "ikke kommet ennå"),
        ([record(consent_given_at="24.11.2026")], "consent_given_at", "er ikke et tidspunkt"),
        (
            [record(consent_given_at="2026-11-02", consent_withdrawn_at="2026-11-01")],
            "consent_withdrawn_at",
            "trukket før det ble gitt",
        ),
        ([record(protected_address="kanskje")], "protected_address", "verken J eller N"),
        ([record(alternatives=(Alternative(1, "A"), Alternative(1, "B")))], "alternatives", "sin egen prioritet"),
        ([record(), record()], "applicant_number", "linje 1 også"),
        ([record(), KARI_TWICE], "number", "annet gjeldende nummer på linje 1"),
        ([record(), record("1002", family_name="Hansen")], "family_name", "annet etternavn på linje 1"),
        ([record(), record("1002", given_names="Kåre")], "given_names", "annet fornavn på linje 1"),
        (
            [record(protected_address="J"), record("1002", protected_address="N")],
            "protected_address",
            "ikke den samme sperren",
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_written(
    store: Store, settings: Settings, wrong: list[ApplicationRecord], field: str, sentence: str
) -> None:
    report = take_in(store, settings, record("1", OLA_NUMBER, given_names="Ola"), *wrong)
    told = [(each.field, each.sentence % each.values) for each in report.complaints]
    assert [at for at, _ in told] == [field]
    assert sentence.replace("linje 1", "linje 2") in told[0][1]
    assert KARI_NUMBER not in repr(report)
    assert people.person_with_number(store.db, OLA_NUMBER) is None


def test_an_applicant_number_stays_with_its_person(store: Store, settings: Settings) -> None:
    take_in(store, settings, record())
    for number in (OLA_NUMBER, NEW_NUMBER):
        with pytest.raises(NotTakenIn, match="tilhører en annen person") as refusal:
            take_in_application(store, settings, record(number=number), NOW)
        assert [complaint.field for complaint in refusal.value.complaints] == ["applicant_number"]


def test_numbers_of_two_people_do_not_make_them_one(store: Store, settings: Settings, kari: Person) -> None:
    take_in(store, settings, record("2", OLA_NUMBER))
    with pytest.raises(Refusal, match="to ulike personer"):
        take_in_application(store, settings, record("3", former_numbers=OLA_NUMBER), NOW)


def test_a_person_gets_one_new_number_at_a_time(store: Store, settings: Settings) -> None:
    take_in(store, settings, record(former_numbers=FORMER))
    another = make_synthetic(date(1998, 5, 5), 0)
    report = take_in(
        store,
        settings,
        record("2", NEW_NUMBER, former_numbers=KARI_NUMBER),
        record("3", another, former_numbers=FORMER),
    )
    assert {complaint.line for complaint in report.complaints} == {1, 2}
    assert person(store, KARI_NUMBER).identifiers[0] == KARI_NUMBER


def test_a_withdrawal_is_compared_with_the_consent_that_is_stored(store: Store, settings: Settings) -> None:
    take_in(store, settings, record(consent_given_at="2026-11-02T10:00"))
    with pytest.raises(NotTakenIn, match="trukket før"):
        take_in_application(store, settings, record(consent_withdrawn_at="2026-11-01"), NOW)
    take_in_application(store, settings, record(consent_withdrawn_at="2026-11-02T09:30Z"), NOW)
    application = applications.application(store.db, "1001")
    assert application is not None
    assert not application.has_consent(NOW)


def test_a_lost_leading_zero_is_found_again(store: Store, settings: Settings) -> None:
    assert OLA_NUMBER.startswith("0")
    take_in(store, settings, record(number=OLA_NUMBER.removeprefix("0")))
    assert person(store, OLA_NUMBER).identifiers == (OLA_NUMBER,)


def test_what_others_wrote_meanwhile_is_seen(store: Store, settings: Settings, kari: Person) -> None:
    """Somebody else takes the applicant number between the checks and the writing."""
    others = Store(settings.database)

    class Crowded(Store):
        def write(self) -> AbstractContextManager[Database]:
            take_in(others, settings, record(number=OLA_NUMBER, given_names="Ola"))
            return super().write()

    crowded = Crowded(settings.database)
    report = take_in_applications(crowded, settings, [(7, record())], NOW)
    crowded.close()
    others.close()
    assert [(each.line, each.field) for each in report.complaints] == [(7, "applicant_number")]
    application = applications.application(store.db, "1001")
    assert application is not None
    assert application.person_id == person(store, OLA_NUMBER).id
