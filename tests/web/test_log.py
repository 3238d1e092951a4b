"""Eksternresultat-logg: what became of every result, in words, searchable."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from lxml import html

from webapp.fetching.by_hand import change_by_hand, write_by_hand
from webapp.house import House
from webapp.model import Person, RowByHand, Season, Term
from world import KARI_NUMBER, NOW, UIB, UIO, FakeSource, course, found

ROW = RowByHand(UIB, course("FIL1", "A", credit_scheme="studiepoeng"))


@pytest.fixture
def happened(house: House, kari: Person, sources: dict[int, FakeSource], fetched: Callable[[], int]) -> None:
    """A course fetched with D and then B, and a row that another caseworker wrote and changed the day before."""
    before = NOW - timedelta(days=1)
    row_id = write_by_hand(house.store, kari.id, ROW, "ohansen", before)
    result = replace(ROW.result, term=Term(2021, Season.AUTUMN), credits=Decimal("7.5"))
    change_by_hand(house.store, row_id, replace(ROW, result=result), "ohansen", before)
    for grade in ("D", "B"):
        sources[UIO].answer = found(course("MAT1100", grade))
        fetched()


def lines(text: str) -> list[str]:
    return [" ".join(" ".join(row.itertext()).split()) for row in html.fromstring(text).xpath("//tbody/tr")]


def test_every_change_is_told_field_by_field_the_latest_first(client: FlaskClient, happened: None) -> None:
    assert lines(client.get("/log").text) == [
        "24.11.2026 09.14 Nordmann, Kari Universitetet i Oslo kberg endret MAT1100 Emne MAT1100 Resultat: D → B",
        "24.11.2026 09.14 Nordmann, Kari Universitetet i Oslo kberg ny MAT1100 Emne MAT1100",
        "23.11.2026 09.14 Nordmann, Kari Universitetet i Bergen ohansen endret for hånd FIL1 Emne FIL1 "
        "Termin: V 2020 → H 2021; Omfang: 10 → 7,5",
        "23.11.2026 09.14 Nordmann, Kari Universitetet i Bergen ohansen registrert for hånd FIL1 Emne FIL1",
    ]


@pytest.mark.parametrize(
    ("asked", "hits"),
    [
        ("name=kari+nord", 4),
        ("name=hansen", 0),
        (f"institution={UIB}", 2),
        ("caseworker=ohansen", 2),
        ("kind=edited", 1),
        ("from=2026-11-24", 2),
        ("to=2026-11-23", 2),
        ("kind=changed&caseworker=kberg&name=kari", 1),
    ],
)
def test_the_log_is_searched_by_each_of_its_facts(client: FlaskClient, happened: None, asked: str, hits: int) -> None:
    assert len(lines(client.get(f"/log?{asked}").text)) == hits


def test_a_number_is_refused_with_where_to_search_for_it(client: FlaskClient, happened: None) -> None:
    answer = client.post("/log", data={"name": KARI_NUMBER})
    assert answer.status_code == 422
    assert "Søk med det i søkefeltet øverst" in answer.text


def test_one_person_and_one_institution_have_logs_of_their_own(
    client: FlaskClient, kari: Person, happened: None
) -> None:
    assert client.get(f"/log?person={kari.id}").location == f"/people/{kari.id}/changes"
    assert len(lines(client.get(f"/people/{kari.id}/changes").text)) == 4
    assert len(lines(client.get(f"/people/{kari.id}/studies/{UIB}/changes").text)) == 2
    assert client.get("/people/99/changes").status_code == 404


def test_the_log_can_be_taken_along_as_a_file(client: FlaskClient, kari: Person, happened: None) -> None:
    assert "Resultat: D → B" in client.get("/log.csv?kind=changed").text
    for address in (f"/people/{kari.id}/changes.csv", f"/people/{kari.id}/studies/{UIO}/changes.csv"):
        assert client.get(address).status_code == 200
