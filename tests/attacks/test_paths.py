"""Addresses that were never meant to be asked for."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from webapp.house import House
from webapp.model import Person, Role
from webapp.store import deliveries
from world import KARI_NUMBER, NOW

#: Ways out of the folder of static files, and to what no address is for.
PATHS = [
    *("/static/../webapp/config.py", "/static/..%2fwebapp%2fconfig.py", "/static/%2e%2e/webapp/config.py"),
    *("/static/..%252fwebapp%252fconfig.py", "/static/....//webapp/config.py", "/static/..\\webapp\\config.py"),
    *("/static/..%5cwebapp%5cconfig.py", "/static/%00", "/static/icons.svg%00.html", "/static//etc/passwd"),
    *("/static/%2fetc%2fpasswd", "/static/..;/webapp/config.py", "/static/%c0%ae%c0%ae/webapp/config.py"),
    *("/static/．．/webapp/config.py", "/static/%ef%bc%8e%ef%bc%8e/webapp/config.py", "/static/.", "/static/"),
    *("/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/instance/settings.toml"),
    *("/eksternstudium.sqlite", "/.env", "/.git/config", "/static/.git/config", "/console", "/?__debugger__=yes&cmd=1"),
]
IDS = [
    *("0", "-1", "9223372036854775808", "99999999999999999999999", "1.0", "1e3", "0x1", "1%00", "1%20", "%201", "1'--"),
    *("1%20OR%201=1", "1;DROP", "٣", "%D9%A3", "²", "NaN", "null", "{{7*7}}", "..%2f1", "1%2f..%2f2", "1%0d%0aX:1"),
    "+1",
]
#: Where a person's id stands in an address.
PLACES = [
    *("/people/{}", "/people/{}/orders", "/people/{}/changes.csv", "/people/{}/evidence", "/api/people/{}"),
    *("/orders/{}", "/orders/{}/news", "/cases/{}", "/results/{}", "/jobs/{}", "/imports/{}", "/fetches/{}/answer"),
    "/api/orders/{}",
]


def tells_nothing(answer: Response) -> None:
    """No page of a fault says how it came about, or repeats what was sent."""
    text = answer.get_data(as_text=True)
    for word in ("Traceback", "werkzeug", "sqlite", 'File "', "site-packages", "/work/", "root:", "7*7", "49</"):
        assert word not in text, word
    assert "X" not in answer.headers


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_out_of_the_house(signed_in: Callable[..., FlaskClient], path: str) -> None:
    answer = signed_in(*Role).get(path)
    assert answer.status_code in (200, 303, 308, 400, 404)
    if answer.status_code == 200:
        assert path.startswith("/?")  # the start page takes no orders
    if answer.status_code == 308:  # slashes that were one too many
        assert answer.headers["Location"].startswith("http://localhost/")
    tells_nothing(answer)


@pytest.mark.parametrize("place", PLACES)
def test_no_id_that_is_none_leads_anywhere(signed_in: Callable[..., FlaskClient], place: str) -> None:
    client = signed_in(*Role)
    for written in IDS:
        answer = client.get(place.format(written))
        assert answer.status_code in (400, 404), written
        tells_nothing(answer)


@pytest.mark.parametrize(
    "address",
    [
        "/people/{ola}/orders/{order}/evidence",
        "/people/{ola}/orders/{order}/evidence.pdf",
        "/people/{ola}/orders/{order}/news",
        "/people/{ola}/orders/{order}",
        "/people/{ola}/fetches/{fetch}/answer",
        "/people/{ola}/fetches/{fetch}/set-aside",
        "/people/{ola}/studies/185/answer?fetch={fetch}",
        "/people/{ola}/uploads/{upload}",
    ],
)
def test_what_is_another_persons_is_not_there(
    house: House, ola: Person, kari: Person, order_id: int, caseworker: FlaskClient, address: str
) -> None:
    """Ids of one person's things below another person's address: a trace would name the wrong one."""
    fetch = next(house.store.db.query("SELECT id FROM fetches WHERE order_id = ?", [order_id]))["id"]
    with house.store.write() as db:
        upload = deliveries.put(db, kari.id, "a.xml", b"<elmo/>", "kberg", NOW)
    answer = caseworker.get(address.format(ola=ola.id, order=order_id, fetch=fetch, upload=upload))
    assert answer.status_code == 404
    assert "Nordmann" not in answer.text


@pytest.mark.parametrize("address", ["orders/{order}/retry", "fetches/{fetch}/accept", "uploads/{upload}"])
def test_nothing_is_done_to_what_is_another_persons(
    house: House, ola: Person, kari: Person, order_id: int, caseworker: FlaskClient, address: str
) -> None:
    fetch = next(house.store.db.query("SELECT id FROM fetches WHERE order_id = ?", [order_id]))["id"]
    with house.store.write() as db:
        upload = deliveries.put(db, kari.id, "a.xml", b"<elmo/>", "kberg", NOW)
    to = f"/people/{ola.id}/" + address.format(order=order_id, fetch=fetch, upload=upload)
    assert caseworker.post(to, data={"reason": "x", "purpose": "recognition"}).status_code == 404


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND", "PATCH", "DEBUG"])
def test_no_method_but_those_that_are_meant_does_anything(caseworker: FlaskClient, kari: Person, method: str) -> None:
    secret = caseworker.get_cookie("eksternstudium-session")
    answer = caseworker.open(f"/people/{kari.id}", method=method)
    assert answer.status_code == 405
    assert secret is not None
    assert secret.value not in answer.text


def test_a_number_in_an_address_is_not_repeated(caseworker: FlaskClient, kari: Person) -> None:
    for path in (f"/people/{KARI_NUMBER}", f"/applications?name={KARI_NUMBER}", f"/{KARI_NUMBER}"):
        assert KARI_NUMBER not in caseworker.get(path).text


def test_an_error_of_ours_tells_nothing_of_how(
    house: House, kari: Person, signed_in: Callable[..., FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a secret of ours")

    client = signed_in(Role.CASEWORKER)
    monkeypatch.setattr("webapp.web.people_heads.people.person", broken)
    for path in (f"/people/{kari.id}", f"/api/people/{kari.id}"):
        answer = client.get(path)
        assert answer.status_code == 500
        assert "secret" not in answer.text
        tells_nothing(answer)
