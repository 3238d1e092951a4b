"""What goes and what stays, as a table."""

from dataclasses import replace
from datetime import date

import pytest

from webapp.model import Applied, Due, Hold, RetentionFacts, Verdict
from webapp.privacy.rules import judge, keeps_answers, months_after
from webapp.retention_settings import Retention

CUT_OFF, CLOSED, REGISTERED = date(2026, 9, 1), date(2026, 5, 20), date(2025, 1, 31)
SOMEBODY = RetentionFacts(1, REGISTERED)
APPLICANT = replace(SOMEBODY, applications=(Applied(CUT_OFF),))
CASE = replace(SOMEBODY, cases_closed_on=(CLOSED,))
DEFAULTS, ARCHIVED = Retention(), Retention(case_months=120, admitted_months=24)
BEFORE, LATER, LONG_AFTER = date(2027, 2, 28), date(2027, 3, 1), date(2050, 1, 1)


def kept(hold: Hold, until: date | None = None) -> Verdict:
    return Verdict(hold, None, until)


def gone(due: Due, since: date) -> Verdict:
    return Verdict(None, due, since)


@pytest.mark.parametrize(
    ("facts", "limits", "today", "verdict"),
    [
        # An applicant is kept for half a year after the cut-off, whoever was not told to be admitted too.
        (APPLICANT, DEFAULTS, BEFORE, kept(Hold.APPLICATION, date(2027, 3, 1))),
        (APPLICANT, DEFAULTS, LATER, gone(Due.RESULTS, date(2027, 3, 1))),
        (replace(APPLICANT, applications=(Applied(CUT_OFF, False),)), DEFAULTS, LATER, gone(Due.RESULTS, LATER)),
        # Who was admitted is a student here.
        (replace(APPLICANT, applications=(Applied(CUT_OFF, True),)), DEFAULTS, LONG_AFTER, kept(Hold.ADMITTED)),
        (
            replace(APPLICANT, applications=(Applied(CUT_OFF, True),)),
            ARCHIVED,
            LATER,
            kept(Hold.ADMITTED, date(2028, 9, 1)),
        ),
        # The last admission counts, and a question that came later than its cut-off.
        (
            replace(APPLICANT, applications=(Applied(CUT_OFF), Applied(date(2027, 2, 1)))),
            DEFAULTS,
            LATER,
            kept(Hold.APPLICATION, date(2027, 8, 1)),
        ),
        (
            replace(APPLICANT, applications=(Applied(CUT_OFF, None, date(2026, 12, 24)),)),
            DEFAULTS,
            LATER,
            kept(Hold.APPLICATION, date(2027, 6, 24)),
        ),
        # Cases belong to the archive, unless a setting says how long.
        (CASE, DEFAULTS, LONG_AFTER, kept(Hold.CASE)),
        (replace(CASE, has_included=True), DEFAULTS, LONG_AFTER, kept(Hold.INCLUDED)),
        (CASE, ARCHIVED, LATER, kept(Hold.CASE, date(2036, 5, 20))),
        (replace(CASE, has_included=True), ARCHIVED, LONG_AFTER, gone(Due.RESULTS, date(2036, 5, 20))),
        # Without an application or a case: a year after the last question, or after being registered.
        (SOMEBODY, DEFAULTS, date(2026, 1, 30), kept(Hold.ASKED, date(2026, 1, 31))),
        (SOMEBODY, DEFAULTS, LATER, gone(Due.RESULTS, date(2026, 1, 31))),
        (replace(SOMEBODY, asked_on=date(2026, 11, 2)), DEFAULTS, LATER, kept(Hold.ASKED, date(2027, 11, 2))),
        # What goes on holds all, however old it is.
        *(
            (replace(APPLICANT, **{fact: True}), DEFAULTS, LONG_AFTER, kept(hold))
            for fact, hold in {
                "has_open_order": Hold.ORDER,
                "has_open_report": Hold.REPORT,
                "is_invited": Hold.INVITED,
                "has_upload": Hold.UPLOAD,
                "has_open_case": Hold.OPEN_CASE,
                "has_rows_by_hand": Hold.BY_HAND,
            }.items()
        ),
        # When the results have gone, the log follows a year later, unless there is a new reason to know the person.
        (replace(APPLICANT, emptied_on=LATER), DEFAULTS, date(2028, 2, 29), kept(Hold.LOG, date(2028, 3, 1))),
        (replace(APPLICANT, emptied_on=LATER), DEFAULTS, date(2028, 3, 1), gone(Due.PERSON, date(2028, 3, 1))),
        (
            replace(APPLICANT, emptied_on=LATER, asked_on=date(2027, 6, 1)),
            DEFAULTS,
            date(2028, 4, 1),
            kept(Hold.ASKED, date(2028, 6, 1)),
        ),
        (
            replace(APPLICANT, emptied_on=LATER, asked_on=date(2027, 6, 1)),
            DEFAULTS,
            date(2028, 6, 1),
            gone(Due.RESULTS, date(2028, 6, 1)),
        ),
    ],
)
def test_the_rules(facts: RetentionFacts, limits: Retention, today: date, verdict: Verdict) -> None:
    assert judge(facts, limits, today) == verdict


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2027, 1, 15), -3, date(2026, 10, 15)),
        (date(2026, 3, 31), -12, date(2025, 3, 31)),
    ],
)
def test_months_end_where_the_month_does(day: date, months: int, then: date) -> None:
    assert months_after(day, months) == then


def test_raw_answers_stay_while_somebody_may_have_to_look_at_them() -> None:
    assert keeps_answers(replace(SOMEBODY, has_open_case=True))
    assert keeps_answers(replace(SOMEBODY, has_open_order=True))
    assert not keeps_answers(CASE)
