"""The browser's files and packed pages, as browsers and caches between see them."""

import gzip
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from lxml import html

from webapp.model import Person
from webapp.web.packing import LEAST_BYTES

STATIC = Path(__file__).parents[2] / "static"
GZIP = {"Accept-Encoding": "gzip, deflate, br"}


def addresses_on(page: str) -> set[str]:
    """The addresses of the browser's files that a page asks for."""
    found = html.fromstring(page).xpath("//link/@href | //script/@src | //*[local-name()='use']/@href")
    return {str(address).partition("#")[0] for address in found}


def test_every_file_of_a_page_is_kept_for_good_and_is_what_stands_in_the_folder(
    client: FlaskClient, kari: Person
) -> None:
    addresses = addresses_on(client.get(f"/people/{kari.id}").text)
    assert {"/static/app.css", "/static/packages/htmx.js", "/static/icons.svg"} <= {
        urlsplit(address).path for address in addresses
    }
    for address in addresses:
        with client.get(address) as answer, client.get(address, headers=GZIP) as packed:
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable", address
            assert answer.data == (STATIC / urlsplit(address).path.removeprefix("/static/")).read_bytes()
            assert packed.mimetype == answer.mimetype
            if packed.headers.get("Content-Encoding"):
                assert gzip.decompress(packed.data) == answer.data
                assert len(packed.data) < len(answer.data)


def test_all_that_the_first_page_asks_for_is_small(client: FlaskClient) -> None:
    addresses = addresses_on(client.get("/").text)
    assert sum(len(client.get(address, headers=GZIP).data) for address in addresses) < 110_000


@pytest.mark.parametrize("version", ["", "?v=", "?v=0123456789ab", "?w=1"])
def test_an_address_that_does_not_say_what_is_there_is_asked_about_each_time(client: FlaskClient, version: str) -> None:
    answer = client.get(f"/static/app.css{version}")
    assert answer.headers["Cache-Control"] == "no-cache"
    again = client.get(f"/static/app.css{version}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_packed_and_not_are_told_apart(client: FlaskClient) -> None:
    answers = [client.get("/static/app.css", headers=headers) for headers in (GZIP, {"Accept-Encoding": "gzip;q=0"})]
    assert [answer.headers.get("Content-Encoding") for answer in answers] == ["gzip", None]
    assert len({answer.headers["ETag"] for answer in answers}) == 2
    assert all("Accept-Encoding" in answer.headers["Vary"] for answer in answers)


@pytest.mark.parametrize("name", ["app.cs", "", "../pyproject.toml", "packages", "app.css/", "%00"])
def test_there_is_no_other_file(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize(
    ("address", "site", "packs"),
    [
        ("https://localhost", "same-origin", True),
        ("https://localhost", "none", True),
        # Another site's page, one beside ours, and who does not say: the length must tell nothing (BREACH).
        ("https://localhost", "cross-site", False),
        ("https://localhost", "same-site", False),
        ("https://localhost", "", False),
        # On this machine packing is work for nothing.
        ("http://localhost", "same-origin", False),
    ],
)
def test_a_page_is_packed_for_our_own_readers_elsewhere(
    client: FlaskClient, kari: Person, address: str, site: str, packs: bool
) -> None:
    plain = client.get(f"/people/{kari.id}", base_url=address)
    answer = client.get(f"/people/{kari.id}", base_url=address, headers=GZIP | {"Sec-Fetch-Site": site})
    assert (answer.headers.get("Content-Encoding") == "gzip") is packs
    assert (gzip.decompress(answer.data) if packs else answer.data) == plain.data
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_small_answer_is_sent_as_it_is(client: FlaskClient, kari: Person, fetched: Callable[[], int]) -> None:
    headers = GZIP | {"Sec-Fetch-Site": "same-origin"}
    address = f"/people/{kari.id}/orders/{fetched()}/news"
    answer = client.get(address, base_url="https://localhost", headers=headers)
    assert 0 < len(answer.data) < LEAST_BYTES
    assert "Content-Encoding" not in answer.headers
