"""Institutions by their numbers."""

import json
from collections.abc import Iterable, Mapping

from sqlite_utils import Database

from webapp.model import Institution, Text
from webapp.store import as_json


def remember(db: Database, institutions: Iterable[Institution]) -> None:
    """Insert these institutions, or bring names and codes up to date; one without a number is passed over."""
    numbered = [i for i in institutions if i.number is not None]
    # A successor must stand there before those that merged into it.
    for institution in sorted(numbered, key=lambda i: i.merged_into is not None):
        db.execute(
            """INSERT INTO institutions (number, names, schac, erasmus, merged_into) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (number) DO UPDATE SET names = excluded.names, schac = excluded.schac,
                erasmus = excluded.erasmus, merged_into = excluded.merged_into""",
            [
                institution.number,
                json.dumps(dict(institution.name), ensure_ascii=False),
                institution.schac,
                institution.erasmus,
                institution.merged_into,
            ],
        )


def remember_issuers(db: Database, institutions: Iterable[Institution]) -> None:
    """Insert institutions that an answer named, unless their numbers are known; one without a number is passed over."""
    db.conn.executemany(
        "INSERT INTO institutions (number, names, schac, erasmus) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [
            (issuer.number, as_json(dict(issuer.name)), issuer.schac, issuer.erasmus)
            for issuer in institutions
            if issuer.number is not None
        ],
    )


def is_known(db: Database, number: int) -> bool:
    """Whether there is an institution with this number."""
    return any(True for _ in db.query("SELECT 1 FROM institutions WHERE number = ?", [number]))


def choices(db: Database) -> Mapping[int, Text]:
    """The names of all institutions by their numbers, in the order of the names."""
    rows = db.query(
        """SELECT number, names FROM institutions
        ORDER BY coalesce(names ->> 'nb', names ->> 'nn', names ->> 'en'), number"""
    )
    return {row["number"]: json.loads(row["names"]) for row in rows}


def names_of(column: str) -> Text:
    """A text in its languages, out of its column."""
    names: Text = json.loads(column)
    return names
