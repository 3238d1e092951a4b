"""Prøv: a source is asked for real, what came is shown, and nothing of it is kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

from serving import served
from webapp.house import House
from webapp.institutions import REGISTER
from webapp.model import LeftOut, LeftOutReason
from webapp.provider import create_provider
from webapp.provider.shelf import Shelf
from webapp.source_settings import ElmoPullSettings, EmrexSettings
from webapp.sources.elmo import write
from webapp.sources_file import SourcesFile
from webapp.store import source_changes
from world import KARI_NUMBER, NOW, OLA_NUMBER, UIB, UIO, UIT, bachelor, course, transcript


@pytest.fixture
def tried(house: House, client: FlaskClient, tmp_path: Path) -> Iterator[FlaskClient]:
    """UiO answers for real, and has results of Kari; UiB's address leads nowhere."""
    shelf = Shelf(tmp_path / "shelf.sqlite")
    shelf.add_institution(REGISTER[UIO])
    left_out = LeftOut("MAT1110", {"nb": "Emne uten karakter"}, LeftOutReason.FAILED)
    document = write(transcript(bachelor(), course("MAT1100", parent=0), left_out=(left_out,)), NOW)
    shelf.put(UIO, [KARI_NUMBER], document, etag="1")
    file = SourcesFile(house.settings.instance)
    with served(create_provider(shelf)) as address:
        file.add(ElmoPullSettings(institution=UIO, url=f"{address}/{UIO}"))
        file.add(ElmoPullSettings(institution=UIB, url="http://127.0.0.1:9"))
        house.take_sources()
        yield client
    shelf.close()


def told(answer: TestResponse) -> str:
    return " ".join(html.fromstring(answer.text).get_element_by_id("tried").text_content().split())


def test_a_source_is_asked_what_it_is(tried: FlaskClient) -> None:
    answer = tried.post(f"/sources/{UIO}/try", data={"number": ""})
    page = html.fromstring(answer.text)
    facts = {each[0].text: each[1].text for each in page.xpath("//div[@id='tried']//dl/div")}
    assert (answer.status_code, told(answer).startswith("Svarte på ")) == (200, True)
    assert facts["Protokoll"] == "elmo-pull/1"
    assert facts["Institusjon"] == f"{UIO} Universitetet i Oslo"
    assert (facts["Deler"], facts["Formål"]) == ("ja", "Godkjenning, Opptak")
    assert page.xpath("//main//h1")


def test_a_test_person_is_asked_about_and_nothing_is_kept(tried: FlaskClient, house: House) -> None:
    tables = [name for name in house.store.db.table_names() if name not in ("source_changes", "sqlite_sequence")]
    kept = {name: house.store.db.execute(f"SELECT count(*) FROM [{name}]").fetchone()[0] for name in tables}
    answer = tried.post(f"/sources/{UIO}/try", data={"number": f" {KARI_NUMBER[:6]} {KARI_NUMBER[6:]} "})
    words = told(answer)
    assert f"Om {KARI_NUMBER[:6]} *****: 2 resultater" in words
    assert "MAT1100" in words
    assert "Bachelor i biologi" in words
    assert KARI_NUMBER not in answer.text.replace(" ", "")
    for name in ("people", "orders", "fetches", "answers", "payloads", "external_results"):
        assert house.store.db.execute(f"SELECT count(*) FROM [{name}]").fetchone()[0] == kept[name]
    (line,) = source_changes.latest(house.store.db, 10)
    assert (line.institution, line.kind, line.fields) == (UIO, "tried", ())


def test_somebody_about_whom_nothing_is_there(tried: FlaskClient) -> None:
    assert "Ingen resultater" in told(tried.post(f"/sources/{UIO}/try", data={"number": OLA_NUMBER}))


def test_a_source_that_does_not_answer_tells_why(tried: FlaskClient) -> None:
    words = told(tried.post(f"/sources/{UIB}/try"))
    assert words.startswith("Kilden tok ikke imot forbindelsen. Den er trolig nede.")
    assert "Årsak: no connection" in words


@pytest.mark.parametrize("number", ["123", "01810112345", "38059812345x"])
def test_a_number_that_is_none_is_refused_beside_its_field(tried: FlaskClient, house: House, number: str) -> None:
    answer = tried.post(f"/sources/{UIO}/try", data={"number": number})
    field = html.fromstring(answer.text).get_element_by_id("number")
    assert (answer.status_code, field.get("aria-invalid")) == (422, "true")
    assert field.value is None or field.value == ""
    assert not source_changes.latest(house.store.db, 10)


def test_a_synthetic_number_is_for_test_instances(tried: FlaskClient, house: House) -> None:
    file = house.settings.settings.model_copy(update={"test_instance": False})
    house.settings = house.settings.model_copy(update={"settings": file})
    answer = tried.post(f"/sources/{UIO}/try", data={"number": KARI_NUMBER})
    assert (answer.status_code, "Nummeret er syntetisk" in answer.text) == (422, True)


def test_with_htmx_only_what_came_is_sent(tried: FlaskClient) -> None:
    answer = tried.post(f"/sources/{UIO}/try", headers={"HX-Request": "true"})
    page = html.fromstring(answer.text)
    assert not page.xpath("//h1")
    (now,) = page.xpath("//*[@id='source-now' and @hx-swap-oob]")
    assert "Ikke spurt ennå" in now.text_content()
    assert page.xpath("//*[@role='status']")[0].text.startswith("Svarte på ")
    refused = tried.post(f"/sources/{UIO}/try", data={"number": "1"}, headers={"HX-Request": "true"})
    assert (refused.status_code, "har 11 siffer" in told(refused)) == (422, True)


def test_portals_are_not_asked_about_people(tried: FlaskClient, house: House) -> None:
    SourcesFile(house.settings.instance).add(EmrexSettings(institution=UIT, registry="register.xml"))
    house.take_sources()
    page = html.fromstring(tried.get(f"/sources/{UIT}").text)
    assert not page.xpath("//input[@id='number']")
    assert "fins ikke" in told(tried.post(f"/sources/{UIT}/try", data={"number": KARI_NUMBER}))
    assert "register.xml fins ikke." in page.text_content()
    assert not source_changes.latest(house.store.db, 10)
