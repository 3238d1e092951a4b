"""Person eksternstudium: a row per institution, results below, and the box that tells how the order goes."""

from collections.abc import Callable
from concurrent.futures import wait
from datetime import date
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from lxml import html
from lxml.html import HtmlElement

from webapp.errors import SourceError, SourceFailure
from webapp.house import House
from webapp.model import (
    Basis,
    Category,
    LeftOut,
    LeftOutReason,
    Order,
    OrderState,
    Outcome,
    Person,
    Purpose,
    Reply,
    Result,
    Season,
    Term,
)
from webapp.sources.elmo import write
from webapp.store import orders, results
from world import KARI_NUMBER, NOW, OLA_NUMBER, UIB, UIO, UIT, FakeSource, bachelor, course, found, transcript

Page = Callable[[], HtmlElement]
THESIS = course(
    "MAS4900",
    "A",
    2022,
    name={"nb": "Masteroppgave", "en": "Master's thesis"},
    thesis_title={"nb": "Om fisk", "en": "On fish"},
    credits=Decimal(60),
)


def cells(row: HtmlElement) -> list[str]:
    return [" ".join(cell.text_content().split()) for cell in row.xpath("./th|./td")]


def words(page: HtmlElement) -> str:
    return " ".join(page.text_content().split())


def rows(page: HtmlElement, kind: str) -> list[list[str]]:
    return [cells(row) for row in page.xpath(f"//tr[contains(concat(' ', @class, ' '), ' {kind} ')]")]


def waiting_order(person: Person) -> Order:
    """An order that nobody has begun to carry out."""
    return Order(0, person.id, Purpose.RECOGNITION, Basis.STATUTE, NOW, "kberg", "person", OrderState.OPEN, NOW, None)


def test_every_column_of_the_basis_page_is_there(
    sources: dict[int, FakeSource], fetched: Callable[[], int], page: Page
) -> None:
    sources[UIO].answer = found(bachelor(), course("MAT1100", parent=0, version="1"), THESIS)
    fetched()
    assert rows(page(), "study-row") == [["Universitetet i Oslo", "1", "2", "240", "i dag 09.14", "3 nye i dag 09.14"]]
    assert rows(page(), "result") == [
        ["Kvalifikasjon", "BIO3", "Bachelor i biologi", "20.06.2021", "180 sp", ""],
        ["Emne", "MAT1100-1", "Emne MAT1100", "V 2020", "10 sp", "B"],
        ["Emne", "MAS4900", 'Masteroppgave / Master\'s thesis «Om fisk» / "On fish"', "V 2022", "60 sp", "A"],
    ]
    assert rows(page(), "group-title") == [["Enkeltemner"]]


def test_vekttall_stand_with_studiepoeng_and_a_derived_term_says_so(
    sources: dict[int, FakeSource], fetched: Callable[[], int], page: Page
) -> None:
    old = Result(
        Category.COURSE,
        "HI-GR",
        name={"nb": "Historie grunnfag"},
        term=Term(1996, Season.SPRING, derived=True),
        date=date(1996, 6, 10),
        credits=Decimal(20),
        credit_scheme="vekttall",
        grade="2.4",
    )
    sources[UIO].answer = found(old)
    fetched()
    (row,) = rows(page(), "result")
    assert row[3:] == ["V 1996 utledet 10.06.1996", "20 vt (60 sp)", "2.4"]


def test_what_is_no_longer_reported_and_what_was_left_out_are_told(
    sources: dict[int, FakeSource], fetched: Callable[[], int], page: Page
) -> None:
    failed = LeftOut("MAT1110", {"nb": "Kalkulus"}, LeftOutReason.FAILED)
    sources[UIO].answer = found(course("MAT1100"), course("FYS1000"))
    fetched()
    sources[UIO].answer = found(course("MAT1100", "A"), left_out=(failed,))
    fetched()
    said = words(page())
    assert "ikke lenger oppgitt siden 24.11.2026" in said
    assert "Ikke tatt med (1) MAT1110 Kalkulus – ikke bestått" in said


def test_the_button_places_an_order_and_the_page_shows_it(client: FlaskClient, kari: Person) -> None:
    answer = client.post(f"/people/{kari.id}/orders", data={"purpose": "recognition", "reason": "Ringte"})
    assert (answer.status_code, answer.location) == (303, f"/people/{kari.id}")
    assert "Bestilt 24.11.2026 09.14" in client.get(answer.location).text


