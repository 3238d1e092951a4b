"""Language, colours and columns as one reader wants them."""

import pytest
from flask.testing import FlaskClient
from lxml import html


def language_of(client: FlaskClient, **headers: str) -> str:
    return str(html.fromstring(client.get("/preferences", headers=headers).text).get("lang"))


@pytest.mark.parametrize(
    ("wanted", "given"),
    [("", "nb"), ("nb-NO,nb;q=0.9,en;q=0.8", "nb"), ("no", "nb"), ("nn-NO", "nn"), ("en-GB", "en"), ("de", "nb")],
)
def test_the_browser_s_language_is_followed(client: FlaskClient, wanted: str, given: str) -> None:
    assert language_of(client, Accept_Language=wanted) == given


def test_a_chosen_language_wins_and_stays(client: FlaskClient) -> None:
    client.post("/preferences", data={"language": "nn", "scheme": "dark"})
    page = html.fromstring(client.get("/preferences", headers={"Accept-Language": "en"}).text)
    assert (page.get("lang"), page.get("data-color-scheme")) == ("nn", "dark")
    assert page.xpath("//input[@name='language'][@checked]/@value") == ["nn"]


def test_what_cannot_be_chosen_is_passed_over(client: FlaskClient) -> None:
    client.post("/preferences", data={"language": "xx", "scheme": "pink"})
    assert language_of(client) == "nb"


@pytest.mark.parametrize(
    ("next_page", "led_to"),
    [
        ("/applications?name=nord", "/applications?name=nord"),
        ("//elsewhere.no", "/"),
        ("/\\elsewhere.no", "/"),
        ("", "/"),
    ],
)
def test_choosing_columns_leads_back_to_the_list_and_nowhere_else(
    client: FlaskClient, next_page: str, led_to: str
) -> None:
    answer = client.post("/preferences/columns/applications", data={"column": ["name"], "next": next_page})
    assert (answer.status_code, answer.location) == (303, led_to)


def test_chosen_columns_are_remembered(client: FlaskClient) -> None:
    client.post("/preferences/columns/applications", data={"column": ["name", "changed"], "next": "/applications"})
    heads = html.fromstring(client.get("/applications").text).xpath("//thead/tr[1]/th")
    assert [head.text_content().strip() for head in heads] == ["Søkernr", "Navn", "Endret"]


@pytest.mark.parametrize(
    ("language", "heading"), [("nb", "Søknad samlebilde"), ("nn", "Søknad samlebilete"), ("en", "Applications")]
)
def test_a_screen_speaks_the_reader_s_language(client: FlaskClient, language: str, heading: str) -> None:
    page = html.fromstring(client.get("/applications", headers={"Accept-Language": language}).text)
    assert page.findtext(".//h1").strip() == heading


def test_a_refusal_is_said_in_the_reader_s_language(client: FlaskClient) -> None:
    said = client.post("/search", data={"wanted": "123"}, headers={"Accept-Language": "en"}).text
    assert "A national identity number has 11 digits, but this one has 3. Write the whole number." in said
