"""Settings are read once and checked; a wrong one is told with its line and what is allowed."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from webapp import config
from webapp.config import Settings, instance_folder, program_folder, read_settings, site_folder
from webapp.errors import Refusal
from webapp.model import Basis, Purpose
from webapp.source_settings import ElmoPullSettings
from world import NOW

ONE_SOURCE = '[[source]]\ninstitution = 185\nprotocol = "elmo-pull"\nurl = "https://example.no/elmo/"\n'


def read(tmp_path: Path, sources: str = "", settings: str = "", environment: dict[str, str] | None = None) -> Settings:
    (tmp_path / "sources.toml").write_text(sources, encoding="utf-8")
    (tmp_path / "settings.toml").write_text(settings, encoding="utf-8")
    return read_settings(tmp_path, environment or {})


def test_an_empty_folder_has_the_defaults(tmp_path: Path) -> None:
    settings = read_settings(tmp_path / "none", {})
    assert settings.basis_at(Purpose.ADMISSION, NOW).basis is Basis.CONSENT
    assert settings.basis_at(Purpose.RECOGNITION, NOW).basis is Basis.STATUTE
    assert (settings.sources, settings.zone.key) == ((), "Europe/Oslo")


def test_a_source_needs_institution_protocol_and_url_alone(tmp_path: Path) -> None:
    (source,) = read(tmp_path, ONE_SOURCE).sources
    assert isinstance(source, ElmoPullSettings)
    assert (source.title, source.timeout_seconds, source.url) == (
        "Universitetet i Oslo",
        10,
        "https://example.no/elmo",
    )


def test_the_environment_stands_above_the_file(tmp_path: Path) -> None:
    environment = {"EKSTERNSTUDIUM_LEGAL_BASIS__ADMISSION": "statute", "EKSTERNSTUDIUM_INSTANCE": "/elsewhere"}
    settings = read(tmp_path, settings='[legal_basis]\nadmission = "consent"\n', environment=environment)
    assert settings.basis_at(Purpose.ADMISSION, NOW).basis is Basis.STATUTE


@pytest.mark.parametrize(
    ("sources", "sentence"),
    [
        ("[[source]\n", "sources.toml, linje 1: dette er ikke gyldig TOML"),
        (
            ONE_SOURCE + "timeout_seconds = 0\n",
            "sources.toml, linje 5: «timeout_seconds» kan ikke være 0. Tillatt: et tall",
        ),
        (ONE_SOURCE + "\n" + ONE_SOURCE + "seats = 100\n", "sources.toml, linje 10: «seats»"),
        (ONE_SOURCE + "timeot = 3\n", "linje 5: «timeot» er ikke kjent. Tillatt: institution, protocol, name"),
        (ONE_SOURCE + ONE_SOURCE, "linje 6: institusjon 185 står to ganger"),
        ("# first\n[[source]]\ninstitution = 185\n", 'linje 2: «protocol» mangler. Tillatt: "elmo-pull"'),
        (ONE_SOURCE.replace("https", "ftp"), "linje 4: «url» kan ikke være"),
        (ONE_SOURCE.replace("185", "0"), "linje 2: «institution»"),
        (ONE_SOURCE.replace("elmo-pull", "soap"), "linje 3: «protocol» kan ikke være 'soap'"),
        ("sources = 3\n", "linje 1: «sources» er ikke kjent. Tillatt: source"),
    ],
)
def test_a_wrong_source_is_told_with_line_and_what_is_allowed(tmp_path: Path, sources: str, sentence: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(tmp_path, sources)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            'time_zone = "Mars/Base"\n',
            "settings.toml, linje 1: «time_zone» kan ikke være 'Mars/Base'. Tillatt: en tidssone",
        ),
        ('\n[legal_basis]\nadmission = "wish"\n', "settings.toml, linje 3: «admission» kan ikke være 'wish'"),
        (
            "[legal_basis]\nother = 1\n",
            "settings.toml, linje 2: «other» er ikke kjent. Tillatt: admission, recognition",
        ),
    ],
)
def test_a_wrong_setting_is_told_with_line_and_what_is_allowed(tmp_path: Path, settings: str, sentence: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(tmp_path, settings=settings)
    assert sentence in str(refused.value)


STATUTE = """[[legal_basis.admission]]
basis = "statute"
text = "lov om universiteter og høyskoler § 4-15"
from = 2026-11-24
until = 2026-11-30

