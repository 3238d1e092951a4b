"""What comes in by a name that is not ours, or leads out to one; and what every answer says to the browser."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from webapp.house import House
from webapp.model import Person, Role
from webapp.web.access import COOKIE, SECURE_COOKIE
from webapp.web.factory import create_app
from webapp.web.own_paths import own_path

HOSTS = [
    *("elsewhere.example", "localhost.elsewhere.example", "127.0.0.1.elsewhere.example", "localhost@elsewhere.example"),
    *("169.254.169.254", "elsewhere.example:80", "", "localhost/../elsewhere", "[::1", "local host", "localhost#x"),
]
ELSEWHERE = [
    *("https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "\\\\elsewhere.example", "elsewhere"),
    *("/\t/elsewhere.example", "/\n/elsewhere.example", "/\r\n/elsewhere", " //elsewhere", "javascript:alert(1)"),
    *("data:text/html,x", "http:elsewhere.example", "/\x00/elsewhere", "/%0d%0aSet-Cookie:a=b\r\nX-Injected: 1"),
    "///elsewhere.example",
]


@pytest.mark.parametrize("host", HOSTS)
def test_no_other_name_leads_to_the_screens(caseworker: FlaskClient, kari: Person, host: str) -> None:
    for path in (f"/people/{kari.id}", "/deliver/x", "/static/site.css"):
        answer = caseworker.get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert "elsewhere" not in answer.text


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-URL", "X-Rewrite-URL"])
def test_no_header_passes_for_the_name_or_path(caseworker: FlaskClient, kari: Person, name: str) -> None:
    answer = caseworker.get("/search", headers={name: "host=elsewhere.example", "X-Forwarded-Proto": "https"})
    assert answer.status_code == 200
    assert "elsewhere" not in answer.text + str(answer.headers)


@pytest.mark.parametrize(("signs_in", "status"), [(False, 400), (True, 302)])
def test_the_address_outside_leads_past_students_pages_only_where_people_sign_in(
    house: House, signs_in: bool, status: int
) -> None:
    changed = {"address": "https://levere.example"} | ({} if signs_in else {"sign_in": None})
    settings = house.settings.settings.model_copy(update=changed)
    outside = replace(house, settings=house.settings.model_copy(update={"settings": settings}))
    client, host = create_app(outside).test_client(), {"Host": "levere.example"}
    assert client.get("/deliver/unknown", headers=host).status_code == 404
    assert client.get("/search", headers=host).status_code == status
    assert client.get("/help", headers=host).status_code == (404 if signs_in else status)


@pytest.mark.parametrize("path", ELSEWHERE)
def test_no_redirect_leads_out(caseworker: FlaskClient, path: str) -> None:
    answer = caseworker.post("/preferences/columns/applications", data={"next": path, "column": "name"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"
    assert "X-Injected" not in answer.headers
    assert not own_path(path)


def test_a_redirect_within_the_house_is_followed(caseworker: FlaskClient) -> None:
    to = "/applications?name=%C3%85se&sort=-changed#top"
    answer = caseworker.post("/preferences/columns/applications", data={"next": to, "column": "name"})
    assert answer.headers["Location"] == to


@pytest.mark.parametrize("place", ["column", "name", "language"])
def test_nothing_that_is_sent_ends_a_header(caseworker: FlaskClient, place: str) -> None:
    evil = "a\r\nSet-Cookie: planted=1\r\n\r\n<script>"
    answers = {
        "column": lambda: caseworker.post("/preferences/columns/applications", data={"column": evil, "next": "/"}),
        "name": lambda: caseworker.post("/preferences/columns/x%0d%0aSet-Cookie:%20planted=1", data={"next": "/"}),
        "language": lambda: caseworker.post("/preferences", data={"language": evil, "scheme": evil}),
    }
    answer = answers[place]()
    assert answer.status_code in (303, 400, 404)
    assert not [value for value in answer.headers.getlist("Set-Cookie") if value.startswith("planted")]
    assert "\n" not in "".join(value for _, value in answer.headers)


@pytest.mark.parametrize(
    "path",
    ["/", "/people/{}", "/people/{}.", "/api/people/{}", "/static/app.css", "/deliver/x", "/log.csv", "/log.xlsx"],
)
def test_every_answer_tells_the_browser_what_it_may_do(caseworker: FlaskClient, kari: Person, path: str) -> None:
    with caseworker.get(path.format(kari.id)) as answer:
        headers = answer.headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
    assert (policy["frame-ancestors"], policy["base-uri"]) == ("'none'", "'none'")
    assert "unsafe" not in str(policy)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert path.startswith("/static") or "no-store" in headers["Cache-Control"]


def test_https_is_demanded_over_https_only(caseworker: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in caseworker.get("/search").headers
    answer = caseworker.get("/search", base_url="https://localhost")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_cookie_is_kept_from_scripts_and_other_sites(
    signed_in: Callable[..., FlaskClient], app: APIFlask, scheme: str
) -> None:
    client, base = app.test_client(use_cookies=False), f"{scheme}://localhost"
    token = signed_in(Role.CASEWORKER).get_cookie("eksternstudium-session")
    assert token is not None
    cookie = {"Cookie": f"{SECURE_COOKIE if scheme == 'https' else COOKIE}={token.value}"}
    answers = [
        client.post("/preferences", data={"language": "en", "scheme": "dark"}, headers=cookie, base_url=base),
        client.post("/preferences/columns/log", data={"column": "name"}, headers=cookie, base_url=base),
        client.get("/changes", headers=cookie, base_url=base),
        client.get("/deliver/x?language=en", base_url=base),
    ]
    cookies = [cookie for answer in answers for cookie in answer.headers.getlist("Set-Cookie")]
    assert len(cookies) == 5
    for cookie_told in cookies:
        assert {"HttpOnly", "SameSite=Lax"} <= set(cookie_told.split("; "))
        assert ("Secure" in cookie_told.split("; ")) == (scheme == "https")
