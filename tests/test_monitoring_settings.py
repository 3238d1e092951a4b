"""What `[monitoring]` of settings.toml may say."""

from pathlib import Path

import pytest

from webapp.config import read_settings
from webapp.errors import Refusal


def refused(folder: Path, entry: str) -> str:
    """The sentence that an entry is refused with."""
    (folder / "settings.toml").write_text(f"[monitoring]\n{entry}\n", encoding="utf-8")
    with pytest.raises(Refusal) as refusal:
        read_settings(folder, {})
    return str(refusal.value)


def test_nothing_is_sent_and_the_log_is_for_people_unless_it_is_set(tmp_path: Path) -> None:
    monitoring = read_settings(tmp_path, {}).settings.monitoring
    assert (monitoring.logs, monitoring.sentry_dsn) == ("text", None)


def test_both_may_come_from_the_environment(tmp_path: Path) -> None:
    dsn = "https://key@sentry.example.no/1"
    variables = {"EKSTERNSTUDIUM_MONITORING__LOGS": "json", "EKSTERNSTUDIUM_MONITORING__SENTRY_DSN": dsn}
    monitoring = read_settings(tmp_path, variables).settings.monitoring
    assert (monitoring.logs, monitoring.sentry_dsn.get_secret_value()) == ("json", dsn)
    assert dsn not in repr(monitoring)


@pytest.mark.parametrize("dsn", ["https://sentry.example.no/1", "https://key@sentry.example.no", "key", "ftp://a@b/1"])
def test_a_dsn_that_is_none_is_refused_without_showing_it(tmp_path: Path, dsn: str) -> None:
    sentence = refused(tmp_path, f'sentry_dsn = "{dsn}"')
    assert sentence.startswith("settings.toml, linje 2: «sentry_dsn» kan ikke være det som står der. Tillatt: adressen")
    assert dsn not in sentence.replace("https://nøkkel@sentry.example.no/1", "")


def test_another_form_of_the_log_is_refused(tmp_path: Path) -> None:
    assert 'Tillatt: "text" eller "json"' in refused(tmp_path, 'logs = "xml"')
