"""Søknad samlebilde and Søknad samlebilde NOM: filters, order, columns, pages and exports, through the door."""

import csv
import io
from datetime import date

import openpyxl
import pytest
from flask.testing import FlaskClient
from lxml import html

from webapp.house import House
from webapp.identity import make_synthetic
from webapp.intake.applying import take_in_admission, take_in_applications
from webapp.model import AdmissionRecord, ApplicationRecord
from webapp.store import as_text
from world import KARI_NUMBER, NOW, OLA_NUMBER

AASE = make_synthetic(date(1999, 1, 1), 0)
TITLES = ["Søkernr", "Navn", "Opptak", "Grunnlag", "Sist hentet", "Ubehandlet", "Endret"]


@pytest.fixture(autouse=True)
def _applications(house: House) -> None:
    """Kari and Ola in NOM, Åse in a master; Kari has an unhandled result, Ola took back his consent."""
    for code in ("2027-HØST-NOM", "2027-VÅR-MASTER"):
        take_in_admission(house.store, house.settings, AdmissionRecord(code), NOW)
    records = [
        ApplicationRecord("A1", KARI_NUMBER, "2027-HØST-NOM", None, "Nordmann", "Kari", "2026-11-01"),
        ApplicationRecord("B2", OLA_NUMBER, "2027-HØST-NOM", None, "Nordmann", "Ola", "2026-11-01", "2026-11-02"),
        ApplicationRecord("C3", AASE, "2027-VÅR-MASTER", None, "=Sætre", "Åse"),
    ]
    take_in_applications(house.store, house.settings, enumerate(records), NOW)
    house.store.db.execute(
        """UPDATE applications SET unhandled = 1, fetched_at = :at, result_changed_at = :at
        WHERE applicant_number = 'A1'""",
        {"at": as_text(NOW)},
    )


def shown(client: FlaskClient, address: str) -> list[str]:
    """The applicant numbers that a list shows."""
    return html.fromstring(client.get(address).text).xpath("//td[@data-label='Søkernr']/a/text()")  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("wish", "numbers"),
    [
        ("", ["A1", "B2", "C3"]),
        ("?applicant_number=b", ["B2"]),
        ("?name=sætre", ["C3"]),
        ("?name=kari+nordm", ["A1"]),
        ("?admission=2027-VÅR-MASTER", ["C3"]),
        ("?consent=given", ["A1"]),
        ("?consent=withdrawn", ["B2"]),
        ("?consent=missing", ["C3"]),
        ("?unhandled=J", ["A1"]),
        ("?unhandled=N&name=nordmann", ["B2"]),
        ("?fetched_from=2026-11-24", ["A1"]),
        ("?fetched_from=25.11.2026", []),
        ("?changed_from=24.11.2026", ["A1"]),
        ("?sort=name", ["A1", "B2", "C3"]),
        ("?sort=name&down=1", ["C3", "B2", "A1"]),
        ("?sort=unhandled&down=1", ["A1", "C3", "B2"]),
        ("?page=2", []),
    ],
)
def test_the_list_shows_what_is_asked_for(client: FlaskClient, wish: str, numbers: list[str]) -> None:
    assert shown(client, f"/applications{wish}") == numbers


def test_the_nom_list_has_its_filter_built_in(client: FlaskClient) -> None:
    assert shown(client, "/applications/nom") == ["A1", "B2"]
    assert shown(client, "/applications/nom?admission=2027-VÅR-MASTER") == []
    assert "C3" not in client.get("/applications/nom.csv").text


def test_a_row_says_all_that_its_columns_promise(client: FlaskClient) -> None:
    page = html.fromstring(client.get("/applications").text)
    (first, *_) = page.xpath("//tbody/tr")
    cells = {cell.get("data-label"): " ".join(cell.text_content().split()) for cell in first}
    assert [*cells] == TITLES
    assert list(cells.values()) == [
        *("A1", "Nordmann, Kari", "2027-HØST-NOM", "Samtykke 01.11.2026", "i dag 09.14", "J", "i dag 09.14")
    ]
    assert page.xpath("//tbody/tr/td/a/@href")[0] == "/applications/A1"


