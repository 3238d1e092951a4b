"""Last opp fil: previewed, then taken in or discarded; and the files in the folder of a source."""

import os
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import html
from lxml.html import HtmlElement
from werkzeug.test import TestResponse

from signing import STRANGER, TRUSTED
from webapp.house import House
from webapp.model import Institution, Person, Study
from webapp.source_settings import FileSettings
from webapp.sources.elmo import write
from webapp.sources.file import FileSource
from webapp.store import results
from webapp.web import uploads
from world import KARI_NUMBER, NOW, OLA_NUMBER, UIO, UIT, FakeSource, bachelor, course, transcript

XML = write(transcript(bachelor(), course("MAT1100")), NOW)
OLD = NOW.timestamp()

Upload = Callable[..., TestResponse]


@pytest.fixture
def upload(client: FlaskClient, kari: Person) -> Upload:
    def upload(body: bytes = XML, name: str = "kari.xml") -> TestResponse:
        return client.post(f"/people/{kari.id}/uploads", data={"file": (BytesIO(body), name)})

    return upload


def shown(client: FlaskClient, answer: TestResponse) -> HtmlElement:
    assert answer.status_code == 303, answer.text
    return html.fromstring(client.get(answer.location).text)


def words(page: HtmlElement, path: str = "//main") -> str:
    return " ".join(" ".join(each.text_content() for each in page.xpath(path)).split())


def taken(house: House, kari: Person) -> dict[int, list[str | None]]:
    studies = results.studies_of(house.store.db, kari.id)
    return {study.institution: [row.result.code for row in study.results] for study in studies}


def waiting(house: House) -> int:
    return house.store.db["uploads"].count


def test_a_file_is_shown_before_anything_is_taken_in(
    client: FlaskClient, house: House, kari: Person, upload: Upload
) -> None:
    page = shown(client, upload())
    said = words(page)
    for part in ("kari.xml", "Samme person", "Nummeret er personens.", "Ikke signert", "2 resultater", "2 nye", "BIO3"):
        assert part in said
    assert "038598 *****" in words(page, "//dl")
    assert KARI_NUMBER[6:] not in words(page, "//dl")
    assert taken(house, kari) == {}


def test_it_is_taken_in_like_any_answer(client: FlaskClient, house: House, kari: Person, upload: Upload) -> None:
    address = upload().location
    answer = client.post(address, data={"purpose": "admission"})
    assert (answer.status_code, answer.location) == (303, f"/people/{kari.id}#orders")
    assert taken(house, kari) == {UIO: ["BIO3", "MAT1100"]}
    assert "1 institusjon hadde resultater" in words(html.fromstring(client.get(f"/people/{kari.id}").text))
    assert waiting(house) == 0
    assert client.post(address, data={"purpose": "admission"}).status_code == 404


def test_the_kildebevis_tells_what_the_signature_was_worth(client: FlaskClient, kari: Person, upload: Upload) -> None:
    address = upload(STRANGER.sign(XML)).location
    client.post(address, data={"purpose": "admission", "selection": "1"})
    said = words(html.fromstring(client.get(f"/people/{kari.id}/orders/1/evidence").text), "//dl")
    assert "opplastet fil" in said
    assert "ingen her går god for · CN=stranger · rsa-sha256 · studenten har valgt ut innholdet" in said


def test_or_discarded(client: FlaskClient, house: House, kari: Person, upload: Upload) -> None:
    assert client.post(f"{upload().location}/discard").location == f"/people/{kari.id}"
    assert (taken(house, kari), waiting(house)) == ({}, 0)


def test_what_would_change_is_told(client: FlaskClient, upload: Upload) -> None:
    client.post(upload().location, data={"purpose": "admission"})
    page = shown(client, upload(write(transcript(course("MAT1100", "A"), course("NEW1")), NOW)))
    said = words(page, "//*[@id='upload-parts']")
    assert "1 ny, 1 endret, 1 borte" in said
    assert "MAT1100: B → A" in said
    assert "ikke lenger oppgitt: BIO3" in said


def test_what_a_student_left_out_is_not_told_as_gone(
    client: FlaskClient, house: House, kari: Person, upload: Upload
) -> None:
    client.post(upload().location, data={"purpose": "admission"})
    address = upload(write(transcript(course("MAT1100")), NOW)).location
    assert "ingenting nytt" in client.get(address, query_string={"selection": "1"}).text
    client.post(address, data={"purpose": "admission", "selection": "1"})
    (study,) = results.studies_of(house.store.db, kari.id)
    assert [row.gone_at for row in study.results] == [None, None]


def test_somebody_must_say_where_a_foreign_issuer_stands(
    client: FlaskClient, house: House, kari: Person, upload: Upload
) -> None:
    warsaw = Institution(None, {"en": "University of Warsaw"})
    told = replace(transcript(), studies=(Study(warsaw, (course("ALG1"),)),))
    address = upload(write(told, NOW)).location
    assert "Resultater fra University of Warsaw skal stå under" in client.get(address).text
    refused = client.post(address, data={"purpose": "admission", "under": ""})
    assert refused.status_code == 422
    assert "Velg hvilken institusjon" in words(html.fromstring(refused.text), "//*[@id='refusal']")
    assert "UiT" in words(html.fromstring(client.get(f"{address}?under={UIT}").text), "//*[@id='upload-parts']//h3")
    client.post(address, data={"purpose": "admission", "under": str(UIT)})
    assert taken(house, kari) == {UIT: ["ALG1"]}


