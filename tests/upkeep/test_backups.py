"""A backup holds all that it must, is there whole or not at all, and is told of when it fails."""

import gzip
import json
import logging
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pyrage
import pytest
from click.testing import Result
from pyrage import x25519

from mail_server import Postbox, mail_server
from webapp.config import Settings
from webapp.errors import Refusal
from webapp.model import Person
from webapp.store import Store
from webapp.upkeep import backup_troubles, backups
from webapp.upkeep.backups import back_up
from webapp.upkeep.rotation import backups_in
from webapp.upkeep.standing import backup_lock, is_due, note_failed, note_good, standing
from world import NOW

Said = Callable[..., Result]


def names_in(archive: Path) -> list[str]:
    with tarfile.open(archive) as tar:
        return tar.getnames()


def only(folder: Path) -> Path:
    (file,) = (path for path in folder.iterdir() if path.suffix != ".jsonl")
    return file


def test_it_is_one_file_that_any_tar_opens(said: Said, kept: Settings, kari: Person, folder: Path) -> None:
    done = said("backup")
    assert done.exit_code == 0, done.output
    file = only(folder)
    assert f"Sikkerhetskopi: {file} (" in done.output
    assert "Ikke med, ta vare på dem et annet sted: sign-in-secret" in done.stderr
    assert names_in(file) == ["manifest.json", "eksternstudium.sqlite", "settings.toml", "sources.toml"]
    assert file.stat().st_mode & 0o077 == 0
    with tarfile.open(file) as tar:
        manifest = json.load(tar.extractfile("manifest.json") or pytest.fail())
        tar.extract("eksternstudium.sqlite", folder / "out", filter="data")
    with sqlite3.connect(folder / "out" / "eksternstudium.sqlite") as copy:
        (count,) = copy.execute("SELECT count(*) FROM people").fetchone()
    copy.close()
    assert count == manifest["counts"]["people"] == 1


def test_what_is_written_meanwhile_is_in_it_whole_or_not_at_all(kept: Settings, store: Store, folder: Path) -> None:
    with store.write() as db:
        db.execute("INSERT INTO admissions (code, year, season, type) VALUES ('2027-VÅR-LOK', 2027, 'VÅR', 'LOK')")
        half = back_up(kept, folder, (), lambda: NOW)
    whole = back_up(kept, folder, (), lambda: NOW + timedelta(seconds=1))
    assert (half.manifest.counts["admissions"], whole.manifest.counts["admissions"]) == (0, 1)


def test_one_that_is_encrypted_has_the_secrets_and_the_server_cannot_read_it(
    said: Said, kept: Settings, folder: Path, tmp_path: Path
) -> None:
    made = said("backup", "--new-key", tmp_path / "key.txt")
    recipient = made.output.split('["')[1].split('"]')[0]
    assert (tmp_path / "key.txt").stat().st_mode & 0o077 == 0
    settings = kept.instance / "settings.toml"
    settings.write_text(settings.read_text().replace("[sign_in]", f'recipients = ["{recipient}"]\n[sign_in]'))
    assert said("backup").exit_code == 0
    file = only(folder)
    assert file.name.endswith(".tar.gz.age")
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(file.read_bytes(), [x25519.Identity.generate()])
    secret = x25519.Identity.from_str((tmp_path / "key.txt").read_text().splitlines()[-1])
    (tmp_path / "clear.tar.gz").write_bytes(pyrage.decrypt(file.read_bytes(), [secret]))
    assert "sign-in-secret" in names_in(tmp_path / "clear.tar.gz")
    assert not (kept.instance / backups.WORK).exists()


def test_it_leaves_a_trace_that_all_left_the_house(said: Said, store: Store, folder: Path) -> None:
    said("backup")
    (entry,) = store.db.query("SELECT act, door, content FROM trace JOIN trace_contents ON entry_id = id")
    assert (entry["act"], entry["door"], json.loads(entry["content"])) == (
        "exported",
        "backup",
        {"file": only(folder).name},
    )


