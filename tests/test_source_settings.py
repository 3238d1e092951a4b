"""Each protocol has settings of its own; a wrong entry is told with its line, and secrets are told to nobody."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from webapp.checked_toml import TomlFile
from webapp.config import checked_sources
from webapp.errors import Refusal
from webapp.source_settings import PROTOCOLS, DatabaseSettings, SourceSettings

SMALLEST = {
    "elmo-pull": 'url = "https://example.no/185"\n',
    "fs-graphql": 'url = "https://example.no/graphql"\n',
    "database": 'url = "postgresql+psycopg://leser@db.example.no/fs"\n',
    "file": 'folder = "filer"\n',
    "emrex": 'registry = "https://example.no/registry.xml"\n',
}


def toml(protocol: str = "elmo-pull", more: str = "", institution: int = 185) -> str:
    return f'[[source]]\ninstitution = {institution}\nprotocol = "{protocol}"\n{SMALLEST[protocol]}{more}'


def sources(text: str) -> tuple[SourceSettings, ...]:
    return checked_sources(TomlFile("sources.toml", text))


@pytest.mark.parametrize("protocol", SMALLEST)
def test_a_protocol_needs_little(protocol: str) -> None:
    (source,) = sources(toml(protocol))
    assert type(source) is PROTOCOLS[protocol]
    assert (source.protocol, source.title) == (protocol, "Universitetet i Oslo")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (toml("database", 'url2 = "x"\n'), "linje 5: «url2» er ikke kjent"),
        (toml("fs-graphql", "batch = 101\n"), "linje 5: «batch» kan ikke være 101. Tillatt: et heltall fra 1 til 100"),
        (
            toml() + "\n[[source.downtime]]\nfrom = 2026-12-01\nuntil = 2026-12-02\nreason = 'flytter'\n"
            "[[source.downtime]]\nfrom = 2026-12-03\nuntil = 2026-12-02\nreason = 'flytter'\n",
            "linje 12: «until»",
        ),
        (toml() + toml(institution=184, more="seats = 0\n"), "linje 9: «seats»"),
        ("source = 3\n", "linje 1: «source» kan ikke være 3"),
    ],
)
def test_a_wrong_entry_is_told_with_its_line(text: str, sentence: str) -> None:
    with pytest.raises(Refusal) as refused:
        sources(text)
    assert sentence in str(refused.value)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    text = toml("database").replace("leser@", "leser:hemmelig@")
    with pytest.raises(Refusal) as refused:
        sources(text)
    assert "linje 4: «url»" in str(refused.value)
    assert "hemmelig" not in str(refused.value)


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (datetime(2026, 11, 30, 22, 59, tzinfo=UTC), None),
        (datetime(2026, 11, 30, 23, 0, tzinfo=UTC), "flytter database"),
        (datetime(2026, 12, 1, 4, 59, tzinfo=UTC), "flytter database"),
        (datetime(2026, 12, 1, 5, 0, tzinfo=UTC), None),
    ],
)
def test_a_downtime_is_told_in_the_instances_time(at: datetime, reason: str | None) -> None:
    more = "[[source.downtime]]\nfrom = 2026-12-01\nuntil = 2026-12-01T06:00:00\nreason = 'flytter database'\n"
    off = sources(toml(more=more))[0].off(at, ZoneInfo("Europe/Oslo"))
    assert (off.reason if off else None) == reason


def test_a_secret_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "passord").write_text("hemmelig\n")
    of_file = sources(toml("database", 'secret_file = "passord"\n'))[0]
    of_variable = sources(toml("database", 'secret_env = "UIO_PASSORD"\n'))[0]
    assert of_file.secret(tmp_path, {}) == "hemmelig"
    assert of_variable.secret(tmp_path, {"UIO_PASSORD": "hemmelig"}) == "hemmelig"
    assert sources(toml())[0].secret(tmp_path, {}) is None
    assert isinstance(of_file, DatabaseSettings)
    assert "hemmelig" not in repr(of_file)


@pytest.mark.parametrize("more", ['secret_env = "UIO_PASSORD"\n', 'secret_file = "finnes ikke"\n'])
def test_a_secret_that_cannot_be_had_is_refused(more: str, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"UIO_PASSORD|finnes ikke"):
        sources(toml(more=more))[0].secret(tmp_path, {})
