"""SQL, templates and scripts in every field of every form, and in every parameter of every list, of all screens."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from lxml import html
from lxml.html import FormElement
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from browser_screens import SCREENS, screens_house
from webapp.house import House
from webapp.web.factory import create_app

#: Closes strings of SQL, of HTML and of attributes; counts where a template would; is a script where it gets through.
EVIL = """'"`);--/*{{9137*7919}}${9137*7919}<%=9137*7919%>#{9137*7919}</title></textarea><img src=x onerror=alert(1)>"""
#: Ends lines, headers and C strings, and is beyond what SQLite counts to.
ODD = "9223372036854775808\x00\r\nX-Injected: 1\r\n\r\n\ufffe"
#: More words, and longer ones, than a query of SQLite takes.
LONG = "a b " * 600 + "c" * 51_000
#: No address of a page has more of these than a few: what it is about, not which of a hundred thousand.
MOST_OF_A_KIND = 2
PARAMETERS = (
    *("sort", "down", "page", "after", "name", "open", "fetch", "institution", "kind", "since", "waiting", "studies"),
    *("country", "language"),
)
#: What would stop the walk or the house itself.
NOT_SENT = frozenset({"sources.remove", "source_edit.create"})
#: A template may not have these anywhere.
INLINE = re.compile(
    r"<[^>]+\s(on[a-z]+|style)\s*=|<script(?![^>]*\ssrc=)[^>]*>|<style"
    r"|(href|src|action)=\"?(javascript|data|vbscript):",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Form:
    """A form as it stands on a page, its fields filled in as they are there."""

    method: str
    action: str
    fields: tuple[tuple[str, str], ...]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with screens_house(tmp_path_factory.mktemp("screens")) as house:
        yield house


@pytest.fixture(scope="module")
def app(house: House) -> APIFlask:
    return create_app(house)


@pytest.fixture(scope="module")
def pages(app: APIFlask) -> dict[str, str]:
    """The screens that links lead to, some of each kind, by their address."""
    client, found = app.test_client(), dict[str, str]()
    kinds: dict[str, int] = {}
    waiting = deque(screen.path for screen in SCREENS)
    while waiting:
        path = waiting.popleft()
        kind = endpoint_of(app, path, "GET")
        if path in found or kind is None or kind in ("static", "evidence.pdf") or kinds.get(kind, 0) >= MOST_OF_A_KIND:
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        answer = client.get(path, buffered=True)
        if answer.mimetype == "text/html" and answer.status_code == 200 and answer.text.strip():
            found[path] = answer.text
            waiting.extend(links_of(answer.text))
    return found


def links_of(page: str) -> Iterator[str]:
    for link in html.fromstring(page).xpath("//a/@href | //@hx-get"):
        if str(link).startswith("/") and not str(link).startswith("/static"):
            yield str(link).partition("#")[0]


def endpoint_of(app: APIFlask, path: str, method: str) -> str | None:
    with app.test_request_context():
        adapter = app.create_url_adapter(None) or app.url_map.bind("localhost")
        try:
            return str(adapter.match(urlsplit(path).path, method=method)[0])
        except HTTPException:
            return None


def forms_of(path: str, page: str) -> Iterator[Form]:
    tree = html.fromstring(page)
    for form in tree.xpath("//form"):
        yield _form(form, form.get("action") or path, form.method)
    for button in tree.xpath("//*[@formaction]"):
        yield Form("POST", button.get("formaction"), (("name", ""),))


def _form(form: FormElement, action: str, method: str) -> Form:
    values = dict(form.form_values())
    names = [each.get("name") for each in form.xpath(".//input|.//select|.//textarea|.//button") if each.get("name")]
    return Form(method, action, tuple((name, values.get(name, "")) for name in dict.fromkeys(names)))


def send(client: FlaskClient, form: Form, fields: MultiDict[str, str]) -> Response:
    if form.method == "GET":
        return client.get(form.action.partition("?")[0], query_string=fields, buffered=True)
    return client.post(form.action, data=fields, buffered=True)


def harmless(answer: Response, what: object) -> None:
    """Neither taken for code, nor repeated as markup, nor too much for us."""
    text = answer.get_data().decode("utf-8", "replace")
    assert answer.status_code < 500 or "Retry-After" in answer.headers or answer.status_code == 503, (what, text[:500])
    assert str(9137 * 7919) not in text, what
    assert "<img src=x" not in text, what
    assert "X-Injected" not in answer.headers, what
    assert answer.mimetype != "text/html" or not inline_in(text), (what, inline_in(text))


def inline_in(page: str) -> list[str]:
    """What a page has of scripts and styles that are not files, and of addresses that are scripts."""
    if not page.strip():
        return []
    tree = html.fromstring(page)
    attributes = [str(name) for each in tree.iter() for name in each.attrib]
    addresses = [str(value).strip().lower() for value in tree.xpath("//@href | //@src | //@action | //@formaction")]
    return [
        *(name for name in attributes if name.startswith("on") or name in ("style", "srcdoc")),
        *(each.tag for each in tree.iter("script", "style") if each.tag == "style" or not each.get("src")),
        *(address for address in addresses if address.startswith(("javascript:", "data:", "vbscript:"))),
    ]


def test_the_walk_sees_the_screens(pages: dict[str, str], app: APIFlask) -> None:
    kinds = {endpoint_of(app, path, "GET") for path in pages}
    assert {"person.show", "cases.show", "applications.listing", "sources.show", "runs.show", "log.listing"} <= kinds
    assert len(kinds) > 40


def test_no_screen_has_anything_inline(pages: dict[str, str]) -> None:
    assert {path: found for path, page in pages.items() if (found := inline_in(page))} == {}


def test_no_template_marks_anything_as_safe_or_inline() -> None:
    templates = Path(__file__).parents[2] / "templates"
    for template in templates.rglob("*.html"):
        text = template.read_text(encoding="utf-8")
        assert "|safe" not in text.replace(" ", ""), template
        assert "autoescape" not in text, template
        assert not INLINE.search(text), (template, INLINE.search(text))


@pytest.mark.parametrize("evil", [EVIL, ODD, LONG], ids=["code", "odd", "long"])
def test_no_field_of_any_form_takes_code_or_breaks(
    pages: dict[str, str], app: APIFlask, house: House, evil: str
) -> None:
    client, seen, sent = app.test_client(), set[tuple[object, ...]](), 0
    for path, page in pages.items():
        for form in forms_of(path, page):
            endpoint = endpoint_of(app, form.action, form.method)
            kind = (endpoint, tuple(name for name, _ in form.fields))
            if kind in seen or endpoint is None or endpoint in NOT_SENT:
                continue
            seen.add(kind)
            for name, _ in form.fields:
                fields = MultiDict((each, evil if each == name else value) for each, value in form.fields)
                harmless(send(client, form, fields), (endpoint, name))
                sent += 1
            everything = MultiDict((name, evil) for name, _ in form.fields)
            harmless(send(client, form, everything), (endpoint, "all"))
    assert len(seen) > 40
    assert sent > 150


def test_no_parameter_of_any_screen_takes_code_or_breaks(pages: dict[str, str], app: APIFlask) -> None:
    """Filters one by one, as a list's address has them once its form was sent; what no page shows, all at once."""
    client = app.test_client()
    one_of_a_kind = {endpoint_of(app, path, "GET"): path for path in pages}
    for endpoint, path in one_of_a_kind.items():
        to = path.partition("?")[0]
        for evil in (EVIL, "9" * 5000):
            harmless(client.get(to, query_string=dict.fromkeys(PARAMETERS, evil)), path)
        is_list = f"{endpoint}_export" in app.view_functions
        filters = {name for form in forms_of(path, pages[path]) if form.action == to for name, _ in form.fields}
        for name in filters if is_list else ():
            for evil in (EVIL, LONG):
                harmless(client.get(to, query_string={name: evil}), (path, name))


def test_no_text_in_an_address_takes_code_or_breaks(app: APIFlask) -> None:
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        for evil in (EVIL, ODD):
            with app.test_request_context():
                values = {
                    name: 1 if rule._converters[name].regex.startswith("[0-9]") else evil for name in rule.arguments
                }
                path = (app.create_url_adapter(None) or app.url_map.bind("localhost")).build(rule.endpoint, values)
            if "GET" in (rule.methods or ()) and rule.arguments:
                harmless(client.get(path, buffered=True), rule.endpoint)


@pytest.mark.parametrize(
    "value",
    [EVIL, ODD, [EVIL], {"$ne": None}, 10**400, True, None],
    ids=[*("code", "odd", "list", "operator", "huge", "true", "null")],
)
def test_no_field_of_the_api_takes_code_or_breaks(app: APIFlask, value: object) -> None:
    client = app.test_client()
    spec = client.get("/api/openapi.json").get_json()
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            shape = spec["components"]["schemas"].get(body.get("$ref", "").rsplit("/", 1)[-1], {})
            to = re.sub(r"\{[^}]*\}", "1", path)
            for name in shape.get("properties", {}):
                harmless(client.open(to, method=method.upper(), json={name: value}), (path, name))


def test_the_tables_are_all_there_after_it(house: House, app: APIFlask) -> None:
    assert house.store.db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert house.store.db["people"].count >= 20
    assert app.test_client().get("/applications").status_code == 200