def test_a_key_that_is_none_and_a_key_file_that_exists_are_refused(said: Said, tmp_path: Path) -> None:
    assert "er ikke en offentlig age-nøkkel" in said("backup", tmp_path, "--recipient", "age1nei").output
    (tmp_path / "key.txt").write_text("mine")
    assert said("backup", "--new-key", tmp_path / "key.txt").exit_code == 2
    assert (tmp_path / "key.txt").read_text() == "mine"


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """The disk takes no file that is larger, in bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [100_000, 4_000])
def test_a_full_disk_is_a_sentence_and_leaves_the_good_one(said: Said, kept: Settings, folder: Path, size: int) -> None:
    assert said("backup").exit_code == 0
    good = only(folder)
    before = good.read_bytes()
    with no_file_above(size):
        refused = said("backup")
    assert (refused.exit_code, "Det er ikke plass til sikkerhetskopien" in refused.output) == (2, True), refused.output
    assert (only(folder), good.read_bytes()) == (good, before)
    assert not (kept.instance / backups.WORK).exists()


def test_a_disk_that_is_nearly_full_is_left_alone(
    kept: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with pytest.raises(Refusal, match="Det er ikke plass"):
        back_up(kept, folder, (), lambda: NOW)


@pytest.mark.parametrize(("place", "sentence"), [("gone/backups", "fins ikke"), ("file/backups", "fins ikke")])
def test_a_folder_that_is_not_there_is_a_sentence(said: Said, tmp_path: Path, place: str, sentence: str) -> None:
    (tmp_path / "file").write_text("")
    refused = said("backup", tmp_path / place)
    assert (refused.exit_code, sentence in refused.output) == (2, True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not write")
def test_a_folder_that_cannot_be_written_is_a_sentence(kept: Settings) -> None:
    with tempfile.TemporaryDirectory() as place:
        instance, folder = Path(place, "instance"), Path(place, "backups")
        shutil.copytree(kept.instance, instance)
        folder.mkdir()
        Path(place).chmod(0o755)
        for path in (instance, *instance.iterdir()):
            os.chown(path, 65534, 65534)
        os.seteuid(65534)
        try:
            with pytest.raises(Refusal, match="kan ikke skrives i"):
                back_up(kept.model_copy(update={"instance": instance}), folder, (), lambda: NOW)
        finally:
            os.seteuid(0)
        assert not list(folder.iterdir())


def test_a_damaged_database_is_not_taken_for_a_good_one(said: Said, kept: Settings, store: Store, folder: Path) -> None:
    assert said("backup").exit_code == 0
    store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with store.path.open("r+b") as file:
        file.seek(4096 * 20)
        file.write(os.urandom(4096 * 60))
    refused = said("backup")
    assert (refused.exit_code, "kan ikke leses til ende" in refused.output) == (2, True)
    assert only(folder)


@pytest.mark.slow
def test_killed_in_the_middle_it_leaves_nothing_that_could_be_taken_for_a_backup(
    said: Said, kept: Settings, folder: Path
) -> None:
    settings = kept.instance / "settings.toml"
    settings.write_text(settings.read_text() + '[server]\ncertificate = "large.pem"\nkey = "key.pem"\n')
    (kept.instance / "large.pem").write_bytes(os.urandom(8_000_000))
    process = subprocess.Popen([sys.executable, "-m", "webapp", "backup"], stdout=subprocess.DEVNULL)
    work = kept.instance / backups.WORK
    while not (work / "packed").exists() and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=20) == -signal.SIGKILL
    assert work.exists()
    assert not folder.exists() or not backups_in(folder)
    folder.mkdir(exist_ok=True)
    (folder / "eksternstudium-20261124T081400Z.tar.gz.partial").write_bytes(b"half")
    (folder / "their-own.partial").write_bytes(b"whole")
    assert said("backup").exit_code == 0
    assert not work.exists()
    assert len(backups_in(folder)) == 1
    assert sorted(path.suffix for path in folder.iterdir()) == [".gz", ".partial"]


def test_two_at_a_time_are_refused(kept: Settings, folder: Path) -> None:
    with backup_lock(kept.instance), pytest.raises(Refusal, match="akkurat nå"):
        back_up(kept, folder, (), lambda: NOW)


def test_an_instance_without_a_database_says_so(kept: Settings, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refusal, match="ingen database"):
        back_up(kept.model_copy(update={"instance": tmp_path / "empty"}), tmp_path, (), lambda: NOW)


def test_one_of_the_night_that_fails_is_noted_and_mailed_once(
    said: Said, kept: Settings, folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "nice", lambda _: 0)
    postbox = Postbox()
    folder.write_text("a file stands where the folder is to be")
    with mail_server(postbox) as port:
        settings = kept.instance / "settings.toml"
        settings.write_text(
            f"""{settings.read_text()}[mail]
