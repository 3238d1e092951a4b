"""Registries as they are in the wild: what is read, and what is left out and told."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask, Response, request

from door import Door
from portal import catalogue, entry, keys
from webapp.config import Settings
from webapp.errors import SourceError, SourceFailure
from webapp.source_settings import EmrexSettings
from webapp.sources.emrex.keys import certificate_of, read_key
from webapp.sources.emrex.register import FRESH, PATIENCE, Register
from webapp.sources.emrex.registry import read_registry
from webapp.sources.http import DIRECT

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
PUBLIC = keys().certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def emreg(*emps: object, key: str = "emps") -> bytes:
    return json.dumps({"countries": [], key: emps}, ensure_ascii=False).encode()


def emp(**more: object) -> dict[str, object]:
    return {
        "acronym": "VITRA",
        "url": "https://portal.example/init",
        "countryCode": "NO",
        "institutions": ["Universitetet i Oslo"],
        "pubKey": keys().pem,
    } | more


def test_a_catalogue_tells_of_portals_and_of_much_else() -> None:
    more = "<institution>UiO</institution><institution>UiB</institution>"
    registry = read_registry(catalogue(entry("https://portal.example/init", more=more), "<host/>"))
    (portal,) = registry.portals
    assert (portal.url, portal.country) == ("https://portal.example/init", "NO")
    assert portal.names == {"": "Prøveportalen"}
    assert portal.institutions == ("UiO", "UiB")
    assert portal.keys == (keys().pem,)


def test_names_in_several_languages_are_kept() -> None:
    two = entry("https://a.example/x", more="<name xml:lang='NB'>Vitnemålsportalen</name>")
    assert read_registry(catalogue(two)).portals[0].names == {"": "Prøveportalen", "nb": "Vitnemålsportalen"}


@pytest.mark.parametrize("key", ["emps", "ncps"])
def test_emreg_is_read_by_its_new_name_and_its_old(key: str) -> None:
    (portal,) = read_registry(emreg(emp(), key=key)).portals
    assert (portal.acronym, portal.institutions) == ("VITRA", ("Universitetet i Oslo",))
    assert portal.names == {"": "VITRA"}


def test_emreg_in_latin_1_with_a_comma_too_many() -> None:
    text = emreg(emp(acronym="Bø,]")).decode().replace("]}", ",\n]}")
    (portal,) = read_registry(text.encode("latin-1")).portals
    assert portal.acronym == "Bø,]"


@pytest.mark.parametrize(
    "written",
    [
        keys().pem,
        keys().bare,
        keys().bare[:64] + "\n " + keys().bare[64:],
        keys().pem.replace("\n", "\\n"),
        keys().pem.replace("\n", " "),
    ],
    ids=["PEM", "bare", "bare in lines", "escaped twice", "PEM in one line"],
)
def test_a_certificate_is_read_however_it_is_written(written: str) -> None:
    assert read_key(written) == keys().pem


@pytest.mark.parametrize("written", [PUBLIC, "".join(PUBLIC.splitlines()[1:-1])], ids=["PEM", "bare"])
def test_a_public_key_becomes_a_certificate_with_that_key(written: str) -> None:
    certificate = certificate_of(read_key(written))
    assert certificate.public_key() == keys().certificate.public_key()


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "javascript:alert(1)"},
        {"url": "http://portal.example/init"},
        {"url": "https://user@portal.example/"},
        {"countryCode": "Norge"},
        {"pubKey": "AAAA"},
        {"pubKey": ""},
        {"institutions": "UiO"},
    ],
    ids=str,
)
def test_a_bad_entry_is_left_out_and_told(wrong: dict[str, object]) -> None:
    registry = read_registry(emreg(emp(**wrong), emp(url="https://good.example/init")))
    assert [portal.url for portal in registry.portals] == ["https://good.example/init"]
    assert len(registry.left_out) == 1


@pytest.mark.parametrize(
    ("data", "failure"),
    [
        (b"", SourceFailure.NOT_UNDERSTOOD),
        (b"<html><p>Hei", SourceFailure.NOT_UNDERSTOOD),
        (b"{]", SourceFailure.NOT_UNDERSTOOD),
        (b'{"emps": 7}', SourceFailure.NOT_UNDERSTOOD),
        (b"[" * 100_000, SourceFailure.NOT_UNDERSTOOD),
        (b'{"emps": ' + b"[" * 100_000, SourceFailure.NOT_UNDERSTOOD),
        (catalogue(), SourceFailure.NOT_UNDERSTOOD),
        (b'<!DOCTYPE x [<!ENTITY a "b">]>' + catalogue(entry("https://a.example/&a;")), SourceFailure.UNSAFE),
    ],
    ids=["empty", "page", "broken", "number", "deep", "deep list", "none", "entity"],
)
def test_what_is_no_registry_says_so(data: bytes, failure: SourceFailure) -> None:
    with pytest.raises(SourceError) as caught:
        read_registry(data)
    assert caught.value.failure is failure


class Served:
    """A registry over HTTP that can be down, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        app = Flask("registry")
        app.add_url_rule("/", view_func=self._answer)
        self.door = Door(app)

    def _answer(self) -> Response:
        self.asked.append(request.headers.get("If-None-Match"))
        if self.asked[-1] == '"1"':
            return Response(status=304)
        return Response(catalogue(entry("https://portal.example/init")), headers={"ETag": '"1"'}, mimetype="text/xml")

    def register(self, folder: Path) -> Register:
        source = EmrexSettings(institution=99, registry=self.door.url, timeout_seconds=2)
        return Register(source, Settings(instance=folder), DIRECT, attempts=1)


