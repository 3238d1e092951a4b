"""`eksternstudium user`: from a terminal on the machine itself."""

import getpass
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from webapp.cli import main
from webapp.store import Store, accounts, users
from webapp.store import sessions as sessions_store
from world import NOW

Call = Callable[..., Result]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Calls the program over an instance with local accounts."""
    monkeypatch.setenv("EKSTERNSTUDIUM_INSTANCE", str(tmp_path))
    (tmp_path / "secret").write_text("s" * 40)
    (tmp_path / "settings.toml").write_text(
        'address = "https://es.example.no"\n[sign_in]\nlocal = true\nsecret_file = "secret"\n'
    )
    return lambda *arguments: CliRunner().invoke(main, ["user", *arguments])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "eksternstudium.sqlite")
    yield store
    store.close()


def test_a_user_is_added_and_gets_a_link(call: Call, store: Store) -> None:
    came = call("add", "kberg", "--role", "caseworker", "--role", "auditor", "--display-name", "Kari Berg")
    assert came.exit_code == 0
    link = came.output.splitlines()[-1]
    assert link.startswith("https://es.example.no/set-up/")
    found = accounts.link(store.db, link.rpartition("/")[2], NOW)
    assert found and (found.user.name, found.user.display_name) == ("kberg", "Kari Berg")
    assert found.user.roles == {"caseworker", "auditor"}
    assert link.rpartition("/")[2] not in "\n".join(store.db.conn.iterdump())
    (entry,) = store.db.query("SELECT by, act, door FROM trace")
    assert entry == {"by": getpass.getuser(), "act": "administered", "door": "user add"}


def test_users_are_listed_changed_and_put_off(call: Call, store: Store) -> None:
    call("add", "root", "--role", "system-administrator")
    call("add", "kberg", "--role", "reader")
    with store.write() as db:
        sessions_store.begin(db, 2, NOW, NOW.replace(year=2100))
    assert call("roles", "kberg", "--role", "caseworker").exit_code == 0
    assert call("disable", "KBERG").exit_code == 0
    listed = call("list").output
    assert "kberg" in listed and "slått av" in listed
    assert store.db["sessions"].count == 0
    assert call("enable", "kberg").exit_code == call("unlock", "kberg").exit_code == 0
    assert call("link", "kberg").output.splitlines()[-1].startswith("https://es.example.no/set-up/")
    found = users.user_named(store.db, "kberg")
    assert found and (found.roles, found.is_active) == ({"caseworker"}, True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("add", "kberg", "--role", "reader"), "Brukernavnet kberg er i bruk"),
        (("add", "03859849902", "--role", "reader"), "aldri et fødselsnummer"),
        (("add", "a b", "--role", "reader"), "2 til 64 bokstaver"),
        (("link", "nobody"), "Brukeren nobody fins ikke"),
        (("disable", "kberg"), "den siste systemadministratoren"),
        (("roles", "kberg", "--role", "reader"), "den siste systemadministratoren"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(call: Call, arguments: tuple[str, ...], sentence: str) -> None:
    call("add", "kberg", "--role", "system-administrator")
    came = call(*arguments)
    assert came.exit_code == 2
    assert sentence in came.stderr and came.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ("", "Lokale brukere er ikke slått på"),
        ("[sign_in]\nlocal = true\n", "Innloggingen trenger en hemmelighet"),
        ('[sign_in]\nlocal = true\nsecret_file = "short"\n', "minst 32 tilfeldige tegn"),
    ],
)
def test_without_a_secret_nobody_is_added(call: Call, tmp_path: Path, settings: str, sentence: str) -> None:
    (tmp_path / "short").write_text("s" * 31)
    (tmp_path / "settings.toml").write_text(settings)
    came = call("add", "kberg", "--role", "reader")
    assert came.exit_code == 2
    assert sentence in came.stderr
