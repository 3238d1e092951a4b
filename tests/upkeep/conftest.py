"""An instance with Kari, settings, a source that has a secret, and a folder for its backups."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from webapp.cli import main
from webapp.config import Settings, read_settings
from webapp.store import Store

SETTINGS = """test_instance = true
[backup]
folder = "{}"
[sign_in]
local = true
secret_file = "sign-in-secret"
"""
SOURCES = """[[source]]
institution = 185
protocol = "elmo-pull"
url = "http://127.0.0.1:9"
"""
Said = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the backups."""
    return tmp_path / "backups"


@pytest.fixture
def kept(store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """The settings as their files have them."""
    instance = store.path.parent
    (instance / "settings.toml").write_text(SETTINGS.format(folder), encoding="utf-8")
    (instance / "sources.toml").write_text(SOURCES, encoding="utf-8")
    (instance / "sign-in-secret").write_text("s" * 40, encoding="utf-8")
    monkeypatch.setenv("EKSTERNSTUDIUM_INSTANCE", str(instance))
    yield read_settings(instance, os.environ)


@pytest.fixture
def said(kept: Settings) -> Said:
    """Runs a command over the instance."""
    return lambda *arguments: CliRunner().invoke(main, [str(each) for each in arguments])
