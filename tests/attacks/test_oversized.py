"""Too much of everything: bodies, fields, depth, what unfolds to more than it is, and what comes too often."""

import gzip
import json
import zipfile
from base64 import b64encode
from collections.abc import Callable
from io import BytesIO

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from signing_in import with_sign_in
from webapp.errors import SourceError, UnreadableElmo
from webapp.house import House
from webapp.limit_settings import Limits
from webapp.model import Act, Person, Role, SignatureState
from webapp.sources.deliveries import open_delivery
from webapp.sources.elmo import pretty, read
from webapp.sources.emrex.registry import read_registry
from webapp.sources.signatures import check
from webapp.web.doors import DOORS
from webapp.web.factory import create_app
from webapp.web.guard import MOST_BYTES
from webapp.web.rates import kind_of
from webapp.web.trace_doors import TRACED
from world import NOW

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
#: XML that unfolds, reads files, asks others, or is too deep.
XML: dict[str, bytes] = {
    "billion laughs": f'<!DOCTYPE elmo [<!ENTITY l0 "ha">{LAUGHS}]><elmo>&l9;</elmo>'.encode(),
    "quadratic": b'<!DOCTYPE elmo [<!ENTITY a "' + b"a" * 50_000 + b'">]><elmo>' + b"&a;" * 5_000 + b"</elmo>",
    "a file of ours": b'<!DOCTYPE elmo [<!ENTITY x SYSTEM "file:///etc/passwd">]><elmo>&x;</elmo>',
    "the metadata": b'<!DOCTYPE elmo [<!ENTITY x SYSTEM "http://169.254.169.254/">]><elmo>&x;</elmo>',
    "a parameter entity": b'<!DOCTYPE elmo [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd">%x;]><elmo/>',
    "a foreign DTD": b'<!DOCTYPE elmo SYSTEM "http://127.0.0.1:9/x.dtd"><elmo/>',
    "XInclude": b'<elmo xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="file:///etc/passwd"/></elmo>',
    "too deep": b"<a>" * 100_000 + b"</a>" * 100_000,
    "a huge text": b"<elmo>" + b"a" * 19_000_000 + b"</elmo>",
    "a million attributes": b"<elmo " + b" ".join(b'a%d=""' % n for n in range(200_000)) + b"/>",
    "gzip of gzip of zeros": gzip.compress(gzip.compress(b"0" * 100_000_000)),
    "gzip in base64": b64encode(gzip.compress(b"<elmo>" + b" " * 100_000_000)),
    "UTF-16 with a DTD": '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY l "ha">]><a>&l;</a>'.encode(
        "utf-16"
    ),
    "zero bytes": b"\x00" * 1000,
}


@pytest.mark.parametrize("case", XML)
def test_no_document_unfolds_or_fetches(case: str) -> None:
    with pytest.raises(UnreadableElmo):
        open_delivery(XML[case], (), NOW)
    with pytest.raises(UnreadableElmo):
        read(XML[case])


@pytest.mark.parametrize("case", XML)
def test_no_registry_unfolds_or_fetches(case: str) -> None:
    with pytest.raises(SourceError):
        read_registry(XML[case])


@pytest.mark.parametrize("case", ["billion laughs", "quadratic", "a file of ours", "too deep", "XInclude"])
def test_no_signature_and_no_laying_out_unfolds(case: str) -> None:
    assert check(XML[case], (), NOW).state in (SignatureState.UNSIGNED, SignatureState.INVALID)
    assert "root:" not in pretty(XML[case])
    assert len(pretty(XML[case])) < 2_000_000


def bomb() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)
    return file.getvalue()


@pytest.mark.parametrize(
    "body", [bomb(), b"%PDF-1.7\n" + b"0" * 1000, b"MZ" * 1000, b"<html><script>alert(1)</script>", b""],
    ids=["zip bomb", "PDF without ELMO", "program", "web page", "nothing"],
)  # fmt: skip
def test_what_is_no_document_is_not_kept(house: House, kari: Person, caseworker: FlaskClient, body: bytes) -> None:
    answer = caseworker.post(
        f"/people/{kari.id}/uploads", data={"file": (BytesIO(body), "elmo.xml", "application/xml")}
    )
    assert answer.status_code == 422
    assert house.store.db.execute("SELECT count(*) FROM uploads").fetchone()[0] == 0


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\r\nX: 1.xml", "<img src=x>.xml", "a" * 5000, "\x00.xml", "CON"]
)
def test_the_name_of_a_file_leads_nowhere(kari: Person, caseworker: FlaskClient, name: str) -> None:
    answer = caseworker.post(f"/people/{kari.id}/uploads", data={"file": (BytesIO(b"<no-elmo/>"), name)})
    assert answer.status_code in (400, 422)
    assert "<img" not in answer.text


