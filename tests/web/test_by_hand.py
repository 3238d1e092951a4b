"""Registrer for hånd: a form that keeps what was typed, and fetched rows that nobody can change."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from lxml import html
from lxml.html import HtmlElement

from webapp.house import House
from webapp.model import Person, StoredResult
from webapp.store import results
from world import UIO, FakeSource, course, found

TYPED = {
    "institution": str(UIO),
    "category": "EMNE",
    "code": "FIL1",
    "name": "Filosofi",
    "term_year": "1996",
    "term_season": "VÅR",
    "credits": "7,5",
    "credit_scheme": "vekttall",
    "grade": "2.4",
}


def words(text: str) -> str:
    return " ".join(" ".join(html.fromstring(text).itertext()).split())


def only_row(house: House, person: Person) -> StoredResult:
    ((row,),) = [study.results for study in results.studies_of(house.store.db, person.id)]
    return row


@pytest.fixture
def written(client: FlaskClient, house: House, kari: Person) -> StoredResult:
    client.post(f"/people/{kari.id}/results/new", data=TYPED)
    return only_row(house, kari)


def test_a_row_is_registered_and_marked_with_icon_and_word(
    client: FlaskClient, kari: Person, page: Callable[[], HtmlElement]
) -> None:
    answer = client.post(f"/people/{kari.id}/results/new", data=TYPED)
    assert (answer.status_code, answer.location) == (303, f"/people/{kari.id}?open={UIO}#study-{UIO}")
    (row,) = page().xpath("//tr[starts-with(@id, 'result-')]")
    said = " ".join(row.text_content().split())
    assert "Filosofi registrert for hånd Endre" in said
    assert "7,5 vt (22,5 sp)" in said
    assert row.xpath(".//*[local-name()='use'][contains(@href, '#hand')]")


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("institution", "", "Velg institusjonen."),
        ("name", " ", "Skriv navnet"),
        ("term_year", "96", "fire siffer"),
        ("term_season", "", "Velg vår, sommer eller høst"),
        ("date", "31.02.2020", "Datoen fins ikke"),
        ("date", "2026-11-25", "Datoen er i framtiden"),
        ("credits", "mye", "Skriv et tall"),
        ("credits", "1001", "Omfanget må være"),
        ("parent", "4", "Velg en kvalifikasjon ved samme institusjon"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_what_was_typed_is_kept(
    client: FlaskClient, house: House, kari: Person, field: str, typed: str, told: str
) -> None:
    answer = client.post(f"/people/{kari.id}/results/new", data=TYPED | {field: typed})
    control = html.fromstring(answer.text).get_element_by_id(field)
    beside = html.fromstring(answer.text).get_element_by_id(control.get("aria-describedby").split()[-1])
    assert answer.status_code == 422
    assert told in beside.text_content()
    assert html.fromstring(answer.text).get_element_by_id("code").get("value") == "FIL1"
    assert results.studies_of(house.store.db, kari.id) == []


def test_a_row_by_hand_is_changed_and_removed(
    client: FlaskClient, house: House, kari: Person, written: StoredResult
) -> None:
    form = html.fromstring(client.get(f"/results/{written.id}").text)
    assert form.get_element_by_id("credits").get("value") == "7,5"
    client.post(f"/results/{written.id}", data=TYPED | {"grade": "2.1"})
    assert only_row(house, kari).result.grade == "2.1"
    client.post(f"/results/{written.id}/remove")
    assert results.studies_of(house.store.db, kari.id)[0].results == ()
    assert client.get(f"/results/{written.id}").status_code == 404


def test_the_server_refuses_to_change_a_fetched_row(
    client: FlaskClient, house: House, kari: Person, sources: dict[int, FakeSource], fetched: Callable[[], int]
) -> None:
    sources[UIO].answer = found(course("MAT1100"))
    fetched()
    row = only_row(house, kari)
    assert client.get(f"/results/{row.id}").status_code == 404
    for address in (f"/results/{row.id}", f"/results/{row.id}/remove"):
        refused = client.post(address, data=TYPED)
        assert (refused.status_code, "Raden er hentet fra institusjonen" in words(refused.text)) == (409, True)
    assert only_row(house, kari) == row


def test_a_note_is_written_shown_and_signed(
    client: FlaskClient, kari: Person, written: StoredResult, page: Callable[[], HtmlElement]
) -> None:
    address = f"/people/{kari.id}/studies/{UIO}/note"
    assert client.post(address, data={"note": "Ring UiO"}).status_code == 303
    said = " ".join(" ".join(page().itertext()).split())
    assert "Merknad Ring UiO" in said
    assert "Sist endret 24.11.2026 09.14 av" in said
    long = client.post(address, data={"note": "x" * 4001})
    assert long.status_code == 422
    assert "Merknaden har 4001 tegn" in words(long.text)
    assert "x" * 4001 in long.text
