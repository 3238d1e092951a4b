"""What a backup must be told when it is brought back: who was erased since, and which consents were withdrawn.

A line of JSON each in a file of the instance folder, and in its copy beside the backups. A person is told of by their
id and when they were registered, which together are nobody else's, also after a restore gave the id to another; and
nothing of who it is.
"""

import json
import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from webapp.disk import for_us_alone
from webapp.errors import N_, Refusal
from webapp.store import as_text

NAME = "afterwards.jsonl"
_HOW = "notert før databasen ble hentet tilbake"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Afterwards:
    """That a person was erased, or, with an `admission`, withdrew the consent in their application there. Both instants
    are as they are stored."""

    person_id: int
    registered_at: str
    at: str
    admission: str | None = None


def note_erased(db: Database, folder: Path, person_id: int, now: datetime) -> None:
    """Note that a person, who is still there, is about to be erased; within that transaction, which must not happen
    without. Raises Refusal when it cannot be written."""
    (registered_at,) = db.execute("SELECT created_at FROM people WHERE id = ?", [person_id]).fetchone()
    _add(folder, Afterwards(person_id, registered_at, as_text(now)))


def note_withdrawn(db: Database, folder: Path, applicant_number: str, at: datetime) -> None:
    """Note that the consent in an application was withdrawn, within that transaction. Raises Refusal as note_erased."""
    person_id, registered_at, admission = db.execute(
        """SELECT people.id, created_at, admission FROM applications JOIN people ON people.id = person_id
        WHERE applicant_number = ?""",
        [applicant_number],
    ).fetchone()
    _add(folder, Afterwards(person_id, registered_at, as_text(at), admission))


def noted(*folders: Path) -> Sequence[Afterwards]:
    """What is noted in these folders, each once, in the order in which it happened. Raises OSError."""
    found = {each for folder in folders for each in _read(folder / NAME)}
    return sorted(found, key=lambda each: (each.at, each.person_id, each.admission or ""))


def write(folder: Path, entries: Iterable[Afterwards]) -> None:
    """Have the file of a folder hold these and no others: whole, or as it was. Raises OSError."""
    path = folder / NAME
    new = path.with_name(f".{NAME}.new")
    with open(new, "wb", opener=for_us_alone) as file:
        file.write("".join(f"{json.dumps(asdict(each))}\n" for each in entries).encode())
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def copy(instance: Path, beside: Path) -> None:
    """Have the folder of the backups hold what is noted here too, beside what it held. Raises OSError."""
    here, there = noted(instance), noted(beside)
    if not set(here) <= set(there):
        write(beside, noted(instance, beside))


def tell_the_backups(instance: Path, beside: Path) -> None:
    """The same, as far as it can be done now: the next backup does it too."""
    try:
        copy(instance, beside)
    except OSError as wrong:
        _log.warning("what happened is not noted beside the backups yet: %s", wrong.strerror)


def still_there(db: Database, entries: Iterable[Afterwards]) -> Sequence[int]:
    """The ids of those who were erased, and whom this database, that is from before, holds."""
    given = json.dumps([[each.person_id, each.registered_at] for each in entries if each.admission is None])
    rows = db.query(
        """SELECT DISTINCT people.id FROM json_each(?) JOIN people
        ON people.id = value ->> 0 AND created_at = value ->> 1 ORDER BY people.id""",
        [given],
    )
    return [row["id"] for row in rows]


def withdraw_again(db: Database, entries: Iterable[Afterwards], by: str) -> int:
    """Withdraw the consents that were, and that this database still holds as valid; returns how many."""
    return sum(
        db.execute(
            """UPDATE applications SET consent_withdrawn_at = :at, consent_withdrawn_how = :how,
                consent_withdrawn_by = :by
            WHERE person_id = (SELECT id FROM people WHERE id = :person_id AND created_at = :registered_at)
            AND admission = :admission AND consent_given_at <= :at AND consent_withdrawn_at IS NULL""",
            asdict(each) | {"how": _HOW, "by": by},
        ).rowcount
        for each in entries
        if each.admission is not None
    )


def _add(folder: Path, entry: Afterwards) -> None:
    try:
        with open(folder / NAME, "a+b", opener=for_us_alone) as file:
            # What a full disk left of a line stands for something that did not happen.
            file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
            begin = "" if file.read(1) in (b"", b"\n") else "\n"
            file.write(f"{begin}{json.dumps(asdict(entry))}\n".encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as wrong:
        raise Refusal(
            N_("Dette kan ikke noteres for sikkerhetskopiene (%(why)s). Drift må gi plass, eller skriverett."),
            why=wrong.strerror,
        ) from wrong


def _read(path: Path) -> Iterable[Afterwards]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            yield Afterwards(**json.loads(line))
        except (ValueError, TypeError):
            continue
