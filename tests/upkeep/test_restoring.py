"""What is brought back is what was saved, proved before it comes in place, and without what must not come back."""

import gzip
import hashlib
import io
import json
import sqlite3
import tarfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result

from kept import APPLICATION, apply_as_kari, keep_results
from webapp.cli.alone import serve_lock
from webapp.config import Settings
from webapp.errors import Refusal
from webapp.fetching.claims import FOLDER, Claims
from webapp.fetching.run_lock import run_lock
from webapp.house import House
from webapp.identity import parse
from webapp.model import Person
from webapp.privacy.erasing import erase
from webapp.store import Store, afterwards, as_text, people, sessions, trace_chain
from webapp.upkeep.backups import back_up
from webapp.upkeep.restoring import Wish, restore
from webapp.web.factory import create_app
from world import KARI_NUMBER, NOW, OLA_NUMBER, FakeSource

Said = Callable[..., Result]
DATABASE = "eksternstudium.sqlite"
LATER = NOW + timedelta(hours=6)


@pytest.fixture
def backup(kept: Settings, kari: Person, folder: Path) -> Path:
    """A backup with Kari in it."""
    return Path(back_up(kept, folder, (), lambda: NOW).made.file)


def names_in(database: Path) -> list[str]:
    connection = sqlite3.connect(database)
    names = [name for (name,) in connection.execute("SELECT given_names FROM people ORDER BY id")]
    connection.close()
    return names


def lost(store: Store) -> Path:
    """The instance folder, after its database was deleted; what lies beside it stays, as where somebody deletes it."""
    store.path.unlink()
    return store.path.parent


def test_the_proof_is_told_and_what_was_lost_is_there(said: Said, backup: Path, store: Store) -> None:
    lost(store)
    done = said("restore", backup)
    assert done.exit_code == 0, done.output
    assert "Sikkerhetskopi fra 24.11.2026 kl. " in done.output
    assert " tabeller: 1 personer, 0 søknader, 0 resultater, 0 innføringer i sporingen." in done.output
    assert "Filer som var der, er ikke rørt: settings.toml, sources.toml" in done.output
    assert names_in(store.path) == ["Kari"]
    assert said("audit", "verify").exit_code == 0
    (entry,) = Store(store.path).db.query("SELECT act, door FROM trace WHERE door = 'restore'")
    assert entry["act"] == "administered"


