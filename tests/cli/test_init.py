"""`eksternstudium init`: an instance out of answers or options, whole or not at all."""

import os
import pty
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from certificates import Authority
from serving import served
from webapp.cli import init as init_module
from webapp.cli import main
from webapp.config import read_settings
from webapp.errors import Refusal
from webapp.model import Basis, Institution, Purpose, Role
from webapp.provider import create_provider
from webapp.provider.shelf import Shelf
from webapp.source_settings import ElmoPullSettings
from webapp.store import Store, accounts, people
from world import UIB, UIO

Call = Callable[..., Result]
SCRIPTED = ("--institution", "215", "--sources", "none", "--sign-in")
WITH_ADDRESS = (*SCRIPTED, "local", "--administrator", "root", "--address", "https://es.no")


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    instance = tmp_path / "here" / "instance"
    instance.parent.mkdir()
    monkeypatch.setenv("EKSTERNSTUDIUM_INSTANCE", str(instance))
    return instance


@pytest.fixture
def call(instance: Path) -> Call:
    return lambda *arguments, said="": CliRunner().invoke(main, ["init", *map(str, arguments)], input=said)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where an institution answers that shares nothing with anybody."""
    shelf = Shelf(tmp_path / "shelf.sqlite")
    shelf.add_institution(Institution(UIO, {"nb": "Universitetet i Oslo"}))
    with served(create_provider(shelf)) as url:
        yield f"{url}/{UIO}"
    shelf.close()


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def lines(*answers: object) -> str:
    return "".join(f"{answer}\n" for answer in answers)


def test_without_a_sign_in_it_takes_two_answers_and_no_terminal(call: Call, instance: Path) -> None:
    came = call(*SCRIPTED, "none")
    assert came.exit_code == 0, came.output
    settings = read_settings(instance, {})
    assert (settings.settings.institution, settings.settings.sign_in, settings.sources) == (215, None, ())
    assert settings.basis_at(Purpose.ADMISSION, datetime.now(UTC)).basis is Basis.CONSENT
    assert settings.basis_at(Purpose.RECOGNITION, datetime.now(UTC)).basis is Basis.STATUTE
    assert "1. eksternstudium serve\n" in came.output
    assert (mode(instance), list(instance.parent.iterdir())) == (0o700, [instance])


@pytest.mark.parametrize(
    ("address", "site", "read"),
    [
        ((), None, "Les docs/install.md: i drift"),
        ((), Path("/site"), "Les http://127.0.0.1:8000/help/install.html: i drift"),
        (("--address", "https://es.no"), Path("/site"), "Les https://es.no/help/install.html: i drift"),
    ],
)
def test_the_last_step_says_where_to_read_on(
    call: Call, monkeypatch: pytest.MonkeyPatch, address: tuple[str, ...], site: Path | None, read: str
) -> None:
    monkeypatch.setattr(init_module, "site_folder", lambda: site)
    came = call(*SCRIPTED, "local", "--administrator", "root", *address)
    assert read in came.output.splitlines()[-1], came.output


def test_local_users_get_a_secret_and_the_first_administrator_a_link(call: Call, instance: Path) -> None:
    came = call(*SCRIPTED, "local", "--administrator", "root", "--address", "https://es.example.no")
    assert came.exit_code == 0, came.output
    settings = read_settings(instance, {})
    assert settings.settings.server.behind_proxy
    assert settings.settings.sign_in and len(settings.settings.sign_in.strong_secret(instance)) >= 32
    assert mode(instance / "sign-in-secret") == 0o600
    (link,) = (word for word in came.output.split() if word.startswith("https://es.example.no/set-up/"))
    store = Store(settings.database)
    found = accounts.link(store.db, link.rpartition("/")[2], datetime.now(UTC))
    store.close()
    assert found and (found.user.name, found.user.roles) == ("root", {Role.SYSTEM_ADMINISTRATOR})


def test_a_certificate_of_our_own_says_how_to_serve(call: Call, instance: Path, tmp_path: Path) -> None:
    made = Authority(tmp_path).make("localhost")
    files = "--certificate", made.certificate, "--key", made.key
    came = call(*SCRIPTED, "local", "--administrator", "root", "--address", "https://localhost:8443", *files)
    assert "serve --host 0.0.0.0 --port 8443\n" in came.output
    assert read_settings(instance, {}).settings.server.files(instance) == (made.certificate, made.key)


def test_an_openid_client_has_its_secret_in_a_file_of_its_own(call: Call, instance: Path) -> None:
    client = "--issuer", "https://auth.example.no", "--client-id", "es", "--client-secret-file", "-"
    roles = "--roles-claim", "groups.id", "--administrator", 'a"b'
    came = call(*SCRIPTED, "openid", *client, *roles, said="very-secret\n")
    assert came.exit_code == 0, came.output
    sign_in = read_settings(instance, {}).settings.sign_in
    assert sign_in and sign_in.oidc and not sign_in.local
    assert sign_in.oidc.roles.of(frozenset({'a"b'})) == {Role.SYSTEM_ADMINISTRATOR}
    assert (sign_in.oidc.secret(instance), sign_in.oidc.roles_claim) == ("very-secret", "groups.id")
    assert mode(instance / "openid-secret") == 0o600
    assert "http://127.0.0.1:8000/sign-in/openid/return" in came.output
    assert "very-secret" not in (instance / "settings.toml").read_text() + came.output


def test_the_network_to_try_brings_its_people(call: Call, instance: Path) -> None:
    came = call("--institution", "oslomet", "--sign-in", "none", "--sources", "demo")
    assert came.exit_code == 0, came.output
    assert "1. eksternstudium demo --network " in came.output
    settings = read_settings(instance, {})
    assert (settings.settings.test_instance, len(settings.sources)) == (True, 50)
    store = Store(settings.database)
    assert people.people_named(store.db, "Solveig Hætta")
    store.close()


def test_a_file_of_sources_is_taken_as_it_is(call: Call, instance: Path, tmp_path: Path) -> None:
    file = tmp_path / "kilder.toml"
    file.write_text(f'# Våre.\n[[source]]\ninstitution = {UIO}\nprotocol = "file"\n')
    assert call("--institution", "215", "--sign-in", "none", "--sources", file).exit_code == 0
    assert (instance / "sources.toml").read_text() == file.read_text()


def test_what_is_not_given_is_asked_for_until_it_can_be_used(call: Call, instance: Path) -> None:
    institution, kind, user = ("oslo", "xyzzy", "215"), ("5", "local"), ("x", "root")
    came = call(said=lines(*institution, *kind, *user, "http://es.no", "", "statute", "", "1"))
    assert came.exit_code == 0, came.output
    for sentence in (
        "Flere passer. Skriv nummeret: 185 Universitetet i Oslo; ",
        "Ingen institusjon i registeret passer.",
        "Svar med none, local, openid, eller tallet foran.",
        "Et brukernavn har 2 til 64 bokstaver",
        "Adressen begynner med https://",
    ):
        assert sentence in came.output
    settings = read_settings(instance, {}).settings
    assert (settings.institution, settings.address, settings.sign_in and settings.sign_in.local) == (215, None, True)
    assert settings.legal_basis.admission[0].basis is settings.legal_basis.recognition[0].basis is Basis.STATUTE


def test_sources_that_are_told_one_by_one_are_tried(call: Call, instance: Path, address: str) -> None:
    answers = (
        "uio",
        "elmo-pull",
        address,
        "token",
        UIB,
        "1",
        "nowhere",
        "",
        UIB,
        "1",
        "http://127.0.0.1:9",
        "",
        "nei",
        "",
    )
    came = call("--institution", "215", "--sign-in", "none", said=lines("1", "2", "each", *answers))
    assert came.exit_code == 0, came.output
    assert "Prøver Universitetet i Oslo …\n  elmo-pull/1\n" in came.output
    assert "«url» kan ikke være 'nowhere'" in came.output
    assert "Kilden tok ikke imot forbindelsen." in came.output
    (source,) = read_settings(instance, {}).sources
    assert isinstance(source, ElmoPullSettings)
    assert (source.institution, source.url, source.secret(instance)) == (UIO, address, "token")
    assert mode(instance / str(source.secret_file)) == 0o600


@pytest.mark.parametrize("file", ["settings.toml", "sources.toml", "eksternstudium.sqlite"])
def test_an_instance_that_exists_stays_as_it_is(call: Call, instance: Path, file: str) -> None:
    instance.mkdir()
    (instance / file).write_text("# mine\n")
    came = call(*SCRIPTED, "none")
    assert (came.exit_code, came.stderr.count("\n")) == (2, 1)
    assert "fins fra før, og blir som den er. Start den med serve" in came.stderr
    assert {each.name: each.read_text() for each in instance.iterdir()} == {file: "# mine\n"}


def test_a_folder_that_is_there_is_filled_and_keeps_what_it_has(call: Call, instance: Path) -> None:
    instance.mkdir()
    (instance / "cert.pem").write_text("mine")
    assert call(*SCRIPTED, "none").exit_code == 0
    assert read_settings(instance, {}).settings.institution == 215
    assert (instance / "cert.pem").read_text() == "mine"
    assert not list(instance.glob(".init*"))


def test_nothing_is_moved_into_a_folder_that_has_a_file_of_that_name(call: Call, instance: Path) -> None:
    instance.mkdir()
    (instance / "sign-in-secret").write_text("mine")
    came = call(*SCRIPTED, "local", "--administrator", "root")
    assert (came.exit_code, "sign-in-secret fins fra før" in came.stderr) == (2, True)
    assert [each.name for each in instance.iterdir()] == ["sign-in-secret"]


def test_root_makes_nothing_in_the_folder_of_another_account(
    call: Call, instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance.mkdir()
    if os.geteuid() == 0:
        os.chown(instance, 10001, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    came = call(*SCRIPTED, "none")
    assert (came.exit_code, "Kjør init som den brukeren." in came.stderr) == (2, True)
    assert list(instance.iterdir()) == []


def test_where_nothing_can_be_written_nothing_is_asked(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    came = call()
    assert (came.exit_code, came.stdout) == (2, "")
    assert "nevn en annen med EKSTERNSTUDIUM_INSTANCE" in came.stderr


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--institution", "xyzzy"), "Ingen institusjon i registeret passer."),
        (("--institution", "0"), "Ingen institusjon i registeret passer."),
        ((*SCRIPTED, "local"), "Gi det med --administrator."),
        ((*SCRIPTED, "local", "--administrator", "03859849902"), "aldri et fødselsnummer"),
        ((*SCRIPTED, "none", "--address", "https://es.no"), "Uten innlogging når bare denne maskinen"),
        ((*SCRIPTED, "local", "--administrator", "root", "--address", "es.no"), "Adressen begynner med https://"),
        ((*SCRIPTED, "local", "--administrator", "root", "--key", __file__), "Gi den med --address."),
        (
            (*WITH_ADDRESS, "--key", __file__),
            "Gi både --certificate og --key.",
        ),
        (
            (*WITH_ADDRESS, "--key", __file__, "--certificate", __file__),
            "Begge må være lesbare PEM-filer",
        ),
        ((*SCRIPTED, "openid", "--issuer", "http://es.no"), "Utstederen er en adresse som begynner med https://"),
        (("--institution", "215", "--sign-in", "none", "--sources", "nowhere.toml"), "nowhere.toml kan ikke leses"),
        (("--institution", "215", "--sign-in", "none", "--sources", __file__), "dette er ikke gyldig TOML"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_leaves_nothing(
    call: Call, instance: Path, options: tuple[str, ...], sentence: str
) -> None:
    came = call(*options)
    assert (came.exit_code, came.stderr.count("\n")) == (2, 1), came.output
    assert sentence in came.stderr
    assert list(instance.parent.iterdir()) == []


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), Refusal("Nei."), OSError(28, "No space left on device")])
def test_what_ends_while_it_is_written_leaves_nothing(
    call: Call, instance: Path, monkeypatch: pytest.MonkeyPatch, ending: BaseException
) -> None:
    def end(_: object) -> None:
        raise ending

    monkeypatch.setattr(init_module, "take_in_people", end)
    came = call("--institution", "215", "--sign-in", "none", "--sources", "demo")
    assert came.exit_code != 0
    assert list(instance.parent.iterdir()) == []


def test_ctrl_c_at_a_question_leaves_nothing(instance: Path) -> None:
    terminal, other_end = pty.openpty()
    command = [sys.executable, "-m", "webapp", "init"]
    with subprocess.Popen(command, stdin=other_end, stdout=other_end, stderr=other_end, start_new_session=True) as init:
        os.close(other_end)
        said = b""
        while b"bokstaver av navnet" not in said:
            said += os.read(terminal, 1024)
        for _ in range(4):  # one that comes just before the terminal is read from is heeded with the next
            init.send_signal(2)
            with suppress(subprocess.TimeoutExpired):
                init.wait(5)
                break
        assert init.poll() == 1
    os.close(terminal)
    assert list(instance.parent.iterdir()) == []
