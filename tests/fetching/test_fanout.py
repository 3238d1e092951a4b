"""An order's fetches: each institution ends in its own state, and what it says lands in Person eksternstudium."""

from concurrent.futures import wait
from datetime import timedelta
from itertools import permutations

import pytest

from webapp.errors import Refusal, SourceError, SourceFailure
from webapp.fetching.ordering import ask_again, find_or_register, place
from webapp.house import House
from webapp.identity import parse
from webapp.model import FetchState, OrderState, Origin, Outcome, Person, Purpose, Reply
from webapp.store import orders, results
from world import KARI_NUMBER, NOW, OLA_NUMBER, UIB, UIO, UIT, FakeSource, bachelor, course, found

Rows = list[tuple[str | None, str | None, bool]]


def order(house: House, person: Person, purpose: Purpose = Purpose.RECOGNITION) -> int:
    return place(house.store, house.settings, person, purpose, Origin("kberg", "person"), NOW)


def carry_out(house: House, order_id: int) -> None:
    wait(house.fanout.start(order_id), timeout=10)


def fetch(house: House, person: Person) -> int:
    order_id = order(house, person)
    carry_out(house, order_id)
    return order_id


def answers(house: House, order_id: int) -> dict[int, tuple[str, int, int]]:
    lines = orders.lines_of(house.store.db, order_id)
    return {
        x.fetch.institution: (x.answer.outcome.value, x.answer.results, x.answer.changes) for x in lines if x.answer
    }


def state(house: House, order_id: int) -> OrderState | None:
    found_order = orders.order(house.store.db, order_id)
    return found_order.state if found_order else None


def rows(house: House, person: Person) -> dict[int, Rows]:
    studies = results.studies_of(house.store.db, person.id)
    return {s.institution: [(r.result.code, r.result.grade, r.gone_at is None) for r in s.results] for s in studies}


def test_each_institution_gets_its_own_row(house: House, kari: Person, sources: dict[int, FakeSource]) -> None:
    sources[UIO].answer = found(bachelor(), course("MAT1100", parent=0))
    sources[UIB].answer = found(course("EXPHIL"), institution=UIB)
    order_id = fetch(house, kari)
    assert answers(house, order_id) == {UIB: ("found", 1, 1), UIO: ("found", 2, 2), UIT: ("nothing", 0, 0)}
    assert rows(house, kari) == {UIB: [("EXPHIL", "B", True)], UIO: [("BIO3", None, True), ("MAT1100", "B", True)]}
    assert state(house, order_id) is OrderState.COMPLETE


def test_the_link_from_course_to_qualification_is_kept(
    house: House, kari: Person, sources: dict[int, FakeSource]
) -> None:
    sources[UIO].answer = found(bachelor(), course("MAT1100", parent=0))
    fetch(house, kari)
    degree, mathematics = results.studies_of(house.store.db, kari.id)[0].results
    assert (degree.parent_id, mathematics.parent_id) == (None, degree.id)


def test_what_comes_again_the_same_is_unchanged(house: House, kari: Person, sources: dict[int, FakeSource]) -> None:
    sources[UIO].answer = found(course("MAT1100"))
    fetch(house, kari)
    assert answers(house, fetch(house, kari))[UIO] == ("unchanged", 1, 0)


def test_an_answer_of_not_modified_keeps_the_rows(house: House, kari: Person, sources: dict[int, FakeSource]) -> None:
    reply = sources[UIO].answer = found(course("MAT1100"))
    fetch(house, kari)
    sources[UIO].answer = Reply(Outcome.UNCHANGED)
    assert answers(house, fetch(house, kari))[UIO] == ("unchanged", 1, 0)
    assert isinstance(reply, Reply)
    assert sources[UIO].questions[1].etag == reply.etag


def test_a_failed_source_changes_no_results(house: House, kari: Person, sources: dict[int, FakeSource]) -> None:
    sources[UIO].answer = found(course("MAT1100"))
    fetch(house, kari)
    sources[UIO].answer = SourceError(SourceFailure.TIMEOUT, "10 s are over")
    order_id = fetch(house, kari)
    assert rows(house, kari) == {UIO: [("MAT1100", "B", True)]}
    assert state(house, order_id) is OrderState.INCOMPLETE_TEMPORARY


def test_a_source_that_has_nothing_any_more_marks_its_rows(
    house: House, kari: Person, sources: dict[int, FakeSource]
) -> None:
    sources[UIO].answer = found(course("MAT1100"))
    fetch(house, kari)
    sources[UIO].answer = Reply(Outcome.NOTHING)
    assert answers(house, fetch(house, kari))[UIO] == ("nothing", 0, 1)
    assert rows(house, kari) == {UIO: [("MAT1100", "B", False)]}


def test_an_answer_about_somebody_else_is_set_aside(house: House, kari: Person, sources: dict[int, FakeSource]) -> None:
    sources[UIO].answer = found(course("MAT1100"), number=OLA_NUMBER)
    order_id = fetch(house, kari)
    assert answers(house, order_id)[UIO] == ("mismatch", 0, 0)
    assert rows(house, kari) == {}
    (line,) = [x for x in orders.lines_of(house.store.db, order_id) if x.fetch.institution == UIO]
    assert line.answer and line.answer.payload


@pytest.mark.parametrize(
    ("failure", "ends"),
    [
        (SourceFailure.UNAVAILABLE, OrderState.INCOMPLETE_TEMPORARY),
        (SourceFailure.UNAUTHORIZED, OrderState.INCOMPLETE_PERMANENT),
    ],
)
def test_an_order_tells_whether_what_lacks_may_still_come(
    house: House, kari: Person, sources: dict[int, FakeSource], failure: SourceFailure, ends: OrderState
) -> None:
    sources[UIT].answer = SourceError(failure, "as told")
    assert state(house, fetch(house, kari)) is ends