def test_files_that_are_lacking_come_back_and_those_that_are_there_stay(
    said: Said, backup: Path, store: Store, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    new.mkdir()
    (new / "sources.toml").write_text("# mine\n")
    done = said("restore", backup, "--instance", new)
    assert done.exit_code == 0, done.output
    assert "Filer som manglet, er hentet tilbake: settings.toml" in done.output
    assert "Ikke i sikkerhetskopien, må hentes et annet sted: sign-in-secret" in done.stderr
    assert (new / "settings.toml").read_text() == (store.path.parent / "settings.toml").read_text()
    assert (new / "sources.toml").read_text() == "# mine\n"
    assert (new / DATABASE).stat().st_mode & 0o077 == 0


def test_a_database_that_is_there_is_moved_aside_when_told_to_and_never_deleted(
    said: Said, backup: Path, store: Store
) -> None:
    with store.write() as db:
        people.register(db, [parse(OLA_NUMBER)], "Ola", "Nordmann", NOW)
    store.close()
    refused = said("restore", backup)
    assert (refused.exit_code, "Med --replace flyttes den til side" in refused.output) == (2, True)
    assert names_in(store.path) == ["Kari", "Ola"]
    assert said("restore", backup, "--dry-run").exit_code == 0
    assert names_in(store.path) == ["Kari", "Ola"]
    assert said("restore", backup, "--replace").exit_code == 0
    assert names_in(store.path) == ["Kari"]
    (aside,) = store.path.parent.glob("replaced-*")
    assert names_in(aside / DATABASE) == ["Kari", "Ola"]


def test_the_write_ahead_log_of_the_database_that_is_gone_is_not_read_into_the_other(
    said: Said, backup: Path, store: Store
) -> None:
    with store.write() as db:
        people.register(db, [parse(OLA_NUMBER)], "Ola", "Nordmann", NOW)
    instance = lost(store)
    assert (instance / f"{DATABASE}-wal").stat().st_size
    assert said("restore", backup).exit_code == 0
    assert names_in(store.path) == ["Kari"]
    (aside,) = instance.glob("replaced-*")
    assert {path.name for path in aside.iterdir()} == {f"{DATABASE}-wal", f"{DATABASE}-shm"}


def forged(archive: Path, **changes: object) -> None:
    """Write an archive anew with another manifest, or with a member that the manifest does not name."""
    with tarfile.open(archive) as tar:
        contents = {member.name: (tar.extractfile(member) or pytest.fail()).read() for member in tar}
    manifest = json.loads(contents["manifest.json"])
    member = changes.pop("member", None)
    if file := changes.pop("file", None):
        contents[str(file)] = b"x"
        digest = hashlib.sha256(b"x").hexdigest()
        manifest["files"].append({"name": file, "bytes": 1, "sha256": digest})
    contents["manifest.json"] = json.dumps(manifest | changes).encode()
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in [*contents.items(), *([(str(member), b"x")] if member else [])]:
            head = tarfile.TarInfo(name)
            head.size = len(content)
            tar.addfile(head, io.BytesIO(content))


def flip(archive: Path) -> None:
    """One bit of the database in it is another, and gzip is none the wiser."""
    content = bytearray(gzip.decompress(archive.read_bytes()))
    content[-200_000] ^= 1
    archive.write_bytes(gzip.compress(bytes(content)))


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (flip, "er skadet"),
        (lambda file: file.write_bytes(file.read_bytes()[:-5000]), "er skadet"),
        (lambda file: file.write_bytes(file.read_bytes()[:-1]), "er skadet"),
        (lambda file: file.write_bytes(b"PK" + file.read_bytes()), "er ikke en sikkerhetskopi"),
        (lambda file: forged(file, member="../settings.toml"), "er skadet"),
        (lambda file: forged(file, file="../outside"), "et format som denne versjonen ikke kan lese"),
        (lambda file: forged(file, file="/etc/outside"), "et format som denne versjonen ikke kan lese"),
        (lambda file: forged(file, format="eksternstudium-backup/2"), "et format som denne versjonen ikke kan lese"),
        (lambda file: forged(file, steps=["of_tomorrow"], program="9.9"), "nyere versjon (9.9)"),
        (lambda file: forged(file, counts={"people": 2}), "er ikke den som ble lagret"),
        (lambda file: forged(file, files=[]), "har ingen database"),
        (Path.unlink, "fins ikke"),
    ],
)
def test_one_that_is_not_as_it_was_saved_is_refused_and_nothing_has_changed(
    said: Said, backup: Path, store: Store, damage: Callable[[Path], object], sentence: str
) -> None:
    instance = lost(store)
    before = {path.name for path in instance.iterdir()}
    damage(backup)
    refused = said("restore", backup)
    assert (refused.exit_code, sentence in refused.output) == (2, True), refused.output
    assert {path.name for path in instance.iterdir()} - before <= {"run.lock", "serve.lock", "backup.lock"}
    assert not (backup.parent.parent / "outside").exists()


def test_an_encrypted_one_takes_its_key(said: Said, store: Store, kari: Person, folder: Path, tmp_path: Path) -> None:
    keys = [tmp_path / "key.txt", tmp_path / "other.txt"]
    publics = [said("backup", "--new-key", key).output.split('["')[1].split('"]')[0] for key in keys]
    assert said("backup", "--recipient", publics[0]).exit_code == 0
    (file,) = folder.glob("*.age")
    lost(store)
    assert "Skriv --identity" in said("restore", file).output
    assert "Nøkkelen åpner ikke" in said("restore", file, "--identity", keys[1]).output
    assert "er ikke en fil med hemmelige age-nøkler" in said("restore", file, "--identity", file).output
    cut = tmp_path / "cut.age"
    cut.write_bytes(file.read_bytes()[:-100])
    assert "er skadet" in said("restore", cut, "--identity", keys[0]).output
    assert not store.path.exists()
    assert said("restore", file, "--identity", keys[0]).exit_code == 0
    assert names_in(store.path) == ["Kari"]


