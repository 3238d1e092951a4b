"""People who have opted out (RESERVER): to an asker they are people of whom nothing is known."""

import json
from collections.abc import Iterable
from datetime import datetime

from sqlite_utils import Database

#: In place of an institution number: every institution on the shelf.
EVERYWHERE = 0
_SAME_PERSON = """SELECT same.identifier FROM identifiers AS found JOIN identifiers AS same
    ON same.document = found.document WHERE found.identifier = ?"""


def same_person(db: Database, identifier: str) -> list[str]:
    """The number, and every other that its documents are found by."""
    rows = db.execute(f"SELECT ? UNION {_SAME_PERSON}", [identifier, identifier])
    return [number for (number,) in rows]


def opt_out(db: Database, institution: int, identifier: str, now: datetime) -> None:
    """Nothing more of the person with that number is handed out by an institution, or EVERYWHERE."""
    row = [institution, identifier, now.isoformat(timespec="seconds")]
    db.execute("INSERT OR IGNORE INTO opt_outs (institution, identifier, at) VALUES (?, ?, ?)", row)


def undo(db: Database, institution: int, identifier: str) -> bool:
    """Takes back an opt-out under that number and every other that its documents are found by; whether there was
    one."""
    sql = f"""DELETE FROM opt_outs WHERE institution = ? AND (identifier = ? OR identifier IN ({_SAME_PERSON}))"""  # noqa: S608
    return bool(db.execute(sql, [institution, identifier, identifier]).rowcount)


def opted_out(db: Database, institution: int, identifiers: Iterable[str]) -> frozenset[str]:
    """Those of the numbers whose person has opted out, under that number or another that leads to the same document:
    whoever opts out under a current number is not found by a former one."""
    rows = db.execute(
        """
        WITH asked AS (SELECT value AS identifier FROM json_each(:identifiers)),
            out AS (SELECT identifier FROM opt_outs WHERE institution IN (:everywhere, :institution))
        SELECT identifier FROM asked WHERE identifier IN out
        UNION
        SELECT found.identifier FROM identifiers AS found
        JOIN identifiers AS same ON same.document = found.document
        WHERE found.institution = :institution AND found.identifier IN asked AND same.identifier IN out
        """,
        {"identifiers": json.dumps(list(identifiers)), "everywhere": EVERYWHERE, "institution": institution},
    )
    return frozenset(identifier for (identifier,) in rows)
