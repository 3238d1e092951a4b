"""Taking in admissions."""

from datetime import date

import pytest

from webapp.config import Settings
from webapp.intake.applying import take_in_admission, take_in_admissions
from webapp.intake.complaints import NotTakenIn
from webapp.model import Admission, AdmissionRecord, Season, Tally
from webapp.store import Store, admissions
from world import NOW

GIVEN = AdmissionRecord("2027-høst-nom", "Samordna opptak", "J", "2027-04-15")


def test_an_admission_is_written_as_it_is_given(store: Store, settings: Settings) -> None:
    assert take_in_admission(store, settings, GIVEN, NOW).admissions == Tally(1, 0, 0)
    assert admissions.admission(store.db, "2027-HØST-NOM") == Admission(
        2027, Season.AUTUMN, "NOM", "Samordna opptak", True, date(2027, 4, 15)
    )
    assert take_in_admission(store, settings, GIVEN, NOW).admissions == Tally(0, 0, 1)


def test_what_is_absent_stays_and_what_is_empty_is_cleared(store: Store, settings: Settings) -> None:
    take_in_admission(store, settings, GIVEN, NOW)
    record = AdmissionRecord("2027-HØST-NOM", processing_phase="", deadline="")
    assert take_in_admission(store, settings, record, NOW).admissions == Tally(0, 1, 0)
    assert admissions.admission(store.db, "2027-HØST-NOM") == Admission(2027, Season.AUTUMN, "NOM", "Samordna opptak")


@pytest.mark.parametrize(
    ("record", "field", "sentence"),
    [
        (AdmissionRecord("NOM"), "admission", "«NOM» er ikke et opptak"),
        (AdmissionRecord("0027-HØST-NOM"), "admission", "er ikke et opptak"),
        (AdmissionRecord("2027-HØST-NOM", processing_phase="åpen"), "processing_phase", "verken J eller N"),
        (AdmissionRecord("2027-HØST-NOM", deadline="15.4.2027"), "deadline", "er ikke en dato"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    store: Store, settings: Settings, record: AdmissionRecord, field: str, sentence: str
) -> None:
    with pytest.raises(NotTakenIn, match=sentence) as refusal:
        take_in_admission(store, settings, record, NOW)
    assert [complaint.field for complaint in refusal.value.complaints] == [field]


def test_one_admission_twice_is_refused(store: Store, settings: Settings) -> None:
    report = take_in_admissions(store, settings, [(2, GIVEN), (3, GIVEN)], NOW)
    assert [(each.line, each.sentence % each.values) for each in report.complaints] == [
        (3, "Opptaket står på linje 2 også. Ta bort den ene linjen.")
    ]
    assert admissions.admissions(store.db) == []


def test_a_dry_run_writes_nothing(store: Store, settings: Settings) -> None:
    assert take_in_admissions(store, settings, [(2, GIVEN)], NOW, dry_run=True).admissions == Tally(1, 0, 0)
    assert admissions.admissions(store.db) == []