def test_filters_are_sent_in_a_body_and_kept_in_the_address(client: FlaskClient) -> None:
    answer = client.post("/applications", data={"name": "Nordmann", "rows": "500", "sort": "name", "down": "1"})
    assert (answer.status_code, answer.location) == (303, "/applications?name=Nordmann&sort=name&down=1&rows=500")


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", KARI_NUMBER, "Et fødselsnummer kan ikke stå i en adresse."),
        ("applicant_number", OLA_NUMBER.removeprefix("0"), "Et fødselsnummer kan ikke stå i en adresse."),
        ("fetched_from", "31.02.2026", "Datoen fins ikke."),
        ("fetched_from", "31.12.9999", "Datoen fins ikke."),
        ("admission", "2020-HØST-NOM", "Velg en av verdiene i listen."),
    ],
)
def test_what_cannot_be_filtered_by_is_told_at_the_field(
    client: FlaskClient, field: str, typed: str, sentence: str
) -> None:
    answer = client.post("/applications", data={field: typed})
    page = html.fromstring(answer.text)
    assert answer.status_code == 422
    assert page.get_element_by_id(f"filter-{field}-refusal").text.startswith(sentence)
    assert answer.location is None


def test_the_columns_that_a_reader_chose_are_remembered_and_exported(client: FlaskClient) -> None:
    chosen = {"column": ["name", "unhandled"], "next": "/applications"}
    assert client.post("/preferences/columns/applications", data=chosen).status_code == 303
    page = html.fromstring(client.get("/applications").text)
    assert page.xpath("//thead/tr[1]/th//text()[normalize-space()]") == ["Søkernr", "Navn", "Ubehandlet"]
    assert client.get("/applications.csv").text.lstrip("\ufeff").splitlines()[0] == "Søkernr;Navn;Ubehandlet"
    assert len(html.fromstring(client.get("/applications/nom").text).xpath("//thead/tr[1]/th")) == len(TITLES)


def test_the_csv_has_all_hits_and_no_formula(client: FlaskClient) -> None:
    answer = client.get("/applications.csv?sort=name&down=1")
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff")), delimiter=";"))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="applications.csv"'
    assert (answer.text[0], rows[0]) == ("\ufeff", TITLES)
    assert [row[:2] for row in rows[1:]] == [["C3", "'=Sætre, Åse"], ["B2", "Nordmann, Ola"], ["A1", "Nordmann, Kari"]]


def test_excel_has_the_same_as_text(client: FlaskClient) -> None:
    with client.get("/applications.xlsx?name=sætre") as answer:
        book = openpyxl.load_workbook(io.BytesIO(answer.data))
    title, row = book.active.iter_rows()
    assert [cell.value for cell in title] == TITLES
    assert [(cell.value, cell.data_type) for cell in row[:2]] == [("C3", "s"), ("=Sætre, Åse", "s")]


def test_another_kind_of_file_is_404(client: FlaskClient) -> None:
    assert client.get("/applications.pdf").status_code == 404


def test_more_than_a_thousand_hits_ask_to_narrow_and_are_paged(client: FlaskClient, house: House) -> None:
    records = (ApplicationRecord(f"X{n:04}", KARI_NUMBER, "2027-HØST-NOM") for n in range(1001))
    take_in_applications(house.store, house.settings, enumerate(records), NOW)
    page = client.get("/applications?rows=500&page=2").text
    assert "Mer enn 1 000 treff. Her er de første. Snevre inn med filtrene." in page
    assert "Side 2 av 2" in page
    assert len(shown(client, "/applications?rows=500&page=2")) == 500
    assert "1 treff" in client.get("/applications?name=ola").text
    assert len(client.get("/applications.csv").text.splitlines()) == 1005
