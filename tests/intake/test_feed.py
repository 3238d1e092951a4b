"""A known person completed from our own FS: what is written, and that nothing is when something contradicts."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from feeding import own_fs
from webapp.config import Settings, SettingsFile
from webapp.demo.fs import Conduct
from webapp.errors import Refusal
from webapp.identity import make_synthetic, parse
from webapp.intake.applying import take_in_admission
from webapp.intake.feed import Completed, complete_person
from webapp.model import AdmissionRecord, ApplicationRecord, Person
from webapp.store import Store, applications, people
from world import KARI_NUMBER, NOW

NEW_NUMBER = make_synthetic(date(1998, 5, 3), 1)
FORMER_NUMBER = make_synthetic(date(1998, 5, 3), 0, d_number=True)
ADMISSION = "2027-HØST-NOM"
GIVEN, WITHDRAWN = "2026-11-01T12:00:00+01:00", "2026-11-20T12:00:00+01:00"

#: Completes Kari from an FS in which these have applied.
Complete = Callable[..., Completed]


def applied(**more: str) -> ApplicationRecord:
    said = {"applicant_number": "NOM1", "number": KARI_NUMBER, "admission": ADMISSION} | more
    return ApplicationRecord(**{"family_name": "Nordmann", "given_names": "Kari"} | said)  # type: ignore[arg-type]


@pytest.fixture
def complete(store: Store, settings: Settings, kari: Person, tmp_path: Path) -> Iterator[Complete]:
    with ExitStack() as opened:

        def ask(*records: ApplicationRecord, conduct: Conduct | None = None) -> Completed:
            feed = opened.enter_context(own_fs(tmp_path, *records, conduct=conduct))
            fed = settings.model_copy(update={"settings": SettingsFile(test_instance=True, feed=feed)})
            return complete_person(store, fed, now(store, kari), NOW)

        yield ask


@pytest.fixture
def admission(store: Store, settings: Settings) -> None:
    take_in_admission(store, settings, AdmissionRecord(ADMISSION), NOW)


def now(store: Store, person: Person) -> Person:
    found = people.person(store.db, person.id)
    assert found is not None
    return found


@pytest.mark.usefixtures("admission")
def test_an_application_comes_with_name_number_and_consent(store: Store, kari: Person, complete: Complete) -> None:
    record = applied(family_name="Berg", former_numbers=FORMER_NUMBER, consent_given_at=GIVEN)
    assert complete(record) == Completed(True, 1, ())
    found = now(store, kari)
    assert (found.family_name, found.identifiers) == ("Berg", (KARI_NUMBER, FORMER_NUMBER))
    (application,) = applications.applications_of(store.db, kari.id)
    assert (application.applicant_number, application.admission) == ("NOM1", ADMISSION)
    assert application.consent_given_at == datetime(2026, 11, 1, 11, tzinfo=UTC)
    # The same once more is nothing new.
    assert complete(record) == Completed(False, 0, ())


@pytest.mark.usefixtures("admission")
def test_a_consent_is_withdrawn_by_a_later_answer_and_given_by_one_later_still(
    store: Store, kari: Person, complete: Complete
) -> None:
    complete(applied(consent_given_at=GIVEN))
    complete(applied(consent_given_at=GIVEN, consent_withdrawn_at=WITHDRAWN))
    (application,) = applications.applications_of(store.db, kari.id)
    assert application.consent_given_at == datetime(2026, 11, 1, 11, tzinfo=UTC)
    assert application.consent_withdrawn_at == datetime(2026, 11, 20, 11, tzinfo=UTC)
    complete(applied(consent_given_at="2026-11-23T12:00:00+01:00"))
    (application,) = applications.applications_of(store.db, kari.id)
    assert application.has_consent(NOW)


def test_somebody_without_an_application_here_gets_name_and_numbers(
    store: Store, kari: Person, complete: Complete
) -> None:
    record = applied(number=NEW_NUMBER, former_numbers=KARI_NUMBER, family_name="Berg")
    assert complete(record) == Completed(True, 0, (ADMISSION,))
    found = now(store, kari)
    assert found.family_name == "Berg"
    assert found.identifiers == (NEW_NUMBER, KARI_NUMBER)
    assert [person.id for person in people.people_named(store.db, "berg")] == [kari.id]
    assert complete(record) == Completed(False, 0, (ADMISSION,))


def test_a_name_that_fs_lacks_takes_none_away(store: Store, kari: Person, complete: Complete) -> None:
    assert not complete(applied(family_name="", given_names="")).person
    assert now(store, kari).family_name == "Nordmann"


@pytest.mark.parametrize("here", [True, False])
def test_a_number_of_somebody_else_is_told_and_nothing_is_written(
    store: Store, settings: Settings, kari: Person, complete: Complete, here: bool
) -> None:
    if here:
        take_in_admission(store, settings, AdmissionRecord(ADMISSION), NOW)
    with store.write() as db:
        people.register(db, [parse(FORMER_NUMBER)], "Ola", "Nordmann", NOW)
    with pytest.raises(Refusal, match="to ulike personer") as refused:
        complete(applied(family_name="Berg", former_numbers=FORMER_NUMBER))
    assert FORMER_NUMBER not in str(refused.value)
    assert now(store, kari) == kari
    assert not applications.applications_of(store.db, kari.id)


def test_whom_fs_does_not_know_is_told(complete: Complete) -> None:
    with pytest.raises(Refusal, match="FS kjenner ikke personen"):
        complete()


def test_half_an_answer_is_none(store: Store, kari: Person, complete: Complete) -> None:
    with pytest.raises(Refusal, match="feil hos kilden"):
        complete(applied(family_name="Berg"), conduct=Conduct(lost=frozenset({KARI_NUMBER})))
    assert now(store, kari) == kari


def test_a_wrong_password_is_told(complete: Complete) -> None:
    with pytest.raises(Refusal, match="kjenner oss ikke igjen"):
        complete(applied(), conduct=Conduct(credentials=("a", "b")))


def test_without_a_feed_nobody_is_asked(store: Store, settings: Settings, kari: Person) -> None:
    with pytest.raises(Refusal, match=r"\[feed\]"):
        complete_person(store, settings, kari, NOW)