MANY = b"".join(b'--x\r\nContent-Disposition: form-data; name="f%d"\r\n\r\n1\r\n' % n for n in range(9000)) + b"--x--"
FORM, MULTIPART, JSON = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"
#: Where it is sent, what, and as what.
BODIES: dict[str, tuple[str, bytes, str]] = {
    "a long form": ("/search", b"wanted=" + b"a" * (MOST_BYTES + 1), FORM),
    "a long field": ("/search", b"wanted=" + b"a" * 1_000_000, FORM),
    "a name of many words": ("/search", b"wanted=" + b"a+" * 100_000, FORM),
    "many fields": ("/search", MANY, MULTIPART),
    "half a multipart": ("/search", b"--x\r\nContent-Disposition: form-data", MULTIPART),
    "no boundary": ("/search", b"--x", "multipart/form-data"),
    "long JSON": ("/api/people/search", b'{"name":"' + b"a" * 9_000_000 + b'"}', JSON),
    "deep JSON": ("/api/people/search", b"[" * 200_000, JSON),
    "deep objects": ("/api/people/search", b'{"a":' * 50_000, JSON),
    "a huge number": ("/api/orders", b'{"person_id":' + b"9" * 100_000 + b"}", JSON),
    "many applications": ("/api/applications", b'{"items":[' + b"{}," * 1000 + b"{}]}", JSON),
}


@pytest.mark.parametrize("case", BODIES)
def test_no_body_is_too_much(caseworker: FlaskClient, case: str) -> None:
    path, body, kind = BODIES[case]
    answer = caseworker.post(path, data=BytesIO(body), content_type=kind, content_length=len(body))
    assert answer.status_code in ((200, 413, 422) if path == "/search" else (400, 413, 422))
    assert "Nordmann" not in answer.text


@pytest.mark.parametrize(
    "path", ["/applications?name=" + "a" * 60_000, "/log?" + "&".join(f"a{n}=1" for n in range(9000))]
)
def test_no_address_is_too_long(caseworker: FlaskClient, path: str) -> None:
    assert caseworker.get(path).status_code in (200, 414, 422)


@pytest.fixture(scope="module")
def limited(house: House) -> APIFlask:
    """Screens with limits that are reached soon."""
    once = Limits(searches=2, exports=1, documents=1, deliveries=1)
    few = with_sign_in(house)
    few.settings = few.settings.model_copy(
        update={"settings": few.settings.settings.model_copy(update={"limits": once})}
    )
    return create_app(few)


def test_who_searches_too_often_waits_and_nobody_else(limited: APIFlask, signed_in: Callable[..., FlaskClient]) -> None:
    def search(role: Role) -> int:
        token = signed_in(role).get_cookie("eksternstudium-session")
        assert token is not None
        client = limited.test_client()
        client.set_cookie("eksternstudium-session", token.value)
        answer = client.post("/search", data={"wanted": "nordmann"})
        assert answer.status_code != 429 or 1 <= int(answer.headers["Retry-After"]) <= 60
        assert client.get("/search").status_code == 200
        return answer.status_code

    assert [search(Role.CASEWORKER) for _ in range(3)] == [200, 200, 429]
    assert search(Role.READER) == 200


@pytest.mark.parametrize("path", ["/log.csv", "/people/1/orders/1/evidence.pdf", "/deliver/x"])
def test_what_is_heavy_or_takes_much_out_is_counted(
    limited: APIFlask, signed_in: Callable[..., FlaskClient], path: str
) -> None:
    token = signed_in(Role.CASEWORKER, name="hasty").get_cookie("eksternstudium-session")
    client = limited.test_client()
    assert token is not None
    client.set_cookie("eksternstudium-session", token.value)
    assert client.get(path, buffered=True).status_code in (200, 404)
    answer = client.get(path)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1


def test_programs_are_told_too(limited: APIFlask, signed_in: Callable[..., FlaskClient]) -> None:
    token = signed_in(Role.CASEWORKER, name="program").get_cookie("eksternstudium-session")
    client = limited.test_client()
    assert token is not None
    client.set_cookie("eksternstudium-session", token.value)
    answers = [client.post("/api/people/search", json={"name": "nordmann"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert json.loads(answers[-1].text)["status"] == 429


def test_what_pages_ask_for_by_themselves_is_not_counted() -> None:
    assert {kind_of(endpoint) for endpoint in DOORS if endpoint.endswith((".news", ".arrived", ".show"))} == {None}
    assert {endpoint for endpoint in DOORS if endpoint.endswith("_export")} <= {each for each in DOORS if kind_of(each)}


@pytest.mark.parametrize("name", ["as_values", "with_documents", "as_document"])
def test_a_persons_whole_file_counts_as_what_takes_much_out(name: str) -> None:
    assert kind_of(f"person_file.{name}") == ("documents" if name == "as_document" else "exports")


def test_every_file_and_document_that_the_trace_tells_of_counts() -> None:
    taking = {door for door, act in TRACED.items() if act in (Act.EXPORTED, Act.PRINTED)}
    assert {door for door in taking if kind_of(door) is None} == set()
