"""A backup brought back: proved first, in a folder beside; then it takes the place of a database that is gone, or that
is moved aside. Nothing is deleted.

What must not come back with it goes before anybody can open it: people who were erased since, and the sessions of that
time.
"""

import shutil
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import NamedTuple

from webapp.disk import folder_for_now, sync
from webapp.errors import Refusal
from webapp.model import Act, Purged, TraceEntry
from webapp.store import Store, afterwards, erasure, people, retention, runs, sessions, snapshot, trace
from webapp.store.schema.steps import unknown
from webapp.upkeep.archive import Manifest, decrypt, identities_in, is_encrypted, manifest_of, unpack
from webapp.upkeep.backup_troubles import told
from webapp.upkeep.backups import trace_of
from webapp.upkeep.standing import backup_lock

DATABASE = "eksternstudium.sqlite"
_WORK = "restore-work"
_BESIDE = ("", "-wal", "-shm", "-journal")


@dataclass(frozen=True)
class Restored:
    """What a restore brought back. `erased`, `withdrawn`: how many people were erased again, and consents withdrawn;
    `files`: those that were lacking and are back; `kept`: those that stood there and stay; `aside`: where what stood in
    the way was moved; `unfinished`: runs that go on."""

    manifest: Manifest
    erased: int
    withdrawn: int
    files: Sequence[str]
    kept: Sequence[str]
    aside: Path | None
    unfinished: Sequence[int]


class _Fit(NamedTuple):
    erased: int
    withdrawn: int
    unfinished: Sequence[int]


@dataclass(frozen=True)
class Wish:
    """What is to be brought back: a file, the file of keys that opens it, and whether a database that is there is moved
    aside, and whether all is proved only, without bringing it back. `by`: who does it."""

    file: Path
    identity: Path | None
    replace: bool
    proved_only: bool
    by: str


def restore(instance: Path, wish: Wish, now: datetime) -> Restored:
    """Bring a backup back into an instance folder that nobody works in.

    Raises Refusal, and leaves the instance as it was, when the file is damaged or from a newer program, when there is
    no key or no room, or when a database is there that is not to be replaced.
    """
    if (instance / DATABASE).exists() and not (wish.replace or wish.proved_only):
        raise Refusal(
            "Det er en database i %(folder)s fra før. Med --replace flyttes den til side, og ingenting slettes.",
            folder=instance,
        )
    with told(instance):
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        with backup_lock(instance), folder_for_now(instance / _WORK) as work:
            manifest = _proved(wish, work)
            fit = _made_fit(instance, wish, manifest, work, now)
            names = [each.name for each in manifest.files if each.name not in (DATABASE, afterwards.NAME)]
            lacking = [name for name in names if not (instance / name).exists()]
            aside = None
            if not wish.proved_only:
                if noted := _since(instance, wish, work):
                    afterwards.write(instance, noted)
                for name in lacking:
                    (instance / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                    sync((work / name).rename(instance / name))
                aside = _moved_aside(instance, now)
                sync(work / DATABASE)
                (work / DATABASE).rename(instance / DATABASE)
                sync(instance)
    kept = [name for name in names if name not in lacking]
    return Restored(manifest, fit.erased, fit.withdrawn, lacking, kept, aside, fit.unfinished)


def _proved(wish: Wish, work: Path) -> Manifest:
    """The files of the backup in the folder `work`, each as the manifest says, the database sound."""
    archive = _clear(wish, work)
    said = manifest_of(archive)
    if unknown(said.steps):
        raise Refusal(
            "Sikkerhetskopien er laget av en nyere versjon (%(version)s) enn denne. Bruk den, eller en nyere.",
            version=said.program,
        )
    if DATABASE not in {each.name for each in said.files}:
        raise Refusal("Sikkerhetskopien har ingen database. Bruk en annen.")
    if shutil.disk_usage(work).free < said.bytes:
        raise Refusal(
            "Det er ikke plass til innholdet, %(size)d MB, i %(folder)s. Frigjør plass, og prøv igjen.",
            size=-(-said.bytes // 1_000_000),
            folder=work.parent,
        )
    manifest = unpack(archive, work)
    try:
        proof = snapshot.prove(work / DATABASE)
    except sqlite3.DatabaseError as wrong:
        raise Refusal("Databasen i sikkerhetskopien er skadet (%(why)s). Bruk en annen.", why=wrong) from wrong
    if proof.counts != manifest.counts or proof.steps != manifest.steps or trace_of(proof.trace) != manifest.trace:
        raise Refusal("Databasen i sikkerhetskopien er ikke den som ble lagret. Bruk en annen sikkerhetskopi.")
    return manifest


def _clear(wish: Wish, work: Path) -> Path:
    """The archive, decrypted where it is encrypted."""
    if not wish.file.is_file():
        raise Refusal("%(file)s fins ikke.", file=wish.file)
    if not is_encrypted(wish.file):
        return wish.file
    if wish.identity is None:
        raise Refusal("Sikkerhetskopien er kryptert. Skriv --identity og filen med den hemmelige nøkkelen.")
    clear = work / "clear"
    decrypt(wish.file, clear, identities_in(wish.identity))
    return clear


def _made_fit(instance: Path, wish: Wish, manifest: Manifest, work: Path, now: datetime) -> _Fit:
    """Bring the database up to this program's schema, and take out what must not come back."""
    store = Store(work / DATABASE)
    try:
        with store.write() as db:
            since = _since(instance, wish, work)
            withdrawn = afterwards.withdraw_again(db, since, wish.by)
            again = afterwards.still_there(db, since)
            for person_id in again:
                _erase(store, person_id)
            if again:
                trace.append(db, TraceEntry(now, wish.by, Act.ERASED, "restore", tuple(again), {}))
                purge_id = retention.begin_purge(db, wish.by, now)
                retention.note_purged(db, purge_id, Purged(people=len(again)), now)
                retention.note_rebuilt(db, purge_id, now)
            sessions.end_all(db)
            content = {"file": wish.file.name, "from": manifest.made_at.astimezone(UTC).isoformat(timespec="seconds")}
            trace.append(db, TraceEntry(now, wish.by, Act.ADMINISTERED, "restore", (), content))
        store.rebuild(lambda: False)
        return _Fit(len(again), withdrawn, [run.id for run in runs.unfinished(store.db)])
    finally:
        # The last connection that closes puts the write-ahead log into the file.
        store.close()


def _erase(store: Store, person_id: int) -> None:
    person = people.person(store.db, person_id)
    if person is None:
        raise LookupError(f"there is no person {person_id}")
    erasure.delete(store.db, [person_id])
    names = [name for name in (person.given_names, person.family_name) if name]
    erasure.forget_mentions(store.db, [*person.identifiers, *names])


def _since(instance: Path, wish: Wish, work: Path) -> Sequence[afterwards.Afterwards]:
    """All that is told of what happened afterwards: here, beside the backups, and in this one."""
    return afterwards.noted(instance, wish.file.parent, work)


def _moved_aside(instance: Path, now: datetime) -> Path | None:
    """Move the database away, and what lies beside it: the write-ahead log of a database that is gone would be written
    into the one that takes its place."""
    there = [instance / f"{DATABASE}{ending}" for ending in _BESIDE if (instance / f"{DATABASE}{ending}").exists()]
    if not there:
        return None
    names = (f"replaced-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}{'-' * place}" for place in count())
    aside = next(path for path in map(instance.joinpath, names) if not path.exists())
    aside.mkdir(mode=0o700)
    for path in there:
        path.rename(aside / path.name)
    return aside
