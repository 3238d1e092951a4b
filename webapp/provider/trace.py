"""The provider's own trace: who asked about whom, for which purpose and basis, and what was answered.

Entries are only ever added, each chained to the one before by a hash, as the trace of the house is. What is said of a
person lies beside the entry, bound to it by a salted hash, and can be forgotten (webapp.provider.forgetting).
"""

import hashlib
import json
import re
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from sqlite_utils import Database

from webapp.store.trace import BEGINNING, digest_of, hash_of

#: In place of a purpose: the entry tells what was forgotten, in its `request`.
FORGOTTEN = "forgotten"
_FIELDS = "at, asker, institution, purpose, basis, request, digest"
#: Read as rows of the plain connection, an entry for each of its parts; one row for an entry that has none.
_PARTS = """SELECT id, previous, hash, at, asker, institution, purpose, basis, request, trace.digest,
    place, trace_parts.digest, salt, content FROM trace LEFT JOIN trace_parts ON entry_id = id"""
#: So many of those columns are the entry's own.
_OWN = 10


@dataclass(frozen=True)
class Traced:
    """A question: when, who asked (as the operator named it, with its institution number), which institution, with
    which terms, and `answered`: what was said, by the identity numbers that the person was asked about with; of so many
    more people that is `forgotten`. With the purpose FORGOTTEN it tells that the asker had others forgotten."""

    at: datetime
    asker: str
    institution: int
    purpose: str
    basis: str
    request: str
    answered: Sequence[tuple[tuple[str, ...], str]]
    forgotten: int = 0

    @property
    def counted(self) -> Mapping[str, int]:
        """How many people got each answer."""
        return Counter(said for _, said in self.answered)


def append(db: Database, traced: Traced) -> None:
    """Adds an entry, within a writing transaction."""
    last = db.execute("SELECT id, hash FROM trace ORDER BY id DESC LIMIT 1").fetchone() or (0, BEGINNING)
    entry_id, previous = last[0] + 1, last[1]
    contents = [(secrets.token_hex(16), json.dumps(each)) for each in traced.answered]
    digests = [digest_of(salt, content) for salt, content in contents]
    fields = (
        traced.at.astimezone(UTC).isoformat(timespec="milliseconds"),
        traced.asker,
        str(traced.institution),
        traced.purpose,
        traced.basis,
        traced.request,
        _digest_over(digests),
    )
    db.execute(
        f"INSERT INTO trace (id, {_FIELDS}, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 -- ours
        [entry_id, *fields, previous, hash_of(entry_id, fields, previous)],
    )
    parts = zip(digests, contents, traced.answered, strict=True)
    for place, (digest, (salt, content), (numbers, _)) in enumerate(parts):
        db.execute("INSERT INTO trace_parts VALUES (?, ?, ?, ?, ?)", [entry_id, place, digest, salt, content])
        people = [json.dumps(numbers), entry_id, place]
        db.execute("INSERT OR IGNORE INTO trace_people SELECT value, ?2, ?3 FROM json_each(?1)", people)


def entries(db: Database, identifier: str | None = None) -> Iterator[Traced]:
    """What was asked, in the order in which it was: all of it, or the part of it that was about the person with an
    identity number, and nobody else."""
    about = "(entry_id, place) IN (SELECT entry_id, place FROM trace_people WHERE identifier = ?)"
    where = "" if identifier is None else f"WHERE {about}"
    rows = db.execute(f"{_PARTS} {where} ORDER BY id, place", [] if identifier is None else [identifier])
    for _, parts in groupby(rows, key=lambda row: row[0]):
        whole = list(parts)
        _, _, _, at, asker, institution, purpose, basis, request, *_ = whole[0]
        told = [json.loads(content) for *_, content in whole if content is not None]
        answered = [(tuple(numbers), said) for numbers, said in told]
        gone = sum(place is not None and content is None for *_, place, _, _, content in whole)
        yield Traced(
            datetime.fromisoformat(at), asker, int(institution), purpose, basis, request, answered, forgotten=gone
        )


def first_broken(db: Database) -> int | None:
    """The first entry that is not as it was written, or that one before it is missing from; None when all hold. What
    lacks of an entry without a later one that tells of its being forgotten is broken too.

    What was cut off at the end leaves no gap: keep `head` elsewhere to see that too.
    """
    db.conn.execute("BEGIN")  # as it is at one instant: somebody may ask, or forget, meanwhile
    try:
        return _first_broken(db)
    finally:
        db.conn.rollback()


def _first_broken(db: Database) -> int | None:
    expected, previous, forgotten = 1, BEGINNING, _Forgotten(db)
    rows = db.execute(f"{_PARTS} ORDER BY id, place")
    for (entry_id, before, own, *fields), grouped in groupby(rows, key=lambda row: row[:_OWN]):
        parts = [row[_OWN:] for row in grouped if row[_OWN] is not None]
        holds = (
            (entry_id, before, own) == (expected, previous, hash_of(entry_id, fields, previous))
            and fields[-1] == _digest_over([digest for _, digest, _, _ in parts])
            and all(
                forgotten.covers(entry_id, place) if content is None else digest == digest_of(salt, content)
                for place, digest, salt, content in parts
            )
        )
        if not holds:
            return expected
        expected, previous = entry_id + 1, own
    return None


def head(db: Database) -> tuple[int, str]:
    """How many entries there are, and the hash of the last."""
    row = db.execute("SELECT id, hash FROM trace ORDER BY id DESC LIMIT 1").fetchone()
    return (int(row[0]), str(row[1])) if row else (0, BEGINNING)


class _Forgotten:
    """What the entries of a trace tell that was forgotten: all through an entry ("-57"), or part by part ("3.0 5.2");
    each tells of those before itself."""

    def __init__(self, db: Database) -> None:
        self._through, self._parts = 0, set[tuple[int, int]]()
        for entry_id, told in db.execute("SELECT id, request FROM trace WHERE purpose = ?", [FORGOTTEN]):
            if through := re.fullmatch(r"-(\d+)", told):
                self._through = max(self._through, min(int(through[1]), entry_id - 1))
            parts = ((int(entry), int(place)) for entry, place in re.findall(r"(\d+)\.(\d+)", told))
            self._parts.update(part for part in parts if part[0] < entry_id)

    def covers(self, entry_id: int, place: int) -> bool:
        """Whether a part is told to be forgotten."""
        return entry_id <= self._through or (entry_id, place) in self._parts


def _digest_over(digests: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()
