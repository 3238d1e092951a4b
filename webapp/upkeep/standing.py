"""How the backups of an instance stand, kept beside the database: it must be known when the folder of the backups is
away, and must not go back with a restore."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from webapp.backup_settings import Backup
from webapp.config import Settings
from webapp.errors import N_, Refusal

_NAME = "backups.json"
_LOCK = "backup.lock"
#: One that failed is tried again after so long.
AGAIN = timedelta(hours=1)
#: A good one that is older is told of: one evening may be made up for the next day.
OLD = timedelta(days=2)


class Made(BaseModel):
    """A backup that was found good: its path, when it was taken, its size and hash, and whether it is encrypted."""

    model_config = ConfigDict(frozen=True)

    file: str
    at: datetime
    bytes: int
    sha256: str
    encrypted: bool


class Failed(BaseModel):
    """One that failed: when, and why, as a Refusal has it, so that each reader is told in their language. `since`: when
    the first of those in a row that failed did."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    since: datetime
    sentence: str
    values: Mapping[str, str] = {}

    @property
    def why(self) -> str:
        """The sentence in Norwegian."""
        return str(Refusal(self.sentence, **self.values))


class Standing(BaseModel):
    """The last good backup, and the failure after it, if there is one."""

    model_config = ConfigDict(frozen=True)

    last_good: Made | None = None
    failed: Failed | None = None

    def is_worrying(self, now: datetime) -> bool:
        """Whether somebody must see to it."""
        return self.failed is not None or self.last_good is None or now - self.last_good.at > OLD


def standing(instance: Path) -> Standing:
    """How the backups of an instance folder stand."""
    try:
        return Standing.model_validate_json((instance / _NAME).read_bytes())
    except (FileNotFoundError, ValidationError):
        return Standing()


def note_good(instance: Path, made: Made) -> None:
    """Note a good backup. Raises OSError."""
    _write(instance, Standing(last_good=made))


def note_failed(instance: Path, why: Refusal, at: datetime) -> bool:
    """Note one that failed; returns whether it is the first in a row. Raises OSError."""
    before = standing(instance)
    since = before.failed.since if before.failed else at
    values = {name: str(value) for name, value in why.values.items()}
    failed = Failed(at=at, since=since, sentence=why.sentence, values=values)
    _write(instance, Standing(last_good=before.last_good, failed=failed))
    return before.failed is None


def is_due(settings: Settings, now: datetime) -> bool:
    """Whether the backup of the last night is lacking, and was not tried within the hour."""
    kept = settings.settings.backup
    if kept is None:
        return False
    stands = standing(settings.instance)
    # A clock that was set back leaves both in the time to come, and neither stands for anything then.
    has_it = stands.last_good is not None and _last_time(kept, settings, now) <= stands.last_good.at <= now
    has_tried = stands.failed is not None and now - AGAIN < stands.failed.at <= now
    return not has_it and not has_tried


@contextmanager
def backup_lock(instance: Path) -> Iterator[None]:
    """Be the one who takes a backup, or brings one back. Raises Refusal while another process does."""
    lock = FileLock(instance / _LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as taken:
        raise Refusal(N_("En sikkerhetskopi tas eller hentes tilbake akkurat nå. Vent til det er gjort.")) from taken
    try:
        yield
    finally:
        lock.release()


def _last_time(kept: Backup, settings: Settings, now: datetime) -> datetime:
    """The last instant at which a backup was to be taken."""
    local = now.astimezone(settings.zone)
    at = datetime.combine(local.date(), kept.at, settings.zone)
    return at if at <= now else datetime.combine(local.date() - timedelta(days=1), kept.at, settings.zone)


def _write(instance: Path, stands: Standing) -> None:
    new = instance / f".{_NAME}.new"
    new.write_text(stands.model_dump_json(indent=1), encoding="utf-8")
    new.replace(instance / _NAME)
