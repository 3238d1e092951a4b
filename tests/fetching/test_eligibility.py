"""Who is ordered for: each rule by itself, at the instants where it turns."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from webapp.config import ImportRuns
from webapp.fetching.eligibility import admission_gate, applicant_gate, ordered_for
from webapp.model import Admission, Applicant, Basis, Gate, OrderedFor, RunKind, Season
from world import NOW

OSLO = ZoneInfo("Europe/Oslo")
WILLING = Applicant("4100001", 1, NOW - timedelta(days=9), None, False, True, None)


@pytest.mark.parametrize(
    ("season", "last", "first_without"),
    [
        (Season.SPRING, datetime(2027, 1, 31, 23, 59), datetime(2027, 2, 1)),
        (Season.SUMMER, datetime(2027, 8, 31, 23, 59), datetime(2027, 9, 1)),
        (Season.AUTUMN, datetime(2027, 8, 31, 23, 59), datetime(2027, 9, 1)),
    ],
)
def test_an_admission_is_open_until_the_day_of_its_cut_off_where_the_institution_is(
    season: Season, last: datetime, first_without: datetime
) -> None:
    admission = Admission(2027, season, "LOK", processing_phase=True)
    gates = [admission_gate(admission, at.replace(tzinfo=OSLO), ImportRuns(), OSLO) for at in (last, first_without)]
    assert gates == [None, Gate.CUT_OFF]
    # The same instant is a day earlier in UTC.
    assert admission_gate(admission, first_without.replace(tzinfo=OSLO).astimezone(UTC), ImportRuns(), OSLO)


def test_cut_offs_are_settings_and_a_leap_day_is_one_only_in_its_year() -> None:
    runs = ImportRuns(spring_until="29.02", others_until="15.10")
    spring, autumn = (Admission(year, Season.SPRING, "LOK") for year in (2027, 2028))
    assert (runs.cut_off(spring).isoformat(), runs.cut_off(autumn).isoformat()) == ("2027-03-01", "2028-02-29")
    assert runs.cut_off(Admission(2027, Season.AUTUMN, "NOM")).isoformat() == "2027-10-15"
    with pytest.raises(ValueError, match="not a day"):
        ImportRuns(spring_until="31.02")


def test_an_admission_whose_processing_phase_is_not_j_is_left_out_before_its_cut_off_and_after() -> None:
    admission = Admission(2027, Season.AUTUMN, "NOM")
    assert admission_gate(admission, NOW, ImportRuns(), OSLO) is Gate.PHASE
    assert admission_gate(admission, NOW + timedelta(days=999), ImportRuns(), OSLO) is Gate.PHASE


@pytest.mark.parametrize(
    ("given", "withdrawn", "gate"),
    [
        (None, None, Gate.NO_CONSENT),
        (NOW, None, None),
        (NOW + timedelta(seconds=1), None, Gate.NO_CONSENT),
        (NOW - timedelta(days=2), NOW, Gate.NO_CONSENT),
        (NOW - timedelta(days=2), NOW + timedelta(days=1), None),
    ],
)
def test_with_consent_one_must_be_valid_at_the_instant(
    given: datetime | None, withdrawn: datetime | None, gate: Gate | None
) -> None:
    who = replace(WILLING, consent_given_at=given, consent_withdrawn_at=withdrawn)
    assert applicant_gate(who, Basis.CONSENT, NOW, NOW) is gate
    assert applicant_gate(who, Basis.STATUTE, NOW, NOW) is None


def test_no_instant_in_the_past_is_a_way_around_a_withdrawal() -> None:
    who = replace(WILLING, consent_withdrawn_at=NOW - timedelta(hours=1))
    assert applicant_gate(who, Basis.CONSENT, NOW - timedelta(days=1), NOW) is Gate.NO_CONSENT


def test_protected_people_and_unusable_numbers_are_left_out_whatever_the_basis() -> None:
    for basis in Basis:
        assert applicant_gate(replace(WILLING, protected_address=True), basis, NOW, NOW) is Gate.PROTECTED
        assert applicant_gate(replace(WILLING, usable_number=False), basis, NOW, NOW) is Gate.NUMBER


@pytest.mark.parametrize(
    ("who", "full", "delta"),
    [
        (WILLING, OrderedFor.FULL, OrderedFor.NEW),
        (replace(WILLING, asked_at=NOW), OrderedFor.FULL, None),
        (replace(WILLING, asked_at=NOW, owed=True), OrderedFor.FULL, OrderedFor.OWED),
        (replace(WILLING, owed=True), OrderedFor.FULL, OrderedFor.NEW),
        (replace(WILLING, asked_at=NOW, reported=True), OrderedFor.REPORTED, OrderedFor.REPORTED),
    ],
)
def test_a_full_run_has_everybody_and_a_delta_whom_nobody_has_answered_about(
    who: Applicant, full: OrderedFor, delta: OrderedFor | None
) -> None:
    assert (ordered_for(who, RunKind.FULL), ordered_for(who, RunKind.DELTA)) == (full, delta)
