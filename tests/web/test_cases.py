"""Godkjenningssak samlebilde: the list, the form, and the tabs of a case."""

from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient
from lxml import html
from lxml.html import HtmlElement

from webapp.house import House
from webapp.model import Case, CaseStatus, CaseType, Person
from webapp.recognition.cases import change_case, include, open_case, set_status
from webapp.store import cases, orders, results
from world import KARI_NUMBER, NOW, OLA_NUMBER, UIB, UIO, FakeSource, bachelor, course, found

TYPED = {
    "type": "INNPASS",
    "status": "BEHANDLES",
    "applied_on": "20.11.2026",
    "place": "Oslo",
    "responsible": "kberg",
    "journal_number": "26/1",
    "application_text": "Søker om innpassing",
    "note": "",
}


def words(page: HtmlElement) -> str:
    return " ".join(page.text_content().split())


@pytest.fixture
def opened(house: House, kari: Person) -> int:
    wish = Case(0, kari.id, CaseType.INNPASS, CaseStatus.BEING_TREATED, date(2026, 11, 20), responsible="kberg")
    return open_case(house.store, house.settings, wish, "kberg", NOW)


@pytest.fixture
def look(client: FlaskClient) -> Callable[[str], HtmlElement]:
    return lambda address: html.fromstring(client.get(address).text)


@pytest.fixture
def ids(house: House, kari: Person, sources: dict[int, FakeSource], fetched: Callable[[], int]) -> dict[str, int]:
    """Kari's results by code: a degree with MAT1100 below it from UiO, INF1 and MAT1100 from UiB."""
    sources[UIO].answer = found(bachelor(), course("MAT1100", parent=0))
    sources[UIB].answer = found(course("INF1"), course("MAT1100"), institution=UIB)
    fetched()
    rows = [row for study in results.studies_of(house.store.db, kari.id) for row in study.results]
    return {f"{row.institution} {row.result.code}": row.id for row in rows}


def test_a_case_is_written_and_read_again(
    client: FlaskClient, kari: Person, look: Callable[[str], HtmlElement]
) -> None:
    answer = client.post(f"/people/{kari.id}/cases/new", data=TYPED)
    assert answer.status_code == 303
    said = words(look(answer.location))
    for shown in (
        "Sak 1 · Nordmann, Kari",
        "INNPASS",
        "BEHANDLES",
        "20.11.2026",
        "kberg",
        "26/1",
        "Søker om innpassing",
    ):
        assert shown in said
    assert look(answer.location).xpath("//nav[@class='case-tabs']//a[@aria-current]/text()") == ["Sak"]