[[legal_basis.admission]]
basis = "consent"
text = "Jeg samtykker"
until = 2026-11-23
"""


def test_a_legal_basis_is_in_force_from_its_first_day_to_its_last(tmp_path: Path) -> None:
    settings = read(tmp_path, settings=STATUTE)
    begins = datetime(2026, 11, 24, tzinfo=settings.zone)
    ends = datetime(2026, 12, 1, tzinfo=settings.zone)
    instants = (begins - timedelta(seconds=1), begins, ends - timedelta(seconds=1), ends)
    in_force = [settings.basis_at(Purpose.ADMISSION, at) for at in instants]
    law = "lov om universiteter og høyskoler § 4-15"
    assert [(each.basis, each.text) for each in in_force] == [
        (Basis.CONSENT, "Jeg samtykker"),
        (Basis.STATUTE, law),
        (Basis.STATUTE, law),
        (Basis.CONSENT, ""),
    ]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (STATUTE.replace("11-23", "11-24"), "linje 1: «admission» kan ikke være"),
        (STATUTE.replace("11-30", "11-01"), "linje 5: «until» kan ikke være"),
        (STATUTE.replace("statute", "law"), "linje 2: «basis» kan ikke være 'law'. Tillatt: \"consent\" eller"),
        (STATUTE.replace("until = 2026-11-23", "text_nn = 'x'"), "linje 10: «text_nn» er ikke kjent"),
    ],
)
def test_a_wrong_legal_basis_is_told(tmp_path: Path, wrong: str, sentence: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(tmp_path, settings=wrong)
    assert sentence in str(refused.value)


MAIL = """[mail]
server = "smtp.example.no"
sender = "fs@example.no"
subscribers = ["opptak@example.no"]
address = "https://eksternstudium.example.no/"
"""


def test_a_mail_server_needs_server_sender_subscribers_and_address_alone(tmp_path: Path) -> None:
    mail = read(tmp_path, settings=MAIL).settings.mail
    assert mail is not None
    assert (mail.port, mail.security, mail.password, mail.language) == (587, "starttls", None, "nb")
    assert mail.address == "https://eksternstudium.example.no"


def test_the_mail_password_may_come_from_the_environment_and_is_never_shown(tmp_path: Path) -> None:
    environment = {"EKSTERNSTUDIUM_MAIL__PASSWORD": "hemmelig"}
    settings = read(tmp_path, settings=MAIL + 'user = "fs"\n', environment=environment)
    mail = settings.settings.mail
    assert mail is not None and mail.password is not None
    assert mail.password.get_secret_value() == "hemmelig"
    assert "hemmelig" not in repr(settings)


@pytest.mark.parametrize(
    "entries",
    [
        "password = 4711",
        'password = "4711"',
        'user = "fs"\npassword = "4711å"',
        'user = "fs"\nsecurity = "none"\npassword = "4711"',
    ],
)
def test_a_mail_password_that_cannot_be_used_is_refused_without_showing_it(entries: str, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"«password» kan ikke være det som står der. Tillatt: et passord") as refused:
        read(tmp_path, settings=f"{MAIL}{entries}\n")
    assert "4711" not in f"{refused.value}{refused.value.__cause__}"


@pytest.mark.parametrize(
    ("was", "wrong", "sentence"),
    [
        ('"fs@example.no"', '"fs"', "settings.toml, linje 3: «sender» kan ikke være 'fs'. Tillatt: en e-postadresse"),
        ('"fs@example.no"', '"fs@blåbær.no"', "linje 3: «sender»"),
        ('["opptak@example.no"]', "[]", "linje 4: «subscribers» kan ikke være []. Tillatt: e-postadresser"),
        ('"opptak@example.no"', '"a@b.no\\r\\nBcc: c@d.no"', "linje 4: «subscribers»"),
        ('"smtp.example.no"', '"smtp.example.no/"', "linje 2: «server»"),
        ("https://", "", "linje 5: «address»"),
    ],
)
def test_a_wrong_mail_setting_is_told_with_line(was: str, wrong: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        read(tmp_path, settings=MAIL.replace(was, wrong))
    assert sentence in str(refused.value)


def test_a_wrong_value_from_the_environment_names_its_variable(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="EKSTERNSTUDIUM_TIME_ZONE: «time_zone» kan ikke være 'Mars'"):
        read(tmp_path, environment={"EKSTERNSTUDIUM_TIME_ZONE": "Mars"})


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_bytes(b'name = "\xe6"')
    with pytest.raises(Refusal, match=r"sources.toml er ikke skrevet i UTF-8"):
        read_settings(tmp_path, {})


def test_the_instance_folder_is_where_the_environment_says_or_beside_the_program(tmp_path: Path) -> None:
    assert instance_folder({"EKSTERNSTUDIUM_INSTANCE": str(tmp_path)}) == tmp_path
    assert instance_folder({}) == program_folder() / "instance"


def test_the_site_is_where_the_program_is_or_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "program_folder", lambda: tmp_path)
    assert site_folder() is None
    (tmp_path / "site").mkdir()
    assert site_folder() == tmp_path / "site"