def test_nobody_may_work_there_meanwhile(said: Said, backup: Path, kept: Settings) -> None:
    with serve_lock(kept.instance):
        assert "Skjermbildene kjører" in said("restore", backup, "--replace").output
        assert said("restore", backup, "--dry-run").exit_code == 0
    with run_lock(kept.instance):
        assert "En kjøring er i gang" in said("restore", backup, "--replace").output
    claims = Claims(kept.instance / FOLDER)
    assert "En kommando arbeider" in said("restore", backup, "--replace").output
    claims.release()
    assert said("restore", backup, "--replace").exit_code == 0


def test_whoever_was_erased_since_is_erased_again(
    said: Said, house: House, kept: Settings, kari: Person, sources: dict[int, FakeSource], folder: Path
) -> None:
    keep_results(house, kari, sources)
    backup = Path(back_up(kept, folder, (), lambda: NOW).made.file)
    erase(house.store, kept, kari.id, "Personen har bedt om det", "kberg", "test", LATER)
    house.close()
    lost(house.store)
    # The whole machine is lost, and with it what it noted: the copy beside the backups tells.
    (kept.instance / afterwards.NAME).unlink()
    done = said("restore", backup)
    assert "Personer som var slettet siden, er slettet igjen: 1" in done.output
    assert b"Nordmann" not in house.store.path.read_bytes()
    assert KARI_NUMBER.encode() not in house.store.path.read_bytes()
    store = Store(house.store.path)
    assert (store.db.table("people").count, store.db.table("answers").count) == (0, 0)
    assert trace_chain.verify(store.db).fault is None
    assert [each.person_id for each in afterwards.noted(kept.instance)] == [kari.id]
    store.close()


def test_a_consent_that_was_withdrawn_since_is_withdrawn_again(
    said: Said, house: House, kept: Settings, kari: Person, folder: Path
) -> None:
    apply_as_kari(house)
    backup = Path(back_up(kept, folder, (), lambda: NOW).made.file)
    for_this_machine = kept.settings.model_copy(update={"sign_in": None})
    screens = replace(house, settings=kept.model_copy(update={"settings": for_this_machine}))
    client = create_app(screens).test_client()
    typed = {"day": "24.11.2026", "how": "på telefon"}
    assert client.post(f"/applications/{APPLICATION}/withdrawal", data=typed).status_code == 303
    assert APPLICATION not in (folder / afterwards.NAME).read_text()
    house.close()
    (kept.instance / afterwards.NAME).unlink()
    before = next(house.store.db.query("SELECT consent_withdrawn_at FROM applications"))
    done = said("restore", backup, "--replace")
    assert "Samtykker som var trukket tilbake siden, er trukket tilbake igjen: 1" in done.output, done.output
    again = Store(house.store.path)
    assert next(again.db.query("SELECT consent_withdrawn_at FROM applications")) == before
    again.close()


def test_a_consent_that_was_given_anew_stays(house: House, kept: Settings, kari: Person) -> None:
    apply_as_kari(house)
    with house.store.write() as db:
        afterwards.note_withdrawn(db, kept.instance, APPLICATION, NOW)
        db.execute("UPDATE applications SET consent_given_at = ?", [as_text(LATER)])
        assert afterwards.withdraw_again(db, afterwards.noted(kept.instance), "kberg") == 0


def test_who_got_the_id_of_somebody_erased_in_a_time_that_was_lost_stays(
    said: Said, kept: Settings, store: Store, backup: Path, folder: Path
) -> None:
    with store.write() as db:
        ola = people.register(db, [parse(OLA_NUMBER)], "Ola", "Nordmann", NOW)
    erase(store, kept, ola, "Personen har bedt om det", "kberg", "test", LATER)
    lost(store)
    assert said("restore", backup).exit_code == 0
    again = Store(store.path)
    with again.write() as db:
        assert people.register(db, [parse(OLA_NUMBER)], "Lin", "Nordmann", LATER) == ola
    second = Path(back_up(kept, folder, (), lambda: LATER).made.file)
    again.close()
    assert said("restore", second, "--replace").exit_code == 0
    assert names_in(store.path) == ["Kari", "Lin"]


