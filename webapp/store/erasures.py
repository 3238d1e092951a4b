"""Who was erased, told outside the database: a backup from before still holds them, and is to lose them again.

A line of JSON each in a file of the instance folder, and in its copy beside the backups. It has the person's id and
when they were registered, which together are nobody else's, also after a restore gave the id to another; and nothing of
who it was.
"""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from webapp.disk import for_us_alone
from webapp.store import as_text

NAME = "erasures.jsonl"


@dataclass(frozen=True)
class Erasure:
    """That a person was erased; both instants as they are stored."""

    person_id: int
    registered_at: str
    erased_at: str


def note(db: Database, folder: Path, person_id: int, now: datetime) -> None:
    """Note that a person, who is still there, is about to be erased; within that transaction, which must not happen
    without. Raises OSError when it cannot be written."""
    (registered_at,) = db.execute("SELECT created_at FROM people WHERE id = ?", [person_id]).fetchone()
    line = json.dumps(asdict(Erasure(person_id, registered_at, as_text(now))))
    with open(folder / NAME, "a+b", opener=for_us_alone) as file:
        # What a full disk left of a line stands for an erasure that did not happen.
        file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
        begin = "" if file.read(1) in (b"", b"\n") else "\n"
        file.write(f"{begin}{line}\n".encode())
        file.flush()
        os.fsync(file.fileno())


def noted(*folders: Path) -> Sequence[Erasure]:
    """What is noted in these folders, each once, in the order of the erasures. Raises OSError."""
    found = {each for folder in folders for each in _read(folder / NAME)}
    return sorted(found, key=lambda each: (each.erased_at, each.person_id))


def write(folder: Path, erasures: Iterable[Erasure]) -> None:
    """Have the file of a folder hold these and no others: whole, or as it was. Raises OSError."""
    path = folder / NAME
    new = path.with_name(f".{NAME}.new")
    with open(new, "wb", opener=for_us_alone) as file:
        file.write("".join(f"{json.dumps(asdict(each))}\n" for each in erasures).encode())
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def copy(instance: Path, beside: Path) -> None:
    """Have the folder of the backups hold what is noted here too, beside what it held. Raises OSError."""
    here, there = noted(instance), noted(beside)
    if not set(here) <= set(there):
        write(beside, noted(instance, beside))


def still_there(db: Database, erasures: Iterable[Erasure]) -> Sequence[int]:
    """The ids of those who were erased, and whom this database, that is from before, holds."""
    given = json.dumps([[each.person_id, each.registered_at] for each in erasures])
    rows = db.query(
        """SELECT DISTINCT people.id FROM json_each(?) JOIN people
        ON people.id = value ->> 0 AND created_at = value ->> 1 ORDER BY people.id""",
        [given],
    )
    return [row["id"] for row in rows]


def _read(path: Path) -> Iterable[Erasure]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            yield Erasure(**json.loads(line))
        except (ValueError, TypeError):
            continue
