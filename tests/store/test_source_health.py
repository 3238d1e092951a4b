"""What became of the questions to each source, by the hour, and how each stands."""

from datetime import timedelta

import pytest

from webapp.errors import SourceFailure
from webapp.model import SourceHealth, SourceHour
from webapp.model.sources import all_times, bucket_of, quantile
from webapp.store import Store, source_health
from world import NOW, UIB, UIO

HOUR = NOW.replace(minute=0)


def test_each_question_counts_in_its_hour(store: Store) -> None:
    with store.write() as db:
        source_health.note_answered(db, UIB, NOW, 0.1)
        source_health.note_answered(db, UIB, NOW + timedelta(minutes=40), 0.1)
        source_health.note_answered(db, UIB, NOW, 3.0)
        source_health.note_failed(db, UIB, NOW, "timeout", "no whole answer")
        source_health.note_answered(db, UIO, NOW + timedelta(hours=1), 0.2)
    uib = SourceHour(UIB, HOUR, 3, 1, {bucket_of(0.1): 2, bucket_of(3.0): 1})
    uio = SourceHour(UIO, HOUR + timedelta(hours=1), 1, 0, {bucket_of(0.2): 1})
    assert source_health.hours(store.db, NOW) == [uib, uio]
    assert source_health.hours(store.db, NOW, UIO) == [uio]
    assert source_health.hours(store.db, NOW + timedelta(hours=1)) == [uio]


def test_a_source_fails_since_its_first_failure_until_it_answers(store: Store) -> None:
    with store.write() as db:
        for minute in (1, 2):
            source_health.note_failed(db, UIB, NOW + timedelta(minutes=minute), "timeout", f"cause {minute}")
    minutes = [NOW + timedelta(minutes=minute) for minute in range(4)]
    failing = SourceHealth(
        UIB, failed_at=minutes[2], failing_since=minutes[1], failure=SourceFailure.TIMEOUT, cause="cause 2"
    )
    assert source_health.health(store.db) == {UIB: failing}
    with store.write() as db:
        source_health.note_answered(db, UIB, minutes[3], 0.5)
    answered = SourceHealth(UIB, minutes[3], minutes[2], None, "timeout", "cause 2")
    assert source_health.health(store.db) == {UIB: answered}


@pytest.mark.parametrize("failure", [SourceFailure.SWITCHED_OFF, SourceFailure.STOPPED, SourceFailure.NOT_SET_UP])
def test_a_question_that_was_never_put_tells_nothing(store: Store, failure: SourceFailure) -> None:
    with store.write() as db:
        source_health.note_failed(db, UIB, NOW, failure.value, "never put")
    assert not source_health.health(store.db)
    assert not source_health.hours(store.db, NOW)


def test_the_certificate_is_remembered_while_nobody_tells_another(store: Store) -> None:
    until = NOW + timedelta(days=20)
    with store.write() as db:
        source_health.note_described(db, UIB, NOW, until)
        source_health.note_answered(db, UIB, NOW, 0.1)
    assert source_health.health(store.db) == {UIB: SourceHealth(UIB, NOW, certificate_until=until, described_at=NOW)}


def test_hours_before_an_instant_are_forgotten(store: Store) -> None:
    with store.write() as db:
        for days in range(3):
            source_health.note_answered(db, UIB, NOW - timedelta(days=days), 0.1)
        source_health.forget_before(db, NOW - timedelta(days=1))
    assert [each.hour for each in source_health.hours(store.db, NOW - timedelta(days=9))] == [
        HOUR - timedelta(days=1),
        HOUR,
    ]


def test_times_of_several_hours_tell_the_median_and_the_slowest_ones() -> None:
    hours = [SourceHour(UIB, HOUR, 10, 0, {bucket_of(0.1): 10}), SourceHour(UIB, HOUR, 9, 0, {bucket_of(2.0): 9})]
    times = all_times(hours)
    assert quantile(times, 0.5) == pytest.approx(0.1, rel=0.09)
    assert quantile(times, 0.95) == pytest.approx(2.0, rel=0.09)
    assert quantile({}, 0.5) is None
