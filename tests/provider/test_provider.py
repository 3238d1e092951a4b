"""ELMO pull, the answering side: each question has its answer, each slip its problem."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from asking import KARI, OLA, batch_of, kind
from webapp.institutions import REGISTER
from webapp.provider import create_provider
from webapp.provider.batches import text_of
from webapp.provider.shelf import Shelf
from world import KARI_NUMBER, OLA_NUMBER, UIB, UIO


def lines(response: TestResponse) -> list[dict[str, str]]:
    assert (response.status_code, response.mimetype) == (200, "application/x-ndjson")
    return [json.loads(line) for line in response.data.splitlines()]


@pytest.mark.parametrize("base", ["/", "/185", "/185/"])
def test_an_institution_describes_itself(client: FlaskClient, base: str) -> None:
    assert client.get(base).json == {
        "protocol": "elmo-pull/1",
        "institution": {"number": 185, "name": REGISTER[UIO].name},
        "shares": True,
        "batch": 3,
        "purposes": ["admission", "recognition"],
    }


def test_several_institutions_are_listed_with_their_addresses(two: Shelf) -> None:
    client = create_provider(two).test_client()
    listed = client.get("/", environ_overrides={"SCRIPT_NAME": "/deling"}).json
    assert listed is not None
    assert [(row["number"], row["url"]) for row in listed["institutions"]] == [
        (UIB, "http://localhost/deling/184"),
        (UIO, "http://localhost/deling/185"),
    ]


@pytest.mark.parametrize("path", ["/results", "/185/results"])
def test_results_are_handed_out_as_they_are(client: FlaskClient, path: str, document: bytes, etag: str) -> None:
    response = client.post(path, json=KARI)
    assert (response.status_code, response.mimetype, response.data) == (200, "application/xml", document)
    assert response.headers["ETag"] == f'"{etag}"'


def test_results_are_compressed_for_those_who_take_that(client: FlaskClient) -> None:
    response = client.post("/results", json=KARI, headers={"Accept-Encoding": "gzip"})
    assert (response.headers["Content-Encoding"], response.data[:2]) == ("gzip", b"\x1f\x8b")


def test_a_former_number_is_as_good_as_the_current_one(client: FlaskClient, document: bytes) -> None:
    asked = KARI | {"identifiers": ["41827999999", "41827000001"]}
    assert client.post("/results", json=asked).data == document


def test_an_unknown_person_has_nothing_there(client: FlaskClient) -> None:
    response = client.post("/results", json=OLA)
    assert (response.status_code, response.data) == (204, b"")


@pytest.mark.parametrize("form", ['"{}"', 'W/"{}"', '"other", "{}"', "*"])
def test_what_is_known_already_is_not_sent_again(client: FlaskClient, etag: str, form: str) -> None:
    response = client.post("/results", json=KARI, headers={"If-None-Match": form.format(etag)})
    assert (response.status_code, response.data, response.headers["ETag"]) == (304, b"", f'"{etag}"')


def test_what_has_changed_is_sent(client: FlaskClient, document: bytes) -> None:
    assert client.post("/results", json=KARI, headers={"If-None-Match": '"old"'}).data == document


def test_an_institution_that_does_not_share_says_so(shelf: Shelf, client: FlaskClient) -> None:
    shelf.add_institution(REGISTER[UIO], exchanges=False)
    assert kind(client.post("/results", json=KARI)) == (403, "not-shared")
    batch = batch_of({"ref": "1", "identifiers": [KARI_NUMBER]})
    assert kind(client.post("/results/batch", json=batch)) == (403, "not-shared")


@pytest.mark.parametrize("basis", ["consent", "statute"])
def test_without_the_persons_consent_nothing_is_handed_out(two: Shelf, basis: str) -> None:
    client = create_provider(two).test_client()
    assert client.post("/184/results", json=KARI | {"basis": basis}).status_code == 200
    assert kind(client.post("/184/results", json=OLA | {"basis": basis})) == (403, "no-consent")


def test_a_batch_has_a_line_for_each(two: Shelf, document: bytes) -> None:
    people = [
        {"ref": "a", "identifiers": [KARI_NUMBER], "etag": "old"},
        {"ref": "b", "identifiers": [KARI_NUMBER], "etag": "kari"},
        {"ref": "c", "identifiers": [OLA_NUMBER]},
        {"ref": "d", "identifiers": ["41827999999"]},
    ]
    response = create_provider(two).test_client().post("/184/results/batch", json=batch_of(*people))
    assert lines(response) == [
        {"ref": "a", "status": "found", "etag": "kari", "elmo": document.decode()},
        {"ref": "b", "status": "unchanged", "etag": "kari"},
        {"ref": "c", "status": "no-consent"},
        {"ref": "d", "status": "nothing"},
    ]


def test_a_long_batch_is_sent_in_pieces(shelf: Shelf) -> None:
    shelf.add_institution(REGISTER[UIO], batch=100)
    people = [{"ref": str(n), "identifiers": [KARI_NUMBER]} for n in range(100)]
    response = create_provider(shelf).test_client().post("/results/batch", json=batch_of(*people))
    assert [line["ref"] for line in lines(response)] == [str(n) for n in range(100)]


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (KARI | {"identifiers": []}, "identifiers"),
        (KARI | {"identifiers": [KARI_NUMBER + "1"]}, "identifiers.0"),
        (KARI | {"identifiers": [KARI_NUMBER + "\n"]}, "identifiers.0"),
        (KARI | {"identifiers": [12345678901]}, "identifiers.0"),
        (KARI | {"identifiers": KARI_NUMBER}, "identifiers"),
        (KARI | {"purpose": KARI_NUMBER}, "purpose"),
        (KARI | {"basis": None}, "basis"),
        (KARI | {"request": KARI_NUMBER}, "request"),
        ({KARI_NUMBER: KARI_NUMBER}, "identifiers"),
        ([KARI_NUMBER], "body"),
    ],
)
def test_a_slip_is_named_and_nothing_of_it_repeated(client: FlaskClient, asked: object, named: str) -> None:
    response = client.post("/results", json=asked)
    assert kind(response) == (400, "bad-request")
    assert f"{named}: " in json.loads(response.data)["detail"]
    assert KARI_NUMBER[:10] not in response.text


@pytest.mark.parametrize(
    "people",
    [
        [],
        [{"ref": str(n), "identifiers": [KARI_NUMBER]} for n in range(4)],
        [{"ref": "1", "identifiers": [KARI_NUMBER]}] * 2,
        [{"ref": "", "identifiers": [KARI_NUMBER]}],
        [{"ref": "1", "identifiers": ["123"]}],
    ],
)
def test_a_slip_in_a_batch_is_a_bad_request(client: FlaskClient, people: list[dict[str, Any]]) -> None:
    response = client.post("/results/batch", json=batch_of(*people))
    assert kind(response) == (400, "bad-request")
    assert KARI_NUMBER not in response.text


def test_what_is_not_json_is_a_problem_too(client: FlaskClient) -> None:
    rubbish = client.post("/results", data=f"{{{KARI_NUMBER}", content_type="application/json")
    form = client.post("/results", data={"identifiers": KARI_NUMBER})
    assert [kind(rubbish), kind(form)] == [(400, "bad-request"), (415, "unsupported-media-type")]
    assert KARI_NUMBER not in rubbish.text + form.text


def test_too_large_a_question_is_refused(client: FlaskClient) -> None:
    response = client.post("/results", data=b" " * 1_000_001, content_type="application/json")
    assert kind(response) == (413, "request-entity-too-large")


@pytest.mark.parametrize("path", ["/186", "/185/other", "/185//results", f"/{KARI_NUMBER}/results"])
def test_other_paths_are_not_found(client: FlaskClient, path: str) -> None:
    assert kind(client.get(path))[0] in (404, 405)
    assert kind(client.post(path, json=KARI))[0] in (404, 405)


def test_the_root_of_several_has_no_results(two: Shelf) -> None:
    assert kind(create_provider(two).test_client().post("/results", json=KARI)) == (404, "not-found")


def test_another_method_is_not_allowed(client: FlaskClient) -> None:
    response = client.get("/185/results")
    assert kind(response) == (405, "method-not-allowed")
    assert "POST" in response.headers["Allow"]


def test_a_file_that_does_not_answer_is_unavailable_for_a_while(
    shelf: Shelf, client: FlaskClient, tmp_path: Path
) -> None:
    shelf.db.execute("DROP TABLE identifiers")
    response = client.post("/results", json=KARI)
    assert kind(response) == (503, "unavailable")
    assert response.headers["Retry-After"] == "30"


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("UTF-8", "utf-8"), ("UTF-8", "utf-8-sig"), ("UTF-16", "utf-16"), ("iso-8859-1", "latin-1")],
)
def test_a_document_in_any_encoding_becomes_text(declared: str, encoding: str) -> None:
    text = f"<?xml version='1.0' encoding='{declared}'?><a>BLÅ</a>"
    assert text_of(text.encode(encoding)) == text


def test_a_document_that_belies_its_encoding_still_becomes_text() -> None:
    assert text_of("<a>BLÅ</a>".encode("latin-1")) == "<a>BL\ufffd</a>"