def test_the_form_knows_what_is_likely(kari: Person, look: Callable[[str], HtmlElement]) -> None:
    page = look(f"/people/{kari.id}/cases/new")
    assert page.xpath("//input[@name='applied_on']/@value") == ["24.11.2026"]
    assert page.xpath("//option[@selected]/@value") == ["INNPASS", "UBEHANDLET"]


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("applied_on", "25.11.2026", "Datoen er ikke kommet ennå."),
        ("applied_on", "31.02.2026", "Datoen fins ikke."),
        ("applied_on", "", "Datoen fins ikke."),
        ("journal_number", "x" * 51, "Her er det 51 tegn, og det er plass til 50."),
        ("type", "EMREX", "Velg en av verdiene i listen."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_is_kept(
    client: FlaskClient, house: House, kari: Person, field: str, typed: str, sentence: str
) -> None:
    answer = client.post(f"/people/{kari.id}/cases/new", data=TYPED | {field: typed, "note": "Husk"})
    page = html.fromstring(answer.text)
    assert answer.status_code == 422
    assert sentence in words(page.get_element_by_id(f"{field}-refusal"))
    assert f"{field}-refusal" in page.get_element_by_id(field).get("aria-describedby")
    assert page.get_element_by_id("note").text.strip() == "Husk"
    assert field == "type" or page.get_element_by_id(field).get("value") == typed
    assert cases.cases_of(house.store.db, kari.id) == []


def test_the_second_caseworker_sees_what_the_first_wrote(
    client: FlaskClient, house: House, opened: int, look: Callable[[str], HtmlElement]
) -> None:
    case = cases.case(house.store.db, opened)
    assert case is not None
    change_case(house.store, house.settings, opened, 1, case, "olie", NOW)
    typed = TYPED | {"responsible": "anna", "version": "1"}
    answer = client.post(f"/cases/{opened}/edit", data=typed)
    page = html.fromstring(answer.text)
    assert answer.status_code == 422
    assert "olie har endret saken siden du åpnet den." in words(page)
    assert "Nå står det: kberg" in words(page)
    assert page.get_element_by_id("responsible").get("value") == "anna"
    version = page.xpath("//input[@name='version']/@value")[0]
    assert client.post(f"/cases/{opened}/edit", data=typed | {"version": version}).status_code == 303
    assert "anna" in words(look(f"/cases/{opened}"))


def test_the_person_of_a_new_case_is_found_by_name_or_number(client: FlaskClient, kari: Person) -> None:
    hits = html.fromstring(client.post("/cases/new", data={"wanted": "nordmann"}).text)
    assert hits.xpath("//main//table//a/@href") == [f"/people/{kari.id}/cases/new"]
    answer = client.post("/cases/new", data={"wanted": KARI_NUMBER})
    assert (answer.status_code, answer.location) == (303, f"/people/{kari.id}/cases/new")


@pytest.mark.parametrize("typed", [OLA_NUMBER, "12345678901", ""])
def test_a_number_that_is_not_known_is_refused_with_what_to_do(client: FlaskClient, typed: str) -> None:
    answer = client.post("/cases/new", data={"wanted": typed})
    assert answer.status_code == 422
    assert html.fromstring(answer.text).get_element_by_id("wanted-refusal").text


def test_the_list_shows_the_case_and_mine_are_a_press_away(
    client: FlaskClient, opened: int, look: Callable[[str], HtmlElement]
) -> None:
    (row,) = look("/cases").xpath("//table//tbody/tr")
    assert [words(cell) for cell in row][:5] == [
        str(opened),
        "Nordmann, Kari",
        "INNPASS",
        "BEHANDLES",
        "20.11.2026",
    ]
    mine = look("/cases").xpath("//a[.='Mine saker']/@href")[0]
    assert look(mine).xpath("//table//tbody/tr") == []
    assert len(look("/cases?responsible=kberg").xpath("//table//tbody/tr")) == 1
    assert "Nordmann, Kari" in client.get("/cases.csv").text


def test_a_filter_that_is_sent_becomes_an_address(client: FlaskClient, opened: int) -> None:
    answer = client.post("/cases", data={"status": "active", "applied_from": "01.11.2026"})
    assert (answer.status_code, answer.location) == (303, "/cases?status=active&applied_from=2026-11-01")


def test_the_persons_cases_are_told_with_the_way_to_a_new_one(client: FlaskClient, kari: Person, opened: int) -> None:
    page = html.fromstring(client.get(f"/people/{kari.id}").text)
    assert "Sak INNPASS (BEHANDLES) Ny godkjenningssak" in words(page)
    assert page.xpath(f"//a[@href='/cases/{opened}']")
    assert page.xpath(f"//a[@href='/people/{kari.id}/cases/new']")


def test_the_button_orders_for_recognition_from_the_case(client: FlaskClient, house: House, opened: int) -> None:
    answer = client.post(f"/cases/{opened}/orders")
    assert answer.location == f"/cases/{opened}/studies"
    (order,) = orders.orders_of(house.store.db, 1)
    assert (order.case_id, order.purpose, order.placed_from) == (opened, "recognition", "case")
    house.fanout.settle(10)
    assert "Bestilt 24.11.2026 09.14" in client.get(answer.location).text


def test_the_tab_eksternstudium_has_those_that_answered(
    opened: int, ids: dict[str, int], look: Callable[[str], HtmlElement]
) -> None:
    names = look(f"/cases/{opened}/studies").xpath("//tr[@class='study-row']/th//summary/text()")
    assert names == ["Universitetet i Bergen", "Universitetet i Oslo"]


def test_a_tick_is_saved_at_once_and_the_sum_follows(
    client: FlaskClient, house: House, opened: int, ids: dict[str, int]
) -> None:
    result_id = ids["184 INF1"]
    said = client.post(f"/cases/{opened}/extent/{result_id}", data={"included": result_id}).text
    assert "1 rad inngår: 10 studiepoeng." in said
    assert [row.result_id for row in cases.inclusions_of(house.store.db, opened)] == [result_id]
    assert "0 rader inngår: 0 studiepoeng." in client.post(f"/cases/{opened}/extent/{result_id}").text


def test_what_comes_while_the_tab_is_open_is_told(
    client: FlaskClient,
    opened: int,
    ids: dict[str, int],
    sources: dict[int, FakeSource],
    fetched: Callable[[], int],
    look: Callable[[str], HtmlElement],
) -> None:
    (asked,) = look(f"/cases/{opened}/extent").xpath("//*[@id='extent']/*[@role='status']/@hx-get")
    fetched()
    assert client.get(asked).text == ""
    sources[UIB].answer = found(course("INF1"), course("MAT1100"), course("INF2"), institution=UIB)
    fetched()
    assert "Resultatene er endret siden fanen ble åpnet." in client.get(asked).text


def test_a_plain_form_writes_what_its_reader_changed_and_no_more(
    client: FlaskClient, house: House, opened: int, ids: dict[str, int]
) -> None:
    degree, inf = ids["185 BIO3"], ids["184 INF1"]
    include(house.store, opened, [degree], "olie", NOW)
    answer = client.post(f"/cases/{opened}/extent", data={"included": [inf]})
    assert answer.status_code == 303
    assert {row.result_id for row in cases.inclusions_of(house.store.db, opened)} == {degree, inf}
    client.post(f"/cases/{opened}/extent", data={"was": [degree, inf], "included": [inf]})
    assert {row.result_id for row in cases.inclusions_of(house.store.db, opened)} == {inf}


def test_what_is_to_be_known_of_a_row_stands_at_it(
    client: FlaskClient,
    house: House,
    opened: int,
    kari: Person,
    ids: dict[str, int],
    look: Callable[[str], HtmlElement],
) -> None:
    degree, oslo, bergen = ids["185 BIO3"], ids["185 MAT1100"], ids["184 MAT1100"]
    wish = Case(0, kari.id, CaseType.PRIOR, CaseStatus.UNTREATED, date(2026, 11, 1))
    other = open_case(house.store, house.settings, wish, "kberg", NOW)
    include(house.store, other, [bergen], "kberg", NOW)
    include(house.store, opened, [degree, oslo, bergen], "kberg", NOW)
    page = look(f"/cases/{opened}/extent")
    assert words(page.get_element_by_id(f"notes-{oslo}")) == (
        "Varsel: Kan være samme emne som MAT1100 (Universitetet i Bergen) "
        "Regnes ikke med i summen: BIO3 inngår. Tatt med i dag 09.14 av kberg"
    )
    assert f"Inngår også i sak {other} (FORHÅND, UBEHANDLET)" in words(page.get_element_by_id(f"notes-{bergen}"))
    assert [[words(cell) for cell in row] for row in page.xpath("//table[@class='sum']//tr")] == [
        ["Studiepoeng", "Ukjent nivå", "Sum"],
        ["Universitetet i Bergen", "10", "10"],
        ["Universitetet i Oslo", "180", "180"],
        ["Sum", "190", "190"],
    ]
    assert "2 rader har varsler: MAT1100, MAT1100" in words(page)


def test_a_ticked_row_that_is_no_longer_reported_warns(
    opened: int,
    house: House,
    ids: dict[str, int],
    sources: dict[int, FakeSource],
    fetched: Callable[[], int],
    look: Callable[[str], HtmlElement],
) -> None:
    include(house.store, opened, [ids["184 INF1"]], "kberg", NOW)
    sources[UIB].answer = found(course("MAT1100"), institution=UIB)
    fetched()
    notes = look(f"/cases/{opened}/extent").get_element_by_id(f"notes-{ids['184 INF1']}")
    assert words(notes).startswith("Varsel: Inngår, men er ikke lenger oppgitt av institusjonen.")


def test_a_closed_case_refuses_a_late_tick_until_it_is_opened_again(
    client: FlaskClient, house: House, opened: int, ids: dict[str, int], look: Callable[[str], HtmlElement]
) -> None:
    result_id = ids["184 INF1"]
    assert client.post(f"/cases/{opened}/status", data={"status": "BEHANDLET"}).status_code == 303
    page = look(f"/cases/{opened}/extent")
    assert len(page.xpath("//input[@name='included' and @disabled]")) == len(ids)
    late = client.post(f"/cases/{opened}/extent/{result_id}", data={"included": result_id})
    assert (late.status_code, late.headers["HX-Retarget"]) == (422, "#extent")
    assert "låst. Åpne saken igjen" in late.text
    assert client.post(f"/cases/{opened}/extent", data={"included": result_id}).status_code == 422
    (again,) = page.xpath("//form[@class='locked']//button")
    client.post(page.xpath("//form[@class='locked']/@action")[0], data={again.get("name"): again.get("value")})
    assert client.post(f"/cases/{opened}/extent/{result_id}", data={"included": result_id}).status_code == 200


def test_who_is_no_case_or_status_is_not_found(client: FlaskClient, opened: int) -> None:
    assert client.get("/cases/99").status_code == 404
    assert client.post(f"/cases/{opened}/status", data={"status": "FERDIG"}).status_code == 400


def test_a_status_that_was_set_elsewhere_is_shown(
    house: House, opened: int, look: Callable[[str], HtmlElement]
) -> None:
    set_status(house.store, opened, CaseStatus.WITHDRAWN, "kberg", NOW)
    assert "TRUKKET trukket av søkeren" in words(look(f"/cases/{opened}"))
