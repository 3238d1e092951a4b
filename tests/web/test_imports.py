"""Les inn søkere og opptak: the form, what is refused of it, and the page that follows a file."""

import io

import pytest
from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

from webapp.house import House
from webapp.intake.applying import take_in_admission
from webapp.model import AdmissionRecord, IntakeKind
from webapp.store import imports, people
from webapp.web import imports as screen
from world import KARI_NUMBER, NOW

CSV = f"sokernummer;fodselsnummer;etternavn;opptak\n1001;{KARI_NUMBER};Nordmann;2027-HØST-NOM\n"


def words(answer: TestResponse) -> str:
    return " ".join(html.fromstring(answer.text).text_content().split())


def send(client: FlaskClient, content: str = CSV, **fields: str) -> TestResponse:
    data = {"kind": "applications", "file": (io.BytesIO(content.encode()), "søkere.csv")} | fields
    return client.post("/imports", data=data, content_type="multipart/form-data")


@pytest.fixture(autouse=True)
def _admission(house: House) -> None:
    take_in_admission(house.store, house.settings, AdmissionRecord("2027-HØST-NOM"), NOW)


def test_the_list_of_applications_leads_to_the_form(client: FlaskClient) -> None:
    assert html.fromstring(client.get("/applications").text).xpath("//a[@href='/imports']")


def test_trying_without_writing_is_what_the_form_suggests(client: FlaskClient) -> None:
    page = html.fromstring(client.get("/imports").text)
    assert page.xpath("//input[@name='dry_run']/@checked")
    assert not html.fromstring(client.get("/imports?write=1").text).xpath("//input[@name='dry_run']/@checked")


def test_a_file_is_followed_to_its_report(client: FlaskClient, house: House) -> None:
    sent = send(client)
    house.importer.settle(10)
    page = client.get(sent.location)
    assert (sent.status_code, sent.location) == (303, "/imports/1")
    assert "1 rad er lest inn. Hva filen endret NyeEndretUendret Personer100 Søknader100" in words(page)
    assert "hx-trigger" not in page.text
    assert "søkere.csv Søknader i dag 09.14" in words(client.get("/imports"))
    assert people.person_with_number(house.store.db, KARI_NUMBER) is not None


def test_a_dry_run_says_so_and_leads_on_to_the_real_one(client: FlaskClient, house: House) -> None:
    where = send(client, dry_run="1").location
    house.importer.settle(10)
    page = client.get(where)
    assert "1 rad er uten feil. Dette var en prøve: ingenting er skrevet." in words(page)
    assert "/imports?kind=applications&amp;write=1" in page.text
    assert people.person_with_number(house.store.db, KARI_NUMBER) is None


def test_what_is_wrong_is_told_by_line_and_column(client: FlaskClient, house: House) -> None:
    where = send(client, CSV.replace("NOM", "LOK")).location
    house.importer.settle(10)
    answer = client.get(where)
    cells = html.fromstring(answer.text).xpath("//tbody/tr/td/text()")
    assert "1 feil i filen. Ingenting er skrevet." in words(answer)
    assert cells == ["2", "opptak", "Opptaket «2027-HØST-LOK» fins ikke her. Les inn opptaket først."]


def test_the_page_asks_for_news_while_the_file_is_read_and_works_without(client: FlaskClient, house: House) -> None:
    import_id = imports.begin(house.store.db, IntakeKind.APPLICATIONS, "søkere.csv", False, "kberg", NOW)
    imports.tell_progress(house.store.db, import_id, 0.4)
    page = html.fromstring(client.get("/imports/1").text)
    (live,) = page.xpath("//*[@hx-trigger]")
    assert live.get("hx-get") == "/imports/1/news"
    assert page.xpath("//progress/@value") == ["40"]
    assert page.xpath("//noscript//a/@href") == ["/imports/1"]
    assert 'hx-trigger="every 1s"' in client.get("/imports/1/news").text
    house.importer.recover()
    ended = client.get("/imports/1/news").text
    assert ("hx-trigger" in ended, "brutt av" in ended, 'id="status"' in ended) == (False, True, True)


def test_a_form_that_is_not_filled_in_says_so_at_each_field(client: FlaskClient) -> None:
    answer = client.post("/imports", data={"kind": "grades"}, content_type="multipart/form-data")
    page = html.fromstring(answer.text)
    assert answer.status_code == 422
    assert page.get_element_by_id("kind-refusal").text == "Velg hva filen inneholder."
    assert page.get_element_by_id("file-refusal").text == "Velg en fil."
    assert page.get_element_by_id("file").get("aria-describedby") == "file-refusal"
    assert not page.xpath("//input[@name='dry_run']/@checked")


def test_a_file_that_is_too_large_is_refused(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "MOST_UPLOAD_BYTES", 100)
    answer = send(client)
    assert (answer.status_code, "Filen er større enn 0 MB. Del den opp." in answer.text) == (422, True)


def test_an_import_that_is_not_there_is_404(client: FlaskClient) -> None:
    assert [client.get(address).status_code for address in ("/imports/7", "/imports/7/news")] == [404, 404]