def test_a_press_is_answered_before_the_institutions_are_asked(
    client: FlaskClient, house: House, kari: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, asked = house.fanout.start, list[int]()

    def answered_at_once(order_id: int) -> None:
        asked.append(len(wait(start(order_id)).done))

    monkeypatch.setattr(house.fanout, "start", answered_at_once)
    pressed = {"purpose": "recognition", "reason": "Ringte"}
    answer = client.post(f"/people/{kari.id}/orders", data=pressed, headers={"HX-Request": "true"})
    assert asked == [3]
    assert "0 av 3 har svart" in words(html.fromstring(answer.text))
    assert "every 250ms" in answer.text


def test_none_and_could_not_ask_are_never_added_together(
    sources: dict[int, FakeSource], fetched: Callable[[], int], page: Page
) -> None:
    sources[UIO].answer = found(course("MAT1100"))
    sources[UIT].answer = SourceError(SourceFailure.UNAVAILABLE, "503")
    fetched()
    said = words(page())
    assert "1 institusjon hadde resultater, 1 hadde ingen, 1 kunne ikke spørres." in said
    assert "Kilden er midlertidig utilgjengelig. Prøves igjen i kveld kl. 20.00." in said
    assert "1 institusjon kunne ikke spørres: UiT Norges arktiske universitet." in said


def test_asking_for_news_becomes_rarer_when_half_have_answered_and_ends_with_the_order(
    client: FlaskClient, house: House, kari: Person, fetched: Callable[[], int]
) -> None:
    with house.store.write() as db:
        order_id = orders.place(db, waiting_order(kari), [UIO, UIB])
        first, _ = orders.queued(db, order_id)
    asked = f"/orders/{order_id}/news?waiting={UIO}.{UIB}"
    assert "every 250ms" in client.get(asked).text
    house.fanout.work(first)
    assert "every 500ms" in client.get(asked).text
    for future in house.fanout.start(order_id):
        future.result(timeout=10)
    last = client.get(asked).text
    assert "hx-trigger" not in last
    assert "Ingen resultater" in last


def test_trying_again_asks_only_those_that_failed(
    client: FlaskClient, house: House, sources: dict[int, FakeSource], fetched: Callable[[], int], page: Page
) -> None:
    sources[UIT].answer = SourceError(SourceFailure.UNAVAILABLE, "503")
    order_id = fetched()
    sources[UIT].answer = Reply(Outcome.NOTHING)
    client.post(f"/orders/{order_id}/retry")
    house.fanout.settle(10)
    assert {number: len(source.questions) for number, source in sources.items()} == {184: 1, UIO: 1, UIT: 2}
    assert "Prøv igjen" not in words(page())


def test_an_answer_set_aside_is_compared_and_accepted_with_a_reason(
    client: FlaskClient, house: House, kari: Person, sources: dict[int, FakeSource], fetched: Callable[[], int]
) -> None:
    said = transcript(course("MAT1100"), number=OLA_NUMBER)
    sources[UIO].answer = Reply(Outcome.FOUND, said, payload=write(said, NOW))
    order_id = fetched()
    (line,) = [line for line in orders.lines_of(house.store.db, order_id) if line.fetch.institution == UIO]
    compared = client.get(f"/fetches/{line.fetch.id}/set-aside").text
    assert OLA_NUMBER not in compared
    assert "Emne MAT1100" in words(html.fromstring(compared))
    assert client.post(f"/fetches/{line.fetch.id}/accept", data={"reason": ""}).status_code == 422
    assert results.studies_of(house.store.db, kari.id) == []
    client.post(f"/fetches/{line.fetch.id}/accept", data={"reason": "Nytt nummer"})
    assert len(results.studies_of(house.store.db, kari.id)) == 1
    assert client.get(f"/fetches/{line.fetch.id}/set-aside").status_code == 404


def test_hostile_texts_stay_texts(sources: dict[int, FakeSource], fetched: Callable[[], int], page: Page) -> None:
    sources[UIO].answer = found(course("X1", name={"nb": "<script>alert(1)</script>"}, url="javascript:alert(1)"))
    fetched()
    assert rows(page(), "result")[0][2] == "<script>alert(1)</script>"
    assert not page().xpath("//a[starts-with(@href, 'javascript')]")


def test_the_number_is_not_in_the_address_or_title(client: FlaskClient, kari: Person, page: Page) -> None:
    assert KARI_NUMBER not in page().findtext(".//title")
    assert not [a for a in page().xpath("//@href|//@action|//@hx-get|//@hx-post") if KARI_NUMBER in a]
