"""Copies of the database as it was before upgrades, beside it: what one goes back to with the older program."""

import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from webapp.errors import Refusal

#: How many are kept, and how long, in days: they hold people who have been erased since (docs/privacy.md).
KEPT, KEPT_DAYS = 3, 30
#: The room that an upgrade needs, in sizes of the database: the copy, what it could roll back to, and new indexes.
ROOM = 2.5
_MEGABYTE = 1_000_000
_TIME, _UNFINISHED = "%Y%m%dT%H%M%SZ", ".unfinished"


@contextmanager
def kept(connection: sqlite3.Connection, path: Path, version: str) -> Iterator[Path]:
    """A copy of the database at `path`, found sound, that stays when what is done meanwhile succeeds: a database that
    was not changed needs none, and a program that is started again and again would fill the disk. It is named by the
    version of the program that changes the database, and by the time.

    Raises Refusal when there is no room, or when the database is damaged.
    """
    now = datetime.now(UTC)
    forget(path, now)
    _see_room(connection, path)
    copy = path.with_name(f"{path.stem}-before-{version}-{now:{_TIME}}{path.suffix}")
    unfinished = copy.with_name(f"{copy.name}{_UNFINISHED}")
    try:
        # Nobody may read in the copy who may not in the database.
        os.close(os.open(unfinished, os.O_CREAT | os.O_WRONLY, path.stat().st_mode & 0o777))
        with closing(sqlite3.connect(unfinished)) as target:
            connection.backup(target)
            (found,) = target.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise Refusal("Databasen er skadet, og blir ikke oppgradert. Legg tilbake den siste sikkerhetskopien.")
        unfinished.rename(copy)
        yield copy
    except BaseException:
        unfinished.unlink(missing_ok=True)
        copy.unlink(missing_ok=True)
        raise
    forget(path, now)


def forget(path: Path, at: datetime) -> None:
    """Delete the copies of the database at `path` that are too many or too old at an instant, or were broken off."""
    too_old = at - timedelta(days=KEPT_DAYS)
    for place, (made_at, copy) in enumerate(sorted(_copies(path), reverse=True)):
        if place >= KEPT or made_at < too_old:
            copy.unlink(missing_ok=True)
    for unfinished in path.parent.glob(f"{path.stem}-before-*{_UNFINISHED}"):
        unfinished.unlink(missing_ok=True)


def _copies(path: Path) -> Iterator[tuple[datetime, Path]]:
    for copy in path.parent.glob(f"{path.stem}-before-*{path.suffix}"):
        if found := re.search(r"-(\d{8}T\d{6}Z)$", copy.stem):
            yield datetime.strptime(found[1], _TIME).replace(tzinfo=UTC), copy


def _see_room(connection: sqlite3.Connection, path: Path) -> None:
    (pages,), (page_bytes,) = (connection.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size"))
    needed, free = round(ROOM * pages * page_bytes), shutil.disk_usage(path.parent).free
    if free < needed:
        raise Refusal(
            "Oppgraderingen av databasen trenger %(needed)d MB på disken, og det er %(free)d MB ledig. Frigjør plass i "
            "%(folder)s, og start på nytt. Databasen er som den var.",
            needed=-(-needed // _MEGABYTE),
            free=free // _MEGABYTE,
            folder=path.parent,
        )
