"""A backup: the database as it is at one instant and what belongs to it, proved, in one file that is there whole or not
at all.

Whatever is clear lies in a folder of the instance meanwhile, never beside the backups: those may be on a machine that
is not to read them.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from pyrage import x25519

from webapp.config import Settings
from webapp.disk import folder_for_now, for_us_alone, sync
from webapp.errors import Refusal
from webapp.model import TraceVerdict
from webapp.store import afterwards, snapshot
from webapp.upkeep.archive import Manifest, Trace, decrypt, encrypt, pack, packed, unpack
from webapp.upkeep.backup_troubles import FULL, told
from webapp.upkeep.belongings import belongings
from webapp.upkeep.rotation import name_at, rotate
from webapp.upkeep.standing import Made, backup_lock, note_good

#: Where a backup is made, in the instance folder.
WORK = "backup-work"
_PARTIAL = ".partial"
#: The room that a backup takes in the instance folder meanwhile, in sizes of the database: a copy, and that packed and
#: read back.
_ROOM = 2


@dataclass(frozen=True)
class BackedUp:
    """A backup that was taken: what it holds, what it is, and the older ones that went."""

    made: Made
    manifest: Manifest
    gone: Sequence[str]


def back_up(settings: Settings, folder: Path, recipients: Sequence[str], clock: Callable[[], datetime]) -> BackedUp:
    """Take a backup into a folder, read by those alone who have the keys to `recipients`, or by everybody where there
    are none. It is read to its end before it gets its name; then those go that are one too many, where the folder is
    that of `[backup]`.

    Raises Refusal, and leaves what was there, when it cannot be had.
    """
    instance = settings.instance
    if not settings.database.is_file():
        raise Refusal("Det er ingen database å ta kopi av i %(folder)s.", folder=instance)
    with told(instance), backup_lock(instance), folder_for_now(instance / WORK) as work:
        _see_room(settings)
        now = clock()
        archive, manifest = _packed(settings, work, now, bool(recipients))
        with told(folder):
            folder.mkdir(mode=0o700, exist_ok=True)
            made = _put(archive, folder / name_at(now, bool(recipients)), work, recipients, now)
            afterwards.copy(instance, folder)
            gone = _rotate(settings, folder, Path(made.file).name)
        note_good(instance, made)
    return BackedUp(made, manifest, gone)


def _packed(settings: Settings, work: Path, now: datetime, with_secrets: bool) -> tuple[Path, Manifest]:
    """The archive of all that is saved, still clear."""
    instance, database = settings.instance, settings.database.name
    snapshot.take(settings.database, work / database)
    proof = snapshot.prove(work / database)
    belongs = belongings(settings)
    files: dict[str, Path] = {database: work / database}
    for name in (*belongs.open, *(belongs.secret if with_secrets else ())):
        # Copied first: a file that is changed meanwhile would not be what its hash says.
        files[name] = work / "belongings" / name
        files[name].parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(instance / name, files[name])
    if noted := afterwards.noted(instance):
        afterwards.write(work, noted)
        files[afterwards.NAME] = work / afterwards.NAME
    manifest = Manifest(
        made_at=now,
        program=version("eksternstudium"),
        steps=proof.steps,
        counts=proof.counts,
        trace=trace_of(proof.trace),
        files=tuple(packed(name, path) for name, path in files.items()),
        left_out=(*belongs.outside, *(() if with_secrets else belongs.secret)),
    )
    archive = work / "packed"
    pack(manifest, files, archive)
    return archive, manifest


def trace_of(verdict: TraceVerdict) -> Trace:
    """What a verification of the trace came to, as the manifest has it."""
    fault = f"{verdict.fault} {verdict.fault_at}" if verdict.fault else None
    return Trace(entries=verdict.head.number, head=verdict.head.hash, fault=fault)


def _put(archive: Path, path: Path, work: Path, recipients: Sequence[str], now: datetime) -> Made:
    """Write the backup under another name, prove that it can be read back, and give it its own."""
    partial = path.with_name(f"{path.name}{_PARTIAL}")
    for left in path.parent.glob(f"eksternstudium-*{_PARTIAL}"):
        left.unlink(missing_ok=True)
    try:
        _write(archive, partial, work, recipients)
        whole = packed(path.name, partial)
        if path.exists():
            raise Refusal("%(file)s fins fra før. Prøv igjen om et sekund.", file=path.name)
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)
    sync(path.parent)
    return Made(file=str(path), at=now, bytes=whole.bytes, sha256=whole.sha256, encrypted=bool(recipients))


def _write(archive: Path, partial: Path, work: Path, recipients: Sequence[str]) -> None:
    if not recipients:
        shutil.copyfile(archive, partial)
        partial.chmod(0o600)
        sync(partial)
        unpack(partial, None)
        return
    # A key of this moment, that nobody keeps: with it the backup is read back, which the server cannot do later.
    ours = x25519.Identity.generate()
    encrypt(archive, partial, [*recipients, str(ours.to_public())])
    sync(partial)
    archive.unlink()
    decrypt(partial, work / "read-back", [str(ours)])
    unpack(work / "read-back", None)


def _rotate(settings: Settings, folder: Path, last_good: str) -> Sequence[str]:
    kept = settings.settings.backup
    if kept is None or folder.resolve() != folder_of(settings).resolve():
        return ()
    return rotate(folder, kept, settings.zone, last_good)


def folder_of(settings: Settings) -> Path:
    """The folder of the backups of the night. Raises Refusal when none is set."""
    if settings.settings.backup is None:
        raise Refusal(
            "Skriv hvilken mappe sikkerhetskopien skal i, eller sett folder i avsnittet [backup] i settings.toml."
        )
    return settings.instance / settings.settings.backup.folder


def _see_room(settings: Settings) -> None:
    """A disk that a backup filled would hold the program up."""
    database = settings.database
    sizes = (path.stat().st_size for path in (database, database.with_name(f"{database.name}-wal")) if path.exists())
    if shutil.disk_usage(settings.instance).free < _ROOM * sum(sizes):
        raise Refusal(FULL, folder=settings.instance)


def new_key(file: Path) -> str:
    """Make a new pair of keys: the secret one into a new file, as age-keygen writes it; returns the public one. Raises
    Refusal when the file exists or cannot be written."""
    key = x25519.Identity.generate()
    with told(file.parent):
        try:
            with open(file, "x", encoding="ascii", opener=for_us_alone) as opened:
                opened.write(f"# public key: {key.to_public()}\n{key}\n")
        except FileExistsError as wrong:
            raise Refusal("%(file)s fins fra før. Velg et annet navn.", file=file) from wrong
    return str(key.to_public())
