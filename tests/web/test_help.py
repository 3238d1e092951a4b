"""The documentation at /help: there for everybody where the program has it, and nowhere else."""

import gzip
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html

from lent_screens import screens_of
from signing_in import signed_in, with_sign_in
from webapp.house import House
from webapp.model import Role
from webapp.web.guard import POLICY
from webapp.web.help import START, pages_in

PAGES = {
    START: "<!doctype html><title>Hjelp</title><h1>For saksbehandleren</h1>" + "<p>Trykk på knappen.</p>" * 100,
    "backup.html": "<!doctype html><h1>Backup</h1>",
    "install.html": "<!doctype html><h1>Installing</h1>",
    "assets/javascripts/bundle.js": "'use strict';",
    "search/search_index.json": "{}",
    "screenshots/start.png": "picture",
}
TYPES = {
    START: "text/html; charset=utf-8",
    "search/search_index.json": "application/json",
    "screenshots/start.png": "image/png",
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    for name, text in PAGES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (tmp_path / "secret.html").write_text("secret")
    return folder


@pytest.fixture
def app(house: House, site: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The screens of a house where people sign in, with the site."""
    app = screens_of(with_sign_in(house))
    monkeypatch.setitem(app.extensions, "help", pages_in(site))
    return app


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    return app.test_client()


def links_on(page: str) -> list[str]:
    return html.fromstring(page).xpath("//header//a[starts-with(., 'Hjelp')]/@href")


@pytest.mark.parametrize("name", PAGES)
def test_a_stranger_reads_what_is_in_the_folder(stranger: FlaskClient, name: str) -> None:
    answer = stranger.get(f"/help/{name}")
    assert (answer.status_code, answer.text) == (200, PAGES[name])
    assert answer.content_type == TYPES.get(name, answer.content_type)
    assert "javascript" in answer.content_type or not name.endswith(".js")
    assert answer.headers["Content-Security-Policy"] == POLICY


def test_a_page_is_kept_for_a_while_and_then_asked_about(stranger: FlaskClient) -> None:
    answer = stranger.get(f"/help/{START}", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Cache-Control"] == "public, max-age=600"
    assert gzip.decompress(answer.data).decode() == PAGES[START]
    headers = {"Accept-Encoding": "gzip", "If-None-Match": answer.headers["ETag"]}
    again = stranger.get(f"/help/{START}", headers=headers)
    assert (again.status_code, again.data, again.headers["Cache-Control"]) == (304, b"", "public, max-age=600")


@pytest.mark.parametrize("address", ["/help", "/help/"])
def test_it_begins_with_the_caseworkers_pages(stranger: FlaskClient, address: str) -> None:
    assert stranger.get(address).headers["Location"] == f"/help/{START}"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "nothing.html",
            "saksbehandler",
            "saksbehandler/",
            "../secret.html",
            "..%2fsecret.html",
            "%2e%2e/secret.html",
        ),
        *("..\\secret.html", "..%5csecret.html", "/etc/passwd", "%2fetc%2fpasswd", "install.html%00", "install.html/"),
        *(".", "x" * 5000),
    ],
)
def test_there_is_no_other_page(stranger: FlaskClient, name: str) -> None:
    answer = stranger.get(f"/help/{name}", follow_redirects=True)
    assert answer.status_code == 404
    assert html.fromstring(answer.text).xpath("string(//h1)") == "Siden fins ikke"
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_pages_lead_to_it_also_that_on_which_one_signs_in(app: Flask, house: House, stranger: FlaskClient) -> None:
    auditor = signed_in(app.test_client(), house, Role.AUDITOR)
    pages = [stranger.get("/sign-in"), stranger.get("/nothing-here"), auditor.get("/"), auditor.get("/people/1")]
    assert [page.status_code for page in pages] == [200, 404, 200, 403]
    assert [links_on(page.text) for page in pages] == [[f"/help/{START}"]] * 4


def test_a_page_that_a_sentence_names_is_led_to(app: Flask, house: House) -> None:
    """Without [backup] in the settings the condition says where to read of it."""
    administrator = signed_in(app.test_client(), house, Role.SYSTEM_ADMINISTRATOR)
    condition = html.fromstring(administrator.get("/condition").text)
    assert condition.xpath("//td/a[starts-with(., 'docs/backup.md')]/@href") == ["/help/backup.html"]
    protocols = html.fromstring(administrator.get("/sources/new").text)
    assert "slik docs/protocol.md beskriver" in protocols.text_content()
    assert protocols.xpath("//main//a[starts-with(., 'docs/')]") == []


def test_students_are_not_led_to_it(stranger: FlaskClient) -> None:
    assert "/help" not in stranger.get("/deliver/unknown").text


def test_where_it_is_not_nothing_leads_to_it(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(client.application.extensions, "help", {})
    assert links_on(client.get("/").text) == []
    assert [client.get(address).status_code for address in ("/help", "/help/", f"/help/{START}")] == [404] * 3