def test_no_session_of_that_time_goes_on(said: Said, kept: Settings, store: Store, folder: Path) -> None:
    with store.write() as db:
        db.execute(
            """INSERT INTO users (id, name, kind, roles, created_at, created_by)
            VALUES (1, 'kberg', 'local', '[]', ?, 'test')""",
            [NOW.isoformat()],
        )
        token = sessions.begin(db, 1, NOW, NOW + timedelta(hours=10))
    backup = Path(back_up(kept, folder, (), lambda: NOW).made.file)
    assert said("restore", backup, "--replace").exit_code == 0
    again = Store(store.path)
    assert sessions.find(again.db, token, NOW, timedelta(hours=1)) is None
    again.close()


def test_what_has_grown_too_old_since_goes_at_once(
    said: Said, house: House, kept: Settings, kari: Person, sources: dict[int, FakeSource], folder: Path
) -> None:
    keep_results(house, kari, sources)
    with house.store.write() as db:
        db.execute("PRAGMA defer_foreign_keys = ON")
        db.execute("UPDATE applications SET admission = '2020-HØST-NOM', asked_at = NULL")
        db.execute("UPDATE admissions SET code = '2020-HØST-NOM', year = 2020")
    backup = Path(back_up(kept, folder, (), lambda: NOW).made.file)
    house.close()
    done = said("restore", backup, "--replace")
    assert "er slettet eller tømt: 1" in done.output, done.output


def test_one_of_an_earlier_schema_is_brought_up(kept: Settings, backup: Path, tmp_path: Path) -> None:
    """A step less: what the last one made is taken away, in the database and in what the manifest tells of it."""
    with tarfile.open(backup) as tar:
        tar.extractall(tmp_path / "earlier", filter="data")
    connection = sqlite3.connect(tmp_path / "earlier" / DATABASE)
    connection.execute("DROP TABLE purge_preview")
    connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'purge_preview'")
    connection.commit()
    connection.close()
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / DATABASE).write_bytes((tmp_path / "earlier" / DATABASE).read_bytes())
    old = kept.model_copy(update={"instance": tmp_path / "old"})
    made = Path(back_up(old, tmp_path / "older", (), lambda: NOW).made.file)
    restore(tmp_path / "new", Wish(made, None, False, False, "kberg"), NOW)
    store = Store(tmp_path / "new" / DATABASE)
    assert store.db.table("purge_preview").exists()
    assert names_in(store.path) == ["Kari"]
    store.close()


def test_an_erasure_that_cannot_be_noted_does_not_happen(
    kept: Settings, store: Store, kari: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    (kept.instance / afterwards.NAME).mkdir()
    with pytest.raises(Refusal, match="kan ikke noteres"):
        erase(store, kept, kari.id, "Personen har bedt om det", "kberg", "test", NOW)
    assert store.db.table("people").count == 1


def test_one_that_the_backups_did_not_hear_of_is_told_by_the_next(
    kept: Settings, store: Store, kari: Person, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    erase(store, kept, kari.id, "Personen har bedt om det", "kberg", "test", NOW)
    assert "is not noted beside the backups yet" in caplog.text
    back_up(kept, folder, (), lambda: NOW)
    assert [each.person_id for each in afterwards.noted(folder)] == [kari.id]


def test_half_a_line_is_no_erasure_and_the_next_is_a_line_of_its_own(
    kept: Settings, store: Store, kari: Person
) -> None:
    (kept.instance / afterwards.NAME).write_text('{"person_id": 7, "regis')
    erase(store, kept, kari.id, "Personen har bedt om det", "kberg", "test", NOW)
    assert [each.person_id for each in afterwards.noted(kept.instance)] == [kari.id]
