"""Kilder: all sources and one of them, set up, switched off and on, and what was done to them."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import html
from lxml.html import HtmlElement
from werkzeug.test import TestResponse

from webapp.errors import SourceFailure
from webapp.house import House
from webapp.source_credentials import MaskinportenClient
from webapp.source_settings import PROTOCOLS, ElmoPullSettings, FileSettings, FsGraphqlSettings
from webapp.sources_file import SourcesFile
from webapp.store.source_health import note_answered, note_failed
from world import NOW, UIB, UIO, UIT

NTNU = 194


@pytest.fixture
def file(house: House) -> SourcesFile:
    """sources.toml with UiB, UiO and UiT."""
    file = SourcesFile(house.settings.instance)
    for number in (UIB, UIO, UIT):
        file.add(ElmoPullSettings(institution=number, url="http://127.0.0.1:9"))
    house.take_sources()
    return file


@pytest.fixture
def set_up(house: House, file: SourcesFile) -> Callable[..., None]:
    """Has a source be set otherwise, as if somebody had written it into the file."""

    def set_up(number: int, **values: object) -> None:
        found = next(each for each in file.sources() if each.institution == number)
        file.change(type(found).model_validate({**dict(found), **values}))
        house.take_sources()

    return set_up


@pytest.fixture
def screen(client: FlaskClient, file: SourcesFile) -> Callable[[str], HtmlElement]:
    return lambda path: html.fromstring(client.get(path).text)


def words(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def rows(page: HtmlElement) -> dict[str, str]:
    return {words(row[0]): words(row) for row in page.xpath("//table[contains(@class, 'source-list')]/tbody/tr")}


def row_of(page: HtmlElement, name: str) -> str:
    return next(row for title, row in rows(page).items() if title == name)


def fields_of(page: HtmlElement) -> dict[str, str]:
    """The form of the page as a browser would send it."""
    (form,) = page.xpath("//main//form[contains(@class, 'source-form')]")
    return dict(form.form_values())


def refusal_of(answer: TestResponse) -> str:
    return words(html.fromstring(answer.text).xpath("//*[@role='alert']")[0])


def test_each_state_is_told_in_words(
    screen: Callable[[str], HtmlElement], set_up: Callable[..., None], house: House
) -> None:
    with house.store.write() as db:
        note_answered(db, UIO, NOW, 0.4)
        note_failed(db, UIT, NOW - timedelta(hours=2), SourceFailure.UNAVAILABLE, "HTTP status 503")
    page = screen("/sources")
    assert "Ikke spurt ennå" in row_of(page, "Universitetet i Bergen")
    assert "Svarte sist i dag 09.14" in row_of(page, "Universitetet i Oslo")
    down = row_of(page, "UiT Norges arktiske universitet")
    assert "Svarer ikke siden i dag 07.14. Kilden er midlertidig utilgjengelig." in down

    set_up(UIB, enabled=False)
    set_up(UIO, downtime=({"from": datetime(2026, 11, 24), "until": datetime(2026, 12, 1, 6), "reason": "flytter"},))
    set_up(UIT, secret_env="IKKE_SATT")
    page = screen("/sources")
    assert "Ikke i bruk" in row_of(page, "Universitetet i Bergen")
    assert "Slått av til 01.12.2026 kl. 06.00: flytter" in row_of(page, "Universitetet i Oslo")
    wrong = row_of(page, "UiT Norges arktiske universitet")
    assert "Feil oppsatt: Miljøvariabelen IKKE_SATT mangler." in wrong


def test_answers_failures_and_times_of_a_day_are_counted(screen: Callable[[str], HtmlElement], house: House) -> None:
    with house.store.write() as db:
        for seconds in (0.128, 0.256, 0.256, 4.096):
            note_answered(db, UIO, NOW, seconds)
        note_failed(db, UIO, NOW, SourceFailure.TIMEOUT, "no answer")
        note_answered(db, UIO, NOW - timedelta(hours=24), 8.192)
    (row,) = [
        each
        for each in screen("/sources").xpath("//table[contains(@class, 'source-list')]/tbody/tr")
        if words(each[0]) == "Universitetet i Oslo"
    ]
    assert [words(cell) for cell in row.xpath("td[contains(@class, 'number')]")] == ["4", "1", "0,26", "4,1"]
    assert len(row.xpath(".//rect")) == 2
    page = screen(f"/sources/{UIO}")
    day, month = page.xpath("//details[contains(@class, 'figures-table')]//tbody")
    assert [[words(cell) for cell in line] for line in day] == [["24.11. kl. 09", "4", "1", "0,26", "4,1"]]
    assert [[words(cell) for cell in line] for line in month] == [
        ["23.11.2026", "1", "0", "8,2", "8,2"],
        ["24.11.2026", "4", "1", "0,26", "4,1"],
    ]


def test_only_those_in_one_state_are_shown(screen: Callable[[str], HtmlElement], set_up: Callable[..., None]) -> None:
    set_up(UIB, enabled=False)
    page = screen("/sources?state=unused")
    assert list(rows(page)) == ["Universitetet i Bergen"]
    assert [words(link) for link in page.xpath("//nav[@class='states']//a")] == [
        "Alle 3",
        "Ikke spurt ennå 2",
        "Ikke i bruk 1",
    ]
    assert len(rows(screen("/sources?state=xyz"))) == 3


@pytest.mark.parametrize(
    ("left", "told"),
    [(31, "Hemmelighet 25.12.2026"), (30, "(om 30 d)"), (0, "(om 0 d)"), (-1, "(gikk ut)")],
)
def test_an_end_that_is_near_is_warned_of(
    screen: Callable[[str], HtmlElement], set_up: Callable[..., None], left: int, told: str
) -> None:
    set_up(UIO, secret_until=date(2026, 11, 24) + timedelta(days=left))
    row = row_of(screen("/sources"), "Universitetet i Oslo")
    assert told in row
    assert ("(" in row) == (left <= 30)


def test_the_end_of_a_certificate_is_warned_of(screen: Callable[[str], HtmlElement], house: House) -> None:
    with house.store.write() as db:
        note_answered(db, UIO, NOW, 0.1, NOW + timedelta(days=12))
    assert "Sertifikat 06.12.2026 (om 12 d)" in row_of(screen("/sources"), "Universitetet i Oslo")


def test_a_secret_is_never_shown_but_whether_it_can_be_read_is(
    screen: Callable[[str], HtmlElement], set_up: Callable[..., None], house: House
) -> None:
    set_up(UIO, secret_file="hemmelig.txt")
    assert "Filen hemmelig.txt kan ikke leses" in words(screen(f"/sources/{UIO}"))
    (house.settings.instance / "hemmelig.txt").write_text("s3kr3t", encoding="utf-8")
    for path in (f"/sources/{UIO}", f"/sources/{UIO}/edit", "/sources"):
        assert "s3kr3t" not in words(screen(path))
    assert screen(f"/sources/{UIO}").xpath("//th[.='Hemmeligheten']/following-sibling::td/text()") == ["kan leses"]


def test_a_folder_that_is_missing_is_told(
    screen: Callable[[str], HtmlElement], file: SourcesFile, house: House, tmp_path: Path
) -> None:
    file.change(FileSettings(institution=UIO, folder=tmp_path / "filer"))
    house.take_sources()
    assert "filer fins ikke." in words(screen(f"/sources/{UIO}"))
    (tmp_path / "filer").mkdir()
    page = screen(f"/sources/{UIO}")
    assert "fins ikke" not in words(page)
    assert page.xpath(f"//a[@href='/sources/{UIO}/files']")


def test_a_file_that_somebody_broke_is_told_and_nothing_is_lost(
    client: FlaskClient, screen: Callable[[str], HtmlElement], house: House
) -> None:
    path = house.settings.instance / "sources.toml"
    path.write_text(path.read_text(encoding="utf-8") + "seats = 100\n", encoding="utf-8")
    page = screen("/sources")
    assert "«seats» kan ikke være 100" in words(page)
    assert len(rows(page)) == 3
    assert client.post(f"/sources/{UIO}/use", data={"enabled": "0"}).status_code == 422
    assert path.read_text(encoding="utf-8").endswith("seats = 100\n")


def test_a_source_is_set_up(client: FlaskClient, screen: Callable[[str], HtmlElement], house: House) -> None:
    links = screen("/sources/new").xpath("//ul[contains(@class, 'protocols')]//a/@href")
    assert [link.rpartition("/")[2] for link in links] == list(PROTOCOLS)
    fields = fields_of(screen("/sources/new/fs-graphql"))
    assert (fields["timeout_seconds"], fields["seats"], fields["enabled"]) == ("10", "8", "on")
    wish = {"institution": str(NTNU), "url": "https://fs.example.no/graphql", "timeout_seconds": "2,5"}
    answer = client.post(
        "/sources/new/fs-graphql", data=fields | wish | {"secret_until": "31.03.2027", "user": "leser"}
    )
    assert (answer.status_code, answer.location) == (303, f"/sources/{NTNU}")
    source = next(each for each in house.settings.sources if each.institution == NTNU)
    assert source == FsGraphqlSettings(
        institution=NTNU,
        url="https://fs.example.no/graphql",
        timeout_seconds=2.5,
        secret_until=date(2027, 3, 31),
        user="leser",
    )
    page = screen(f"/sources/{NTNU}")
    assert "Lagt til" in words(page)
    assert "2,5" in words(page)


def test_all_that_is_wrong_is_told_beside_its_field_and_the_first_has_the_focus(client: FlaskClient) -> None:
    wish = {"institution": "x", "url": "ftp://x", "seats": "65", "secret_until": "31.02.2027", "secret_env": "a b"}
    answer = client.post("/sources/new/elmo-pull", data=wish)
    page = html.fromstring(answer.text)
    refusals = {each.get("id"): each.text for each in page.xpath("//p[@data-field='validation']")}
    assert answer.status_code == 422
    assert refusals == {
        "institution-refusal": "Dette går ikke. Tillatt: et institusjonsnummer, 1 til 8 sifre.",
        "url-refusal": "Dette går ikke. Tillatt: en adresse som begynner med http:// eller https://.",
        "secret_env-refusal": "Dette går ikke. Tillatt: navnet på en miljøvariabel som har hemmeligheten.",
        "secret_until-refusal": "Datoen fins ikke. Skriv den som 24.11.2026.",
        "seats-refusal": "Dette går ikke. Tillatt: et heltall fra 1 til 64 (samtidige spørsmål til kilden).",
    }
    assert page.xpath("//*[@autofocus]/@id") == ["institution"]
    assert page.get_element_by_id("url").value == "ftp://x"
    missing = html.fromstring(client.post("/sources/new/elmo-pull").text).get_element_by_id("url-refusal")
    assert missing.text.startswith("Fyll ut feltet.")


def test_an_institution_has_one_source(client: FlaskClient, file: SourcesFile) -> None:
    answer = client.post("/sources/new/elmo-pull", data={"institution": UIO, "url": "https://x.example.no"})
    assert (answer.status_code, refusal_of(answer)) == (
        422,
        f"Institusjon {UIO} har en kilde fra før. Endre den i stedet.",
    )


def test_a_source_is_changed_and_that_is_kept(
    client: FlaskClient, screen: Callable[[str], HtmlElement], house: House
) -> None:
    fields = fields_of(screen(f"/sources/{UIO}/edit"))
    del fields["shares"]
    assert client.post(f"/sources/{UIO}/edit", data=fields | {"seats": "4"}).status_code == 303
    source = next(each for each in house.settings.sources if each.institution == UIO)
    assert (source.seats, source.shares) == (4, False)
    history = words(screen(f"/sources/{UIO}").xpath("//table[contains(@class, 'changes-made')]")[0])
    assert "Samtidige spørsmål: 8 → 4" in history
    assert "Deler resultater: ja → nei" in history
    assert "Universitetet i Oslo" in words(screen("/sources").xpath("//table[contains(@class, 'changes-made')]")[0])


def test_what_another_changed_meanwhile_is_shown_beside_what_was_typed(
    client: FlaskClient, screen: Callable[[str], HtmlElement], set_up: Callable[..., None], house: House
) -> None:
    fields = fields_of(screen(f"/sources/{UIO}/edit"))
    set_up(UIO, seats=3)
    answer = client.post(f"/sources/{UIO}/edit", data=fields | {"seats": "4"})
    assert answer.status_code == 422
    assert "endret siden" in refusal_of(answer)
    page = html.fromstring(answer.text)
    assert words(page.get_element_by_id("seats-other")) == "Nå står det: 3"
    assert client.post(f"/sources/{UIO}/edit", data=fields_of(page)).status_code == 303
    assert next(each for each in house.settings.sources if each.institution == UIO).seats == 4


def test_another_protocol_keeps_what_both_have(
    client: FlaskClient, screen: Callable[[str], HtmlElement], set_up: Callable[..., None], house: House
) -> None:
    set_up(UIO, seats=3)
    (link,) = [each for each in screen(f"/sources/{UIO}/protocol").xpath("//main//ul//a/@href") if "fs-graphql" in each]
    fields = fields_of(screen(link))
    assert (fields["seats"], fields["url"]) == ("3", "http://127.0.0.1:9")
    assert client.post(link, data=fields | {"user": "leser"}).status_code == 303
    source = next(each for each in house.settings.sources if each.institution == UIO)
    assert source == FsGraphqlSettings(institution=UIO, url="http://127.0.0.1:9", seats=3, user="leser")
    assert client.get(f"/sources/{UIO}/edit?protocol=soap").status_code == 404


MASKINPORTEN = {
    "maskinporten.client_id": "b5a9e2f0",
    "maskinporten.key_file": "client.jwk",
    "maskinporten.scope": "sikt:results",
}


def test_a_source_is_shown_a_token_from_maskinporten_and_a_certificate(
    client: FlaskClient, screen: Callable[[str], HtmlElement], house: House
) -> None:
    fields = fields_of(screen(f"/sources/{UIO}/edit"))
    assert [name for name in fields if name.startswith("downtime")] == []
    certificate = {"client_certificate.certificate": "ours.pem", "client_certificate.key": "ours-key.pem"}
    assert client.post(f"/sources/{UIO}/edit", data=fields | MASKINPORTEN | certificate).status_code == 303
    page = words(screen(f"/sources/{UIO}"))
    assert "Maskinporten: Klient-IDb5a9e2f0" in page
    assert "Maskinporten: Scope: – → sikt:results" in page
    source = next(each for each in house.settings.sources if each.institution == UIO)
    assert isinstance(source, ElmoPullSettings)
    assert source.maskinporten == MaskinportenClient(client_id="b5a9e2f0", key_file="client.jwk", scope="sikt:results")

    fields = fields_of(screen(f"/sources/{UIO}/edit"))
    assert fields["maskinporten.audience"] == "https://maskinporten.no/"
    assert client.post(f"/sources/{UIO}/edit", data=fields | {"seats": "4"}).status_code == 303
    changed = next(each for each in house.settings.sources if each.institution == UIO)
    assert changed == source.model_copy(update={"seats": 4})

    emptied = dict.fromkeys(MASKINPORTEN, "")
    fields = fields_of(screen(f"/sources/{UIO}/edit"))
    assert client.post(f"/sources/{UIO}/edit", data=fields | emptied).status_code == 303
    changed = next(each for each in house.settings.sources if each.institution == UIO)
    assert isinstance(changed, ElmoPullSettings)
    assert (changed.maskinporten, changed.client_certificate) == (None, source.client_certificate)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"maskinporten.scope": ""}, {"maskinporten.scope": "Fyll ut feltet. Tillatt: ett eller flere scope."}),
        (
            {"maskinporten.token_endpoint": "http://example.no/token"},
            {"maskinporten.token_endpoint": "Dette går ikke. Tillatt: en adresse som begynner med https://."},
        ),
        (
            {"secret_env": "TOKEN"},
            {
                "maskinporten.client_id": "Dette går ikke. Tillatt: et avsnitt som begynner med [source.maskinporten], "
                "for en kilde uten hemmelighet."
            },
        ),
    ],
)
def test_what_is_wrong_in_a_table_is_told_beside_its_field(
    client: FlaskClient, typed: dict[str, str], told: dict[str, str]
) -> None:
    wish = {"institution": str(NTNU), "url": "https://x.example.no"} | MASKINPORTEN | typed
    answer = client.post("/sources/new/elmo-pull", data=wish)
    refusals = html.fromstring(answer.text).xpath("//p[@data-field='validation']")
    assert {each.get("id").removesuffix("-refusal"): each.text for each in refusals} == told


def test_a_source_is_switched_off_from_now_and_on_again(
    client: FlaskClient, screen: Callable[[str], HtmlElement], house: House
) -> None:
    fields = fields_of(screen(f"/sources/{UIO}/off"))
    answer = client.post(
        f"/sources/{UIO}/off", data=fields | {"reason": "flytter database", "until": "2026-12-01T06:00"}
    )
    assert (answer.status_code, answer.location) == (303, f"/sources/{UIO}")
    page = screen(f"/sources/{UIO}")
    assert "Slått av til 01.12.2026 kl. 06.00: flytter database" in words(page)
    (form,) = page.xpath(f"//form[@action='/sources/{UIO}/on']")
    assert client.post(form.action, data=dict(form.form_values())).status_code == 303
    assert house.settings.sources[1].downtime == ()
    history = words(screen(f"/sources/{UIO}").xpath("//table[contains(@class, 'changes-made')]")[0])
    assert "Slått på" in history
    assert "Til: 01.12.2026 06.00" in history


def test_a_time_is_planned_and_taken_away(
    client: FlaskClient, screen: Callable[[str], HtmlElement], house: House
) -> None:
    wish = {"reason": "jul", "begins": "2026-12-24 08.00", "until": "2026-12-27 08.00"}
    assert client.post(f"/sources/{UIO}/off", data=wish).status_code == 303
    page = screen(f"/sources/{UIO}")
    assert "Fra 24.12.2026 kl. 08.00 til 27.12.2026 kl. 08.00: jul" in words(page)
    (form,) = page.xpath(f"//form[@action='/sources/{UIO}/on']")
    client.post(form.action, data=dict(form.form_values()))
    assert house.settings.sources[1].downtime == ()


@pytest.mark.parametrize(
    ("wish", "wrong"),
    [
        ({}, ["reason", "until"]),
        ({"reason": "x" * 201, "until": "2026-12-01T06:00"}, ["reason"]),
        ({"reason": "x", "until": "i morgen"}, ["until"]),
        ({"reason": "x", "until": "2026-11-24T08:00"}, ["until"]),
        ({"reason": "x", "until": "2026-12-01T06:00", "begins": "2026-12-02T06:00"}, ["until"]),
        ({"reason": "x", "until": "2026-12-01T06:00", "begins": "nå"}, ["begins"]),
        ({"reason": "x", "until": "2026-11-24T08:14Z"}, ["until"]),
    ],
)
def test_a_time_that_makes_no_sense_is_told_beside_its_field(
    client: FlaskClient, file: SourcesFile, wish: dict[str, str], wrong: list[str]
) -> None:
    answer = client.post(f"/sources/{UIO}/off", data=wish)
    page = html.fromstring(answer.text)
    assert answer.status_code == 422
    assert sorted(page.xpath("//*[@aria-invalid='true']/@id")) == sorted(wrong)


def test_a_source_rests_and_works_again(
    client: FlaskClient, screen: Callable[[str], HtmlElement], house: House
) -> None:
    for enabled in (False, True):
        (form,) = screen(f"/sources/{UIO}").xpath(f"//form[@action='/sources/{UIO}/use']")
        assert client.post(form.action, data=dict(form.form_values())).status_code == 303
        assert house.settings.sources[1].enabled is enabled


def test_a_source_is_removed_after_a_question(
    client: FlaskClient, screen: Callable[[str], HtmlElement], house: House
) -> None:
    (form,) = screen(f"/sources/{UIO}/remove").xpath("//main//form")
    assert client.post(f"/sources/{UIO}/remove", data=dict(form.form_values())).location == "/sources"
    assert [each.institution for each in house.settings.sources] == [UIB, UIT]
    assert client.get(f"/sources/{UIO}").status_code == 404
    assert "Fjernet" in words(screen("/sources"))


@pytest.mark.parametrize("press", ["use", "on", "remove", "off"])
def test_a_press_on_an_old_page_changes_nothing(
    client: FlaskClient, file: SourcesFile, house: House, press: str
) -> None:
    before = (house.settings.instance / "sources.toml").read_bytes()
    wish = {"version": "old", "reason": "x", "until": "2026-12-01T06:00", "enabled": "0"}
    answer = client.post(f"/sources/{UIO}/{press}", data=wish)
    assert answer.status_code == 422
    assert "endret siden" in answer.text
    assert (house.settings.instance / "sources.toml").read_bytes() == before


def test_a_source_that_is_not_there_is_404(client: FlaskClient, file: SourcesFile) -> None:
    paths = ("", "/edit", "/off", "/remove", "/protocol")
    assert {client.get(f"/sources/7{path}").status_code for path in paths} == {404}
    assert client.get("/sources/new/soap").status_code == 404
