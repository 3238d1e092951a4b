"""Looking back: every order about a person, and the answers as they came."""

import hashlib
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from lxml import html

from webapp.errors import SourceError, SourceFailure
from webapp.model import Outcome, Person, Reply
from webapp.sources.elmo import write
from webapp.web import rights
from world import KARI_NUMBER, NOW, UIO, UIT, FakeSource, course, transcript

SAID = transcript(course("MAT1100"))
PAYLOAD = write(SAID, NOW)


@pytest.fixture
def asked(sources: dict[int, FakeSource], fetched: Callable[[], int]) -> int:
    """An order that UiO answered with a transcript, and UiT did not answer."""
    sources[UIO].answer = Reply(Outcome.FOUND, SAID, payload=PAYLOAD)
    sources[UIT].answer = SourceError(SourceFailure.UNAVAILABLE, "503")
    return fetched()


def words(text: str) -> str:
    return " ".join(" ".join(html.fromstring(text).itertext()).split())


def test_every_order_about_a_person_is_listed_with_how_it_went(client: FlaskClient, kari: Person, asked: int) -> None:
    said = words(client.get(f"/people/{kari.id}/orders").text)
    assert "24.11.2026 09.14 kberg Godkjenning hjemmel" in said
    assert "1 institusjon hadde resultater, 1 hadde ingen, 1 kunne ikke spørres." in said


def test_an_order_tells_what_each_institution_answered_then(
    client: FlaskClient, kari: Person, sources: dict[int, FakeSource], fetched: Callable[[], int], asked: int
) -> None:
    more = transcript(course("MAT1100"), course("FYS1000"))
    sources[UIO].answer = Reply(Outcome.FOUND, more, payload=write(more, NOW))
    fetched()
    said = words(client.get(f"/people/{kari.id}/orders/{asked}").text)
    assert "Universitetet i Oslo 1 resultat · 1 endring" in said
    assert "UiT Norges arktiske universitet Kilden er midlertidig utilgjengelig." in said
    assert client.get(f"/people/99/orders/{asked}").status_code == 404


def test_an_institutions_row_tells_when_it_was_asked(client: FlaskClient, kari: Person, asked: int) -> None:
    said = words(client.get(f"/people/{kari.id}/studies/{UIO}/orders").text)
    assert "24.11.2026 09.14 kberg Godkjenning Universitetet i Oslo 1 resultat" in said
    assert "UiT" not in said


def test_the_answer_is_shown_with_its_numbers_masked_and_given_as_it_came(
    client: FlaskClient, kari: Person, asked: int
) -> None:
    page = client.get(f"/people/{kari.id}/studies/{UIO}/answer")
    assert KARI_NUMBER not in page.text
    assert f"{KARI_NUMBER[:6]} *****" in html.fromstring(page.text).findtext(".//pre/code")
    assert hashlib.sha256(PAYLOAD).hexdigest() in page.text
    (link,) = html.fromstring(page.text).xpath("//a[contains(@href, '/fetches/')]/@href")
    file = client.get(link)
    assert file.data == PAYLOAD
    assert file.headers["Content-Disposition"] == f'attachment; filename="svar-{link.split("/")[-2]}.xml"'
    assert client.get(f"/fetches/{link.split('/')[-2]}/answer").data == PAYLOAD
    assert client.get(link.replace(f"/people/{kari.id}/", "/people/99/")).status_code == 404
    assert file.headers["X-Content-Type-Options"] == "nosniff"


def test_who_may_not_see_answers_is_turned_away(
    client: FlaskClient, kari: Person, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rights, "may_see_answers", lambda: False)
    assert client.get(f"/people/{kari.id}/studies/{UIO}/answer").status_code == 403
    assert client.get("/fetches/1/answer").status_code == 403


def test_an_institution_without_answers_says_so(client: FlaskClient, kari: Person) -> None:
    assert "ikke sendt noe svar" in client.get(f"/people/{kari.id}/studies/{UIO}/answer").text
    assert "ikke spurt" in client.get(f"/people/{kari.id}/studies/{UIO}/orders").text


def test_a_file_that_nobody_brought_is_told_apart_from_none(
    client: FlaskClient, kari: Person, sources: dict[int, FakeSource], fetched: Callable[[], int]
) -> None:
    sources[UIO].answer = Reply(Outcome.AWAITED)
    order_id = fetched()
    page = words(client.get(f"/people/{kari.id}").text)
    assert "0 institusjoner hadde resultater, 2 hadde ingen, 1 har ikke levert fil" in page
    assert "Ingen fil er levert" in page
    evidence = words(client.get(f"/people/{kari.id}/orders/{order_id}/evidence").text)
    assert "Har ikke levert fil (1)" in evidence
    assert "Svarte, og har ingen resultater (2)" in evidence