def test_a_file_about_somebody_else_goes_aside(client: FlaskClient, house: House, kari: Person, upload: Upload) -> None:
    answer = upload(write(transcript(course("MAT1100"), number=OLA_NUMBER), NOW))
    assert "Ikke samme person" in words(shown(client, answer))
    taken_in = client.post(answer.location, data={"purpose": "recognition"})
    assert taken_in.location.endswith("/set-aside")
    assert client.get(taken_in.location).status_code == 200
    assert taken(house, kari) == {}


def test_what_was_changed_after_it_was_signed_cannot_be_taken_in(client: FlaskClient, upload: Upload) -> None:
    forged = TRUSTED.sign(XML).replace(b"<resultLabel>B<", b"<resultLabel>A<")
    answer = upload(forged)
    page = shown(client, answer)
    assert "Signaturen stemmer ikke med innholdet" in words(page)
    assert page.xpath("//button[normalize-space()='Ta inn']") == []
    assert client.post(answer.location, data={"purpose": "admission"}).status_code == 422


def test_who_signed_is_told(client: FlaskClient, upload: Upload) -> None:
    said = words(shown(client, upload(STRANGER.sign(XML))))
    assert "Signert med et sertifikat som ingen her går god for" in said
    assert "CN=stranger" in said


@pytest.mark.parametrize(
    ("body", "name", "sentence"),
    [(b"", "a.xml", "Filen er tom."), (b"%PDF-1.7", "a.pdf", "Filen er en PDF."), (XML, "", "Velg en fil.")],
)
def test_what_cannot_be_read_says_so_beside_the_field(upload: Upload, body: bytes, name: str, sentence: str) -> None:
    answer = upload(body, name)
    assert answer.status_code == 422
    assert sentence in words(html.fromstring(answer.text), "//*[@id='file-refusal']")


def test_a_file_that_is_too_large_says_so(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "ARMOUR_LIMIT_BYTES", 0)
    answer = upload(b" " * 200_000)
    assert answer.status_code == 422
    assert "Filen er større enn" in answer.text


def test_an_upload_belongs_to_its_person(client: FlaskClient, upload: Upload) -> None:
    address = upload().location
    assert client.get(address.replace("/people/1/", "/people/2/")).status_code == 404


@pytest.fixture
def folder(house: House, sources: dict[int, FakeSource], tmp_path: Path) -> Path:
    """The folder that UiO puts its files into."""
    folder = tmp_path / "files"
    folder.mkdir()
    sources[UIO] = FileSource(folder, 5.0, [TRUSTED.certificate])  # type: ignore[assignment]
    return folder


def put(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    os.utime(folder / name, (OLD, OLD))


def rows(client: FlaskClient) -> dict[str, str]:
    page = html.fromstring(client.get(f"/sources/{UIO}/files").text)
    return {words(row, "./td[1]"): words(row, ".") for row in page.xpath("//tbody/tr")}


def test_the_files_of_a_folder_say_whose_they_are_and_how_they_stand(
    client: FlaskClient, house: House, kari: Person, folder: Path
) -> None:
    put(folder, "kari.xml", TRUSTED.sign(XML))
    put(folder, "ola.xml", write(transcript(course("A1"), number=OLA_NUMBER), NOW))
    put(folder, f"{KARI_NUMBER}.xml", XML[:-30])
    put(folder, "forged.xml", TRUSTED.sign(XML).replace(b"<resultLabel>B<", b"<resultLabel>A<"))
    put(folder, "half.xml.part", XML)
    told = rows(client)
    assert len(told) == 5
    assert "Signaturen er gyldig" in told["kari.xml"]
    assert "Ikke hentet ennå" in told["kari.xml"]
    assert "ikke registrert her" in told["ola.xml"]
    assert "lot seg ikke tyde" in told[f"{KARI_NUMBER[:6]} *****.xml"]
    assert "Signaturen stemmer ikke" in told["forged.xml"]
    assert "Venter" in told["half.xml.part"]


def test_a_file_of_a_folder_is_previewed_and_then_fetched(
    client: FlaskClient, house: House, kari: Person, folder: Path
) -> None:
    put(folder, "kari.xml", XML)
    answer = client.post(f"/sources/{UIO}/files", data={"name": "kari.xml"})
    assert "kari.xml" in words(shown(client, answer))
    client.post(answer.location, data={"purpose": "admission"})
    assert taken(house, kari) == {UIO: ["BIO3", "MAT1100"]}
    assert "Hentet i dag" in rows(client)["kari.xml"]
    assert client.post(f"/sources/{UIO}/files", data={"name": "../kari.xml"}).status_code == 404


def test_a_folder_that_is_gone_says_so(client: FlaskClient, folder: Path) -> None:
    assert "Ingen filer er levert" in client.get(f"/sources/{UIO}/files").text
    folder.rmdir()
    assert "Kilden fins ikke" in client.get(f"/sources/{UIO}/files").text


def test_only_a_source_of_files_has_files(client: FlaskClient) -> None:
    assert client.get(f"/sources/{UIO}/files").status_code == 404


def test_certificates_of_any_source_count_for_what_is_uploaded(
    client: FlaskClient, house: House, upload: Upload, tmp_path: Path
) -> None:
    (tmp_path / "trusted.pem").write_bytes(TRUSTED.pem)
    known = FileSettings(institution=UIO, certificates=tmp_path / "trusted.pem")
    broken = FileSettings(institution=UIT, certificates=tmp_path / "nowhere.pem")
    house.settings = house.settings.model_copy(update={"sources": (broken, known)})
    assert "Signaturen er gyldig" in words(shown(client, upload(TRUSTED.sign(XML))))
