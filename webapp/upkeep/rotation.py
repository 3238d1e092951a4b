"""Which backups stay: the newest of the latest days, weeks and months that have any."""

import re
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from webapp.backup_settings import Backup

_TIME = "%Y%m%dT%H%M%SZ"
_OURS = re.compile(r"eksternstudium-(\d{8}T\d{6}Z)\.tar\.gz(?:\.age)?")


def name_at(at: datetime, encrypted: bool) -> str:
    """What a backup of an instant is called: eksternstudium-20261128T033000Z.tar.gz, and .age where it is encrypted."""
    return f"eksternstudium-{at.astimezone(UTC):{_TIME}}.tar.gz{'.age' if encrypted else ''}"


def taken_at(name: str) -> datetime | None:
    """When a backup was taken, by its name; None when it is not the name of a backup."""
    found = _OURS.fullmatch(name)
    try:
        return datetime.strptime(found[1], _TIME).replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def backups_in(folder: Path) -> Sequence[Path]:
    """The backups in a folder, the newest first. Raises OSError."""
    found = [(at, path) for path in folder.iterdir() if (at := taken_at(path.name)) and _is_file(path)]
    return [path for _, path in sorted(found, reverse=True)]


def rotate(folder: Path, kept: Backup, zone: ZoneInfo, last_good: str) -> Sequence[str]:
    """Delete the backups that are one too many, never the last good one or what is not a backup; returns their names.
    Raises OSError."""
    names = [path.name for path in backups_in(folder)]
    gone = [name for name in names if name not in {*staying(names, kept, zone), last_good}]
    for name in gone:
        (folder / name).unlink(missing_ok=True)
    return gone


def staying(names: Collection[str], kept: Backup, zone: ZoneInfo) -> set[str]:
    """Those of these backups that stay, by the days, weeks and months of a time zone."""
    taken = sorted(((at.astimezone(zone), name) for name in names if (at := taken_at(name))), reverse=True)
    stays: set[str] = set()
    periods: list[tuple[int, Callable[[datetime], object]]] = [
        (kept.daily, lambda at: at.date()),
        (kept.weekly, lambda at: at.isocalendar()[:2]),
        (kept.monthly, lambda at: (at.year, at.month)),
    ]
    for most, period_of in periods:
        newest: dict[object, str] = {}
        for at, name in taken:
            newest.setdefault(period_of(at), name)
        stays.update(list(newest.values())[:most])
    return stays


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
