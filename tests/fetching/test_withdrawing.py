"""A consent that is withdrawn stops what has not been asked, and what is on its way is not taken in."""

from concurrent.futures import wait
from datetime import date, datetime, timedelta

import pytest

from runs import EARLIER, Runner, apply, having, number_of
from webapp.config import Settings
from webapp.errors import Refusal, SourceError, SourceFailure
from webapp.fetching.ordering import ask_again, place
from webapp.fetching.withdrawing import withdraw
from webapp.house import House
from webapp.intake.applying import take_in_application
from webapp.model import Application, ApplicationRecord, Origin, Person, Purpose, Question, Reply
from webapp.store import Store, applications, consents, orders, people, results
from webapp.web.words import sentence_of
from world import NOW, UIB, UIO, UIT, FakeSource, course, found

NUMBER = "NOM1000"
TODAY = NOW.date()


def application(store: Store) -> Application:
    known = applications.application(store.db, NUMBER)
    assert known is not None
    return known


def take_back(house: House, day: date = TODAY) -> datetime:
    with house.store.write() as db:
        return withdraw(db, application(house.store), day, "på telefon", "kberg", NOW, house.settings.zone)


@pytest.fixture
def applicant(store: Store) -> Person:
    (person_id,) = apply(store)
    known = people.person(store.db, person_id)
    assert known is not None
    return known


def order(house: House, person: Person) -> int:
    origin = Origin("kberg", "application", application=NUMBER)
    return place(house.store, house.settings, person, Purpose.ADMISSION, origin, NOW)


def said(house: House, order_id: int) -> dict[int, str]:
    zone = house.settings.zone
    return {x.fetch.institution: sentence_of(x, zone, NOW) for x in orders.lines_of(house.store.db, order_id)}


def test_an_order_that_goes_on_asks_nobody_more(
    house: House, applicant: Person, sources: dict[int, FakeSource]
) -> None:
    order_id = order(house, applicant)
    take_back(house)
    wait(house.fanout.start(order_id), timeout=10)
    assert said(house, order_id) == dict.fromkeys((UIB, UIO, UIT), "Samtykke mangler")
    assert [len(source.questions) for source in sources.values()] == [0, 0, 0]


def test_who_failed_is_not_tried_again(house: House, applicant: Person, sources: dict[int, FakeSource]) -> None:
    sources[UIO].answer = SourceError(SourceFailure.UNAVAILABLE, "503")
    order_id = order(house, applicant)
    wait(house.fanout.start(order_id), timeout=10)
    take_back(house)
    ask_again(house.store, order_id, NOW)
    wait(house.fanout.start(order_id), timeout=10)
    assert said(house, order_id)[UIO] == "Samtykke mangler"
    assert len(sources[UIO].questions) == 1


def test_an_answer_on_its_way_is_not_taken_in_and_says_why(
    house: House, applicant: Person, sources: dict[int, FakeSource]
) -> None:
    def answer(question: Question) -> Reply:
        take_back(house)
        return found(course("MAT1100"), number=number_of(0))

    sources[UIO].answer = answer
    order_id = place(house.store, house.settings, applicant, Purpose.ADMISSION, Origin("kberg", "person"), NOW, {UIO})
    wait(house.fanout.start(order_id), timeout=10)
    told = "Samtykket ble trukket mens svaret var på vei. Svaret er ikke tatt inn."
    assert said(house, order_id) == {UIO: told}
    assert results.studies_of(house.store.db, applicant.id) == []
    assert list(house.store.db.query("SELECT * FROM payloads")) == []


def test_a_run_takes_in_no_answer_that_was_on_its_way(runner: Runner, store: Store, settings: Settings) -> None:
    apply(store, 3)
    withdrawn = False

    def answer(question: Question) -> Reply:
        nonlocal withdrawn
        if question.identifiers[0] == number_of(0) and not withdrawn:
            withdrawn = True
            with store.write() as db:
                withdraw(db, application(store), TODAY, "på telefon", "kberg", NOW, settings.zone)
        return having(0, 1)(question)

    runner.sources[UIO] = FakeSource(answer, batch=10)
    run = runner.run()
    came = runner.came(run)[UIO]
    assert (came["found"], came["no_consent"]) == (1, 1)
    told = store.db.execute(
        "SELECT DISTINCT whole_cause FROM fetches WHERE institution = ? AND whole_cause <> ''", [UIO]
    )
    assert told.fetchall() == [("withdrawn-under-way",)]
    assert store.db.execute("SELECT count(*) FROM external_results").fetchone() == (1,)


@pytest.mark.parametrize(
    ("day", "sentence"), [(TODAY + timedelta(days=1), "ikke kommet"), (EARLIER.date() - timedelta(days=1), "ikke gitt")]
)
def test_a_day_that_cannot_be_is_refused(house: House, applicant: Person, day: date, sentence: str) -> None:
    with pytest.raises(Refusal, match=sentence):
        take_back(house, day)


def test_a_consent_is_withdrawn_once(house: House, applicant: Person) -> None:
    take_back(house)
    with pytest.raises(Refusal, match="ikke et samtykke"):
        take_back(house)


@pytest.mark.parametrize(
    ("given_at", "withdrawn_at", "stands"),
    [
        (None, "", True),
        (EARLIER.isoformat(), "", True),
        (EARLIER.isoformat(), None, True),
        (NOW.isoformat(), "", False),
    ],
)
def test_who_sends_applications_takes_back_no_withdrawal_that_was_noted_here_but_brings_a_new_consent(
    house: House, applicant: Person, given_at: str | None, withdrawn_at: str | None, stands: bool
) -> None:
    take_back(house, TODAY - timedelta(days=1))
    record = ApplicationRecord(
        NUMBER,
        number_of(0),
        application(house.store).admission,
        consent_given_at=given_at,
        consent_withdrawn_at=withdrawn_at,
    )
    take_in_application(house.store, house.settings, record, NOW)
    known = application(house.store)
    assert (known.has_consent(NOW), known.consent_withdrawn_by) == ((False, "kberg") if stands else (True, ""))


@pytest.mark.parametrize("withdraws", [False, True])
def test_consents_are_counted(house: House, store: Store, withdraws: bool) -> None:
    apply(store, 2)
    apply(store, 1, consent=None, first=2)
    if withdraws:
        take_back(house)
    counted = consents.counts(store.db, Purpose.ADMISSION, NOW)
    assert (counted.given, counted.missing, counted.withdrawn) == ((1, 1, 1) if withdraws else (2, 1, 0))
    assert consents.counts(store.db, Purpose.RECOGNITION, NOW) == consents.ConsentCounts(0, 0, 0)
