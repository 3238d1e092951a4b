"""The API described: for programs in OpenAPI, for people on a page."""

from flask.testing import FlaskClient
from lxml import html


def test_the_specification_says_what_it_is(client: FlaskClient) -> None:
    spec = client.get("/api/openapi.json").json
    assert spec and (spec["openapi"], spec["info"]["title"], spec["info"]["version"]) == (
        "3.1.0",
        "Eksternstudium",
        "1",
    )
    assert "/people/{person_id}" not in spec["paths"]  # screens stay out


def test_the_page_shows_every_operation_and_object(client: FlaskClient) -> None:
    spec = client.get("/api/openapi.json").json
    assert spec
    page = html.fromstring(client.get("/api").text)
    shown = [" ".join(each.text_content().split()[:2]) for each in page.cssselect(".api-operation summary")]
    operations = [f"{method.upper()} {path}" for path, methods in spec["paths"].items() for method in methods]
    assert sorted(shown) == sorted(operations)
    assert {each.get("id") for each in page.cssselect("h3")} == set(spec["components"]["schemas"])
    targets = {each.get("href") for each in page.cssselect("main a[href^='#']")}
    assert {each for each in targets if not page.cssselect(f'[id="{each[1:]}"]')} == set()