@pytest.fixture
def served() -> object:
    served = Served()
    yield served
    served.door.close()


def test_a_registry_is_asked_once_an_hour_and_then_whether_it_changed(served: Served, tmp_path: Path) -> None:
    register = served.register(tmp_path)
    for minutes in (0, 1, 59):
        assert register.portals(AT + timedelta(minutes=minutes)).portals
    assert served.asked == [None]
    assert register.portals(AT + FRESH).portals
    assert served.asked == [None, '"1"']
    register.close()


def test_a_registry_that_is_down_keeps_nobody_from_delivering(served: Served, tmp_path: Path) -> None:
    first = served.register(tmp_path)
    known = first.portals(AT)
    first.close()
    served.door.shut()
    after_a_restart = served.register(tmp_path)
    assert after_a_restart.portals(AT).portals == known.portals
    with pytest.raises(SourceError):
        after_a_restart.look()
    served.door.open_again()
    assert after_a_restart.portals(AT + PATIENCE / 2).portals == known.portals
    assert len(served.asked) == 1
    after_a_restart.portals(AT + PATIENCE)
    assert len(served.asked) == 2
    after_a_restart.close()


def test_a_registry_that_was_never_known_fails(served: Served, tmp_path: Path) -> None:
    served.door.shut()
    register = served.register(tmp_path)
    with pytest.raises(SourceError) as caught:
        register.portals(AT)
    assert caught.value.failure is SourceFailure.UNREACHABLE
    served.door.open_again()
    with pytest.raises(SourceError):
        register.portals(AT + PATIENCE / 2)
    assert served.asked == []
    assert register.portals(AT + PATIENCE).portals
    register.close()


def test_a_file_in_the_instance_folder_is_a_registry_too(tmp_path: Path) -> None:
    (tmp_path / "emreg.json").write_bytes(emreg(emp(), emp(acronym="bad", url="nowhere")))
    source = EmrexSettings(institution=99, registry="emreg.json")
    register = Register(source, Settings(instance=tmp_path), DIRECT)
    said = register.describe()
    assert said.facts["Portaler"] == "1"
    assert said.facts["Land"] == "NO"
    assert said.facts["Utelatt"].startswith("bad: ")
