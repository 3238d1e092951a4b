"""Kildebevis: what was asked, what each institution answered, and loudest of all who did not."""

import hashlib
import re
import zlib
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from lxml import html
from weasyprint.urls import FatalURLFetchingError

from webapp.errors import SourceError, SourceFailure
from webapp.fetching.by_hand import write_by_hand
from webapp.house import House
from webapp.model import LeftOut, LeftOutReason, Outcome, Person, Reply, RowByHand
from webapp.sources.elmo import write
from webapp.web import evidence
from webapp.web.evidence_pdf import pdf_of
from world import KARI_NUMBER, NOW, UIO, UIT, FakeSource, course, transcript

SAID = transcript(course("MAT1100"), left_out=(LeftOut("MAT1110", {"nb": "Kalkulus"}, LeftOutReason.FAILED),))
PAYLOAD = write(SAID, NOW)


@pytest.fixture
def order_id(sources: dict[int, FakeSource], fetched: Callable[[], int]) -> int:
    sources[UIO].answer = Reply(Outcome.FOUND, SAID, payload=PAYLOAD)
    sources[UIT].answer = SourceError(SourceFailure.UNAVAILABLE, "503")
    return fetched()


def words(text: str) -> str:
    return " ".join(" ".join(html.fromstring(text).get_element_by_id("main").itertext()).split())


def unpacked(pdf: bytes) -> bytes:
    """A PDF with its streams inflated."""
    streams = re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)
    return pdf + b"".join(zlib.decompress(stream) for stream in streams if stream[:1] == b"x")


def test_it_tells_what_was_asked_and_what_each_answered(client: FlaskClient, kari: Person, order_id: int) -> None:
    page = client.get(f"/people/{kari.id}/evidence", follow_redirects=True)
    said = words(page.text)
    asked = f"Spurt med nummer {KARI_NUMBER[:6]} ***** Formål Godkjenning Rettslig grunnlag hjemmel"
    assert f"{asked} Samtykke ikke aktuelt (hjemmel) Bestilt 24.11.2026" in said
    assert hashlib.sha256(PAYLOAD).hexdigest() in said
    assert "MAT1110 Kalkulus – ikke bestått" in said
    evidence_part = page.text.split("Kildebevis</h2>")[1]
    assert KARI_NUMBER not in evidence_part


def test_it_bears_the_name_of_the_institution_whose_instance_it_is(
    client: FlaskClient, house: House, kari: Person, order_id: int
) -> None:
    page = f"/people/{kari.id}/orders/{order_id}/evidence"
    assert "fra Eksternstudium på localhost." in words(client.get(page).text)
    ours = house.settings.settings.model_copy(update={"institution": 215})
    house.settings = house.settings.model_copy(update={"settings": ours})
    assert "fra Eksternstudium på OsloMet – storbyuniversitetet (localhost)." in words(client.get(page).text)


def test_who_did_not_answer_stands_apart_from_who_had_nothing(client: FlaskClient, kari: Person, order_id: int) -> None:
    said = words(client.get(f"/people/{kari.id}/orders/{order_id}/evidence").text)
    assert "Uttrekket er ikke fullstendig: 1 institusjon svarte ikke: UiT Norges arktiske universitet." in said
    failed, nothing = said.split("Svarte, og har ingen resultater (1)")
    assert "Svarte ikke (1)" in failed
    assert "UiT Norges arktiske universitet" not in nothing
    assert "Universitetet i Bergen" in nothing


def test_one_institutions_kildebevis_tells_of_it_alone(client: FlaskClient, kari: Person, order_id: int) -> None:
    page = client.get(f"/people/{kari.id}/studies/{UIO}/evidence", follow_redirects=True)
    assert "Universitetet i Bergen" not in words(page.text)
    assert "Svarte, og har resultater (1)" in words(page.text)


def test_rows_by_hand_are_never_taken_for_the_institutions(
    client: FlaskClient, house: House, kari: Person, order_id: int
) -> None:
    write_by_hand(house.store, kari.id, RowByHand(UIT, course("FIL1", credit_scheme="vekttall")), "kberg", NOW)
    said = words(client.get(f"/people/{kari.id}/orders/{order_id}/evidence").text)
    assert "Registrert for hånd. Institusjonen har ikke oppgitt dette." in said
    assert "10 vt (30 sp)" in said


def test_the_pdf_is_tagged_and_its_name_tells_nothing(client: FlaskClient, kari: Person, order_id: int) -> None:
    answer = client.get(f"/people/{kari.id}/orders/{order_id}/evidence.pdf")
    inside = unpacked(answer.data)
    assert all(mark in inside for mark in (b"/MarkInfo", b"/StructTreeRoot", b"pdfuaid:part", b"/Lang (nb)"))
    assert f"Kildebevis for bestilling {order_id}".encode() in inside
    assert answer.headers["Content-Disposition"] == f'attachment; filename="kildebevis-{order_id}.pdf"'


def test_without_pango_it_says_what_is_missing_and_what_to_do(
    client: FlaskClient, kari: Person, order_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "PDF_MISSING", "Maskinen mangler biblioteket Pango. Skriv ut siden i nettleseren.")
    answer = client.get(f"/people/{kari.id}/orders/{order_id}/evidence.pdf")
    assert (answer.status_code, "mangler biblioteket Pango" in words(answer.text)) == (503, True)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/x.css", "file:///etc/passwd", "../pyproject.toml"])
def test_making_a_pdf_never_fetches_from_elsewhere(address: str) -> None:
    with pytest.raises(FatalURLFetchingError):
        pdf_of(f'<html lang="nb"><head><title>x</title><link rel="stylesheet" href="{address}"></head><body>x</body>')


def test_nobody_asked_nothing_to_prove(client: FlaskClient, kari: Person) -> None:
    assert "ikke noe å bevise" in client.get(f"/people/{kari.id}/evidence").text