def test_a_fault_of_our_own_ends_the_fetch_too(
    house: House, kari: Person, sources: dict[int, FakeSource], caplog: pytest.LogCaptureFixture
) -> None:
    sources[UIT].answer = ZeroDivisionError()
    order_id = fetch(house, kari)
    assert answers(house, order_id)[UIT] == ("failed", 0, 0)
    assert "ZeroDivisionError" in caplog.text


def test_asking_again_asks_only_those_that_failed(house: House, kari: Person, sources: dict[int, FakeSource]) -> None:
    sources[UIT].answer = SourceError(SourceFailure.TIMEOUT, "10 s are over")
    order_id = fetch(house, kari)
    sources[UIT].answer = found(course("TIT1"), institution=UIT)
    assert ask_again(house.store, order_id, NOW) == 1
    carry_out(house, order_id)
    assert [len(sources[n].questions) for n in (UIB, UIO, UIT)] == [1, 1, 2]
    assert (state(house, order_id), answers(house, order_id)[UIT]) == (OrderState.COMPLETE, ("found", 1, 1))


def test_a_failed_source_is_tried_again_in_the_evening(
    house: House, kari: Person, sources: dict[int, FakeSource]
) -> None:
    sources[UIT].answer = SourceError(SourceFailure.TIMEOUT, "10 s are over")
    order_id = fetch(house, kari)
    (line,) = [x for x in orders.lines_of(house.store.db, order_id) if x.fetch.institution == UIT]
    assert line.fetch.retry_at == NOW.replace(hour=19, minute=0)  # 20:00 in Oslo
    with house.store.write() as db:
        assert orders.queue_due(db, NOW) == []
        assert orders.queue_due(db, NOW + timedelta(hours=11)) == [order_id]


def test_a_second_press_joins_the_order_that_is_going_on(house: House, kari: Person) -> None:
    assert order(house, kari) == order(house, kari)


def test_without_consent_nobody_is_asked(house: House, kari: Person, sources: dict[int, FakeSource]) -> None:
    order_id = order(house, kari, Purpose.ADMISSION)
    carry_out(house, order_id)
    assert {outcome for outcome, _, _ in answers(house, order_id).values()} == {"no-consent"}
    assert [source.questions for source in sources.values()] == [[], [], []]
    assert state(house, order_id) is OrderState.COMPLETE


def test_a_valid_consent_lets_the_sources_be_asked(house: House, kari: Person, sources: dict[int, FakeSource]) -> None:
    with house.store.write() as db:
        db["admissions"].insert({"code": "2027-VÅR-NOM", "year": 2027, "season": "VÅR", "type": "NOM"})
        db["applications"].insert(
            {
                "applicant_number": "UHG1",
                "person_id": kari.id,
                "admission": "2027-VÅR-NOM",
                "consent_given_at": "2026-11-01T00:00:00.000+00:00",
            }
        )
    carry_out(house, order(house, kari, Purpose.ADMISSION))
    assert sources[UIO].questions[0].identifiers == (KARI_NUMBER,)


def test_what_a_dead_process_held_is_asked_again(house: House, kari: Person) -> None:
    order_id = order(house, kari)
    with house.store.write() as db:
        for waiting in orders.queued(db, order_id):
            orders.claim(db, waiting.id, "4711-gone", NOW)
    carry_out(house, order_id)
    assert state(house, order_id) is OrderState.COMPLETE


def test_a_fetch_is_claimed_once(house: House, kari: Person, sources: dict[int, FakeSource]) -> None:
    order_id = order(house, kari)
    wait([*house.fanout.start(order_id), *house.fanout.start(order_id)], timeout=10)
    assert [len(source.questions) for source in sources.values()] == [1, 1, 1]


def test_a_number_that_fs_made_up_is_never_sent(house: House) -> None:
    person = find_or_register(house.store, parse("02529290201"), "Beate", "Svendsen", NOW)
    with pytest.raises(Refusal, match="fiktivt nummer"):
        order(house, person)


def test_a_person_registered_by_number_gets_the_name_from_an_answer(
    house: House, sources: dict[int, FakeSource]
) -> None:
    person = find_or_register(house.store, parse(KARI_NUMBER), None, None, NOW)
    sources[UIO].answer = found(course("MAT1100"))
    fetch(house, person)
    named = find_or_register(house.store, parse(KARI_NUMBER), None, None, NOW)
    assert (named.given_names, named.family_name) == ("Kari", "Nordmann")


def test_a_source_that_was_taken_away_ends_its_fetch(
    house: House, kari: Person, sources: dict[int, FakeSource]
) -> None:
    order_id = order(house, kari)
    del sources[UIT]
    carry_out(house, order_id)
    assert state(house, order_id) is OrderState.INCOMPLETE_PERMANENT


@pytest.mark.parametrize("sequence", list(permutations([UIB, UIO, UIT])))
def test_the_order_in_which_sources_answer_does_not_matter(
    house: House, kari: Person, sources: dict[int, FakeSource], sequence: tuple[int, ...]
) -> None:
    for number in (UIB, UIO, UIT):
        sources[number].answer = found(course(f"C{number}"), institution=number)
    order_id = order(house, kari)
    fetches = {waiting.institution: waiting for waiting in orders.queued(house.store.db, order_id)}
    for number in sequence:
        house.fanout.work(fetches[number])
    assert rows(house, kari) == {n: [(f"C{n}", "B", True)] for n in (UIB, UIO, UIT)}
    assert all(line.fetch.state is FetchState.DONE for line in orders.lines_of(house.store.db, order_id))