server = "127.0.0.1"
port = {port}
security = "none"
sender = "fs@example.no"
subscribers = ["drift@example.no"]
address = "https://eksternstudium.example.no"
"""
        )
        assert [said("backup", "--scheduled").exit_code for _ in range(2)] == [2, 2]
    mail = postbox.only()
    assert mail["Subject"] == "Eksternstudium: sikkerhetskopien ble ikke tatt"
    assert f"{folder} kan ikke brukes" in (mail.get_body(("plain",)) or pytest.fail()).get_content().replace("\n", " ")
    failed = standing(kept.instance).failed
    assert failed is not None and failed.since < failed.at
    folder.unlink()
    with caplog.at_level(logging.INFO):
        assert said("backup", "--scheduled").exit_code == 0
    assert standing(kept.instance).failed is None
    assert f"backup {only(folder).name}: " in caplog.text


def test_it_is_due_once_a_night_and_again_an_hour_after_it_failed(kept: Settings, folder: Path) -> None:
    morning = NOW.replace(hour=6)  # 07.00 in Oslo; it was to be taken at 04.30
    assert is_due(kept, morning)
    made = back_up(kept, folder, (), lambda: morning).made
    assert not is_due(kept, morning + timedelta(hours=20))
    assert is_due(kept, morning + timedelta(hours=22)), "the next night"
    assert is_due(kept, morning + timedelta(days=9)), "once, however many nights the machine slept"
    assert is_due(kept, morning - timedelta(days=1)), "a clock that was set back"
    note_failed(kept.instance, Refusal("Full"), morning + timedelta(days=1))
    assert not is_due(kept, morning + timedelta(days=1, minutes=59))
    assert is_due(kept, morning + timedelta(days=1, minutes=61))
    note_good(kept.instance, made)
    assert (standing(kept.instance).is_worrying(morning), standing(kept.instance).failed) == (False, None)
    assert standing(kept.instance).is_worrying(morning + timedelta(days=3))
    without = kept.settings.model_copy(update={"backup": None})
    assert not is_due(kept.model_copy(update={"settings": without}), morning + timedelta(days=9))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (OSError(30, "Read-only file system"), "kan ikke skrives i"),
        (OSError(28, "No space left on device"), "Det er ikke plass"),
        (OSError(5, "Input/output error"), "kan ikke brukes: Input/output error"),
        (sqlite3.OperationalError("something else"), "kan ikke leses til ende"),
    ],
)
def test_whatever_the_disk_does_is_a_sentence(wrong: Exception, sentence: str) -> None:
    with pytest.raises(Refusal, match=sentence), backup_troubles.told(Path("/backups")):
        raise wrong


def test_a_database_that_another_holds_alone_is_a_sentence(
    kept: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    monkeypatch.setattr("webapp.store.snapshot.BUSY_SECONDS", 0.05)
    store.close()
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Refusal, match="er låst av et annet program"):
        back_up(kept, folder, (), lambda: NOW)
    other.close()


def test_gzip_of_the_same_instance_at_the_same_time_is_the_same(kept: Settings, tmp_path: Path) -> None:
    first, second = (only_after(kept, tmp_path / name) for name in ("one", "two"))
    assert gzip.decompress(first) == gzip.decompress(second)


def only_after(kept: Settings, folder: Path) -> bytes:
    return Path(back_up(kept, folder, (), lambda: NOW).made.file).read_bytes()
