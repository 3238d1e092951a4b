"""Another site's page has a caseworker's browser send what the caseworker never meant to."""

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from webapp.house import House
from webapp.model import Person
from webapp.web.access import COOKIE

#: What a browser says of where a form comes from. None: that it says nothing of it.
FOREIGN: dict[str, dict[str, str | None]] = {
    "cross-site": {"Sec-Fetch-Site": "cross-site"},
    "another host of the domain": {"Sec-Fetch-Site": "same-site"},
    "an unknown site": {"Sec-Fetch-Site": "of-a-new-kind"},
    "cross-site with our origin": {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    "foreign origin alone": {"Sec-Fetch-Site": None, "Origin": "https://elsewhere.example"},
    "foreign origin beside same-origin": {"Sec-Fetch-Site": "same-origin", "Origin": "https://elsewhere.example"},
    "null origin": {"Sec-Fetch-Site": None, "Origin": "null"},
    "empty origin": {"Sec-Fetch-Site": None, "Origin": ""},
    "our host on another port": {"Sec-Fetch-Site": None, "Origin": "http://localhost:8080"},
    "a host that begins as ours": {"Sec-Fetch-Site": None, "Origin": "http://localhost.elsewhere.example"},
    "our host as a user": {"Sec-Fetch-Site": None, "Origin": "http://localhost@elsewhere.example"},
    "an origin that is no address": {"Sec-Fetch-Site": None, "Origin": "http://[localhost"},
    "foreign referrer alone": {"Sec-Fetch-Site": None, "Referer": "https://elsewhere.example/http://localhost/"},
    "no evidence": {"Sec-Fetch-Site": None},
}


def orders_in(house: House) -> int:
    return int(next(house.store.db.query("SELECT count(*) AS all_of FROM orders"))["all_of"])


def told(client: FlaskClient, headers: dict[str, str | None]) -> dict[str, str]:
    if "Sec-Fetch-Site" in headers:
        client.environ_base.pop("HTTP_SEC_FETCH_SITE", None)
    return {name: value for name, value in headers.items() if value is not None}


@pytest.mark.parametrize("case", FOREIGN)
def test_a_form_of_another_site_changes_nothing(house: House, kari: Person, caseworker: FlaskClient, case: str) -> None:
    headers = told(caseworker, FOREIGN[case])
    answer = caseworker.post(
        f"/people/{kari.id}/orders", data={"purpose": "recognition", "reason": "Klage"}, headers=headers
    )
    assert answer.status_code == 403
    assert orders_in(house) == 0


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/x-www-form-urlencoded"])
def test_a_form_that_looks_like_json_does_not_get_to_the_api(house: House, caseworker: FlaskClient, kind: str) -> None:
    """text/plain is sent across sites without asking first, and one field's name and value can make up JSON."""
    headers = told(caseworker, {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"})
    body = b'{"person_id": 1, "purpose": "recognition"}'
    answer = caseworker.post("/api/orders", data=body, content_type=kind, headers=headers)
    assert answer.status_code == 403
    assert orders_in(house) == 0


def test_json_of_our_own_page_must_still_say_that_it_is_json(caseworker: FlaskClient) -> None:
    assert caseworker.post("/api/orders", data=b'{"person_id": 1}', content_type="text/plain").status_code == 415


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_no_other_method_gets_round_the_question(caseworker: FlaskClient, method: str) -> None:
    answer = caseworker.open("/api/results/1", method=method, headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 403


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_get_cannot_pass_for_a_post(house: House, kari: Person, caseworker: FlaskClient, name: str) -> None:
    answer = caseworker.get(f"/api/people/{kari.id}?_method=DELETE", headers={name: "DELETE"})
    assert answer.status_code in (200, 422)
    assert caseworker.get(f"/people/{kari.id}").status_code == 200


def test_a_get_does_not_do_what_a_post_does(house: House, kari: Person, caseworker: FlaskClient) -> None:
    caseworker.get(f"/people/{kari.id}/orders?purpose=recognition")
    assert orders_in(house) == 0


@pytest.mark.parametrize("case", [case for case in FOREIGN if case != "no evidence"])
def test_nobody_is_signed_in_as_somebody_else_from_another_site(app: APIFlask, case: str) -> None:
    """Login CSRF comes before there is a session: what a browser says counts without a cookie as well."""
    client = app.test_client()
    headers = told(client, FOREIGN[case])
    assert client.post("/preferences", data={"scheme": "dark"}, headers=headers).status_code == 403


def test_a_program_without_cookies_need_not_say_where_it_comes_from(app: APIFlask) -> None:
    client = app.test_client()
    client.environ_base.pop("HTTP_SEC_FETCH_SITE")
    assert client.post("/preferences", data={"scheme": "dark"}).status_code == 401


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://localhost"}, {"Referer": "http://localhost/search"}, {"Sec-Fetch-Site": "none"}]
)
def test_each_evidence_of_our_own_page_is_enough(caseworker: FlaskClient, headers: dict[str, str]) -> None:
    caseworker.environ_base.pop("HTTP_SEC_FETCH_SITE")
    assert caseworker.post("/preferences", data={"scheme": "dark"}, headers=headers).status_code == 303


def test_over_https_a_page_over_http_is_not_ours(caseworker: FlaskClient) -> None:
    caseworker.set_cookie(COOKIE, "whatever", secure=True)
    for scheme, status in (("http", 403), ("https", 303)):
        headers = {"Origin": f"{scheme}://localhost"}
        answer = caseworker.post("/preferences", data={"scheme": "dark"}, headers=headers, base_url="https://localhost")
        assert answer.status_code == (status if status == 403 else 401)


def test_another_site_may_not_read_what_it_asks_for(kari: Person, caseworker: FlaskClient) -> None:
    answer = caseworker.get(f"/api/people/{kari.id}", headers={"Origin": "https://elsewhere.example"})
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control-")]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_another_site_may_not_ask_first_either(caseworker: FlaskClient) -> None:
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "PUT"}
    answer = caseworker.options("/api/results/1", headers=asked)
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control-")]
