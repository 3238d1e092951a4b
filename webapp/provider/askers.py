"""Who may ask a provider: each asker with what it is known by, in the shelf's file."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlite_utils import Database

#: What our tokens begin with, so that one that has strayed into a log or a repository is recognised.
TOKEN_MARK = "eks_"  # noqa: S105 -- a mark, not a token


class KnownBy(StrEnum):
    """What an asker shows: a token of ours, one particular certificate, or an organisation number, that a certificate
    or a Maskinporten token vouches for."""

    TOKEN = "token"  # noqa: S105 -- a word for it
    CERTIFICATE = "certificate"
    ORGANISATION = "organisation"


@dataclass(frozen=True)
class Asker:
    """Somebody who may ask: its name and institution number, what it is known by, the last day on which that holds,
    and the institutions that it may ask (none named: all). `id` is 0 until it is on the shelf."""

    id: int
    name: str
    institution: int
    known_by: KnownBy
    until: date | None = None
    only: tuple[int, ...] = ()
    revoked_at: datetime | None = None

    def may_ask(self, institution: int) -> bool:
        """Whether it may ask that institution."""
        return not self.only or institution in self.only


def new_token() -> str:
    """A bearer token: 256 bits that nobody guesses, so that a plain hash keeps it."""
    return TOKEN_MARK + secrets.token_urlsafe(32)


def add(db: Database, asker: Asker, shown: str) -> int | None:
    """Puts an asker on the shelf; `shown`: the token, the certificate's fingerprint (SHA-256, hexadecimal) or the
    organisation number. Returns its id, None when somebody is known by that already."""
    row = db.execute(
        """INSERT INTO askers (name, institution, known_by, key, until, only_asks) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING RETURNING id""",
        [
            asker.name,
            asker.institution,
            asker.known_by,
            _key(asker.known_by, shown),
            asker.until.isoformat() if asker.until else None,
            json.dumps(asker.only),
        ],
    ).fetchone()
    return int(row[0]) if row else None


def revoke(db: Database, asker: int, now: datetime) -> bool:
    """Lets an asker in no more; whether there was one."""
    sql = "UPDATE askers SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL"
    return bool(db.execute(sql, [now.isoformat(timespec="seconds"), asker]).rowcount)


def listed(db: Database) -> Sequence[Asker]:
    """All askers, those who are let in no more too, in the order in which they came."""
    return [_asker(row) for row in db.query("SELECT * FROM askers ORDER BY id")]


def known(db: Database, known_by: KnownBy, shown: str, today: date) -> Asker | None:
    """Who shows that, if it holds today."""
    rows = db.query(
        """SELECT * FROM askers WHERE known_by = ? AND key = ? AND revoked_at IS NULL
        AND (until IS NULL OR until >= ?)""",
        [known_by, _key(known_by, shown), today.isoformat()],
    )
    return next((_asker(row) for row in rows), None)


def _key(known_by: KnownBy, shown: str) -> str:
    """What is kept of what an asker shows: of a token its hash only."""
    return hashlib.sha256(shown.encode()).hexdigest() if known_by is KnownBy.TOKEN else shown


def _asker(row: dict[str, object]) -> Asker:
    until, revoked = row["until"], row["revoked_at"]
    return Asker(
        int(str(row["id"])),
        str(row["name"]),
        int(str(row["institution"])),
        KnownBy(str(row["known_by"])),
        date.fromisoformat(str(until)) if until else None,
        tuple(json.loads(str(row["only_asks"]))),
        datetime.fromisoformat(str(revoked)) if revoked else None,
    )
