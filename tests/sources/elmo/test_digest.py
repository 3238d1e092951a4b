"""The fingerprint follows the meaning and nothing else."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from webapp.model import (
    Category,
    Finding,
    Institution,
    Learner,
    LeftOut,
    LeftOutReason,
    Level,
    Result,
    Season,
    Study,
    Term,
    Transcript,
)
from webapp.sources.elmo import meaning_digest, read, write

COURSE = Result(
    Category.COURSE,
    code="INF4000",
    name={"nb": "Testing", "en": "Tests"},
    term=Term(2020, Season.SPRING),
    credits=Decimal("10.0"),
)
TRANSCRIPT = Transcript(Learner(), (Study(Institution(185), (COURSE,)),))


def having(**changes):
    return replace(TRANSCRIPT, studies=(Study(Institution(185), (replace(COURSE, **changes),)),))


@pytest.mark.parametrize(
    "same",
    [
        having(name={"en": "Tests", "nb": "Testing"}),
        having(credits=Decimal("10")),
        having(credits=Decimal("1E+1")),
        replace(TRANSCRIPT, findings=(Finding("unreadable-date", "/elmo", "x"),)),
        read(write(TRANSCRIPT, datetime(2020, 1, 1, tzinfo=UTC))),
        read(write(TRANSCRIPT, datetime(2026, 1, 1, tzinfo=UTC))),
    ],
)
def test_the_same_meaning_has_the_same_digest(same):
    assert meaning_digest(same) == meaning_digest(TRANSCRIPT)


@pytest.mark.parametrize(
    "other",
    [
        having(grade="A"),
        having(credits=None),
        having(credits=Decimal("10.5")),
        having(name={"nb": "Testing"}),
        having(date=date(2020, 1, 1)),
        having(term=Term(2020, Season.SPRING, derived=True)),
        having(level=Level("EQF", "7")),
        replace(TRANSCRIPT, learner=Learner(family_name="Nordmann")),
        replace(TRANSCRIPT, left_out=(LeftOut("A", {}, LeftOutReason.FAILED),)),
        replace(TRANSCRIPT, studies=()),
    ],
)
def test_another_meaning_has_another_digest(other):
    assert meaning_digest(other) != meaning_digest(TRANSCRIPT)


def test_the_digest_is_the_same_on_every_machine():
    assert meaning_digest(Transcript(Learner())) == "6ee66503970168a49499e3e64b3a5484"
