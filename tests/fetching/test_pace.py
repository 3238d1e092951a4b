"""The pace of one source, by a clock that the tests turn."""

from webapp.fetching import pace
from webapp.fetching.pace import Pace


def answers(one: Pace, count: int, seconds: float, now: float = 0.0) -> None:
    for _ in range(count):
        one.answered(now, seconds)


def test_the_cap_grows_by_one_with_each_round_of_answers_and_no_further_than_it_may() -> None:
    one = Pace(most=4)
    assert one.seats == 2
    answers(one, 2, 0.1)
    assert one.seats == 2
    answers(one, 1, 0.1)
    assert one.seats == 3
    answers(one, 100, 0.1)
    assert one.seats == 4
    assert Pace(most=1).seats == 1


def test_as_many_questions_as_the_cap_are_under_way() -> None:
    one = Pace(most=8)
    one.under_way = 1
    assert one.may_ask(0)
    one.under_way = 2
    assert not one.may_ask(0)


def test_overload_halves_the_cap_once_for_all_that_was_under_way_and_is_left_alone_as_long_as_it_asks() -> None:
    one = Pace(most=16)
    answers(one, 200, 1.0)
    for _ in range(5):
        one.overloaded(100.0, 30.0)
    assert one.seats == 8
    assert not one.may_ask(129.9)
    assert one.may_ask(130.0)
    one.overloaded(131.0, None)
    assert one.seats == 4


def test_answers_that_become_slower_bring_the_cap_down_and_a_source_that_stays_slow_finds_a_new_measure() -> None:
    one = Pace(most=16)
    answers(one, 200, 0.1)
    assert one.seats == 16
    for tick in range(20):
        one.answered(float(tick), 1.0)
    assert one.seats < 8
    for tick in range(20, 600):
        one.answered(float(tick), 1.0)
    assert one.seats == 16


def test_a_source_that_fails_again_and_again_is_down_until_a_probe_is_answered() -> None:
    one = Pace(most=8)
    for tick in range(pace.MOST_FAILURES - 1):
        one.failed(float(tick))
    one.answered(10.0, 0.1)
    for tick in range(pace.MOST_FAILURES):
        assert not one.is_down
        one.failed(10.0 + tick)
    assert one.is_down
    assert (one.seats, one.may_ask(1e6)) == (0, False)
    assert not one.must_probe(20.0)
    assert one.must_probe(19.0 + pace.PROBE_SECONDS)
    one.up()
    assert (one.seats, one.may_ask(30.0)) == (1, True)


def test_a_source_that_describes_itself_and_answers_nothing_else_is_down_again_at_once() -> None:
    one = Pace(most=8)
    one.down(0.0)
    one.up()
    one.failed(5.0)
    assert one.is_down
    assert one.is_hopeless(pace.DOWN_SECONDS)
    one.up()
    one.answered(20.0, 0.1)
    one.failed(21.0)
    assert not one.is_down


def test_a_source_that_nobody_has_heard_of_is_not_asked_before_it_has_said_what_it_is() -> None:
    one = Pace(most=8)
    one.unknown()
    assert not one.may_ask(0.0)
    assert not one.is_hopeless(1e6)
    one.up()
    assert one.seats == 2


def test_probes_become_rarer_and_a_source_is_given_up_after_some_and_a_while() -> None:
    one = Pace(most=8)
    now = 0.0
    one.down(now)
    waits = []
    for probes in range(8):
        began = now
        while not one.must_probe(now):
            now += 1
        waits.append(now - began)
        assert one.is_hopeless(now) == (probes >= pace.MOST_PROBES and now >= pace.DOWN_SECONDS)
        one.down(now)
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]


def test_a_source_that_wants_to_be_left_alone_for_long_is_given_up_too() -> None:
    one = Pace(most=8)
    one.overloaded(0.0, pace.PATIENCE_SECONDS + 10)
    assert one.is_hopeless(5.0)
    assert not one.is_hopeless(15.0)


def test_a_source_that_was_down_before_is_given_up_when_its_first_probe_fails() -> None:
    one = Pace(most=8)
    one.known_down(0.0)
    assert (one.is_known_down, one.seats, one.may_ask(0.0)) == (True, 0, False)
    assert not one.is_hopeless(0.1)
    one.down(0.1)
    assert one.is_hopeless(0.1)
    assert not one.must_probe(0.0 + pace.PROBE_SECONDS)
    assert one.must_probe(0.1 + pace.PROBE_SECONDS)


def test_a_source_that_was_down_before_has_no_longer_than_a_moment_to_answer_its_first_probe() -> None:
    one = Pace(most=8)
    one.known_down(5.0)
    assert not one.is_hopeless(5.0 + pace.KNOWN_DOWN_SECONDS - 0.01)
    assert one.is_hopeless(5.0 + pace.KNOWN_DOWN_SECONDS)


def test_a_source_that_was_down_before_and_has_come_back_is_like_any_other() -> None:
    one = Pace(most=8)
    one.known_down(0.0)
    one.up()
    assert (one.is_known_down, one.seats, one.is_hopeless(1e6)) == (False, 2, False)
    one.down(1e6)
    assert not one.is_hopeless(1e6)
