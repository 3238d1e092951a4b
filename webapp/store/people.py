"""People and the numbers that they are known by."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from webapp.identity import NationalIdentifier
from webapp.model import Person
from webapp.names import fold
from webapp.store import as_text, rows_of

#: More hits than this ask the caseworker to narrow the search.
MOST_HITS = 100
#: Characters and words of the longest name that is searched for.
LONGEST_NAME, MOST_WORDS = 500, 30

#: A person with the numbers, the current one first; person_of makes one of a row.
PERSON = """SELECT people.*, (
    SELECT group_concat(number, ' ') FROM (
        SELECT number FROM person_identifiers WHERE person_id = people.id ORDER BY is_current DESC, registered_at DESC
    )) AS numbers FROM people"""

#: The highest id that a person has or had: the trace keeps those of people who were erased, and nobody gets one again.
HIGHEST = """max(coalesce((SELECT max(id) FROM people), 0),
    coalesce((SELECT max(person_id) FROM trace_people), 0))"""


def person(db: Database, person_id: int) -> Person | None:
    """The person with this id, or None."""
    return next((person_of(row) for row in rows_of(db, f"{PERSON} WHERE id = ?", [person_id])), None)


def people_with_ids(db: Database, ids: Sequence[int]) -> Mapping[int, Person]:
    """These people by their ids; nobody is there who is not known."""
    rows = rows_of(db, f"{PERSON} WHERE id IN (SELECT value FROM json_each(?))", [json.dumps(ids)])
    return {row["id"]: person_of(row) for row in rows}


def person_with_number(db: Database, number: str) -> Person | None:
    """The person who has or had this national identity number (11 digits), or None."""
    where = "WHERE id = (SELECT person_id FROM person_identifiers WHERE number = ?)"
    return next((person_of(row) for row in db.query(f"{PERSON} {where}", [number])), None)


def people_named(db: Database, name: str, limit: int = MOST_HITS + 1) -> Sequence[Person]:
    """People whose name has every word of `name` at the beginning of a word, whatever their order."""
    where, words = _named(name)
    rows = db.query(f"{PERSON} WHERE {where} ORDER BY folded_name, id LIMIT ?", [*words, limit])
    return [person_of(row) for row in rows]


def ids_of_people_named(db: Database, name: str) -> frozenset[int]:
    """The ids of all whom people_named would find."""
    where, words = _named(name)
    return frozenset(row["id"] for row in db.query(f"SELECT id FROM people WHERE {where}", words))


def _named(name: str) -> tuple[str, Sequence[str]]:
    words = fold(name[:LONGEST_NAME]).split()
    if len(name) > LONGEST_NAME or len(words) > MOST_WORDS:
        return "0", ()  # nobody is called so, and SQLite would not take it
    return " AND ".join("(' ' || folded_name) LIKE ?" for _ in words) or "0", [f"% {word}%" for word in words]


def names_of_people(db: Database, ids: Iterable[int]) -> Mapping[int, tuple[str | None, str | None]]:
    """The given names and the family name of each of these people."""
    sql = "SELECT id, given_names, family_name FROM people WHERE id IN (SELECT value FROM json_each(?))"
    return {row["id"]: (row["given_names"], row["family_name"]) for row in db.query(sql, [json.dumps(list(ids))])}


def people_born(db: Database, born: date, limit: int = MOST_HITS + 1) -> Sequence[Person]:
    """People with this birth date."""
    rows = db.query(f"{PERSON} WHERE birth_date = ? ORDER BY folded_name, id LIMIT ?", [born.isoformat(), limit])
    return [person_of(row) for row in rows]


def register(
    db: Database,
    identifiers: Sequence[NationalIdentifier],
    given_names: str | None,
    family_name: str | None,
    now: datetime,
) -> int:
    """Register a new person by current and former numbers, current first, and return the id.

    None of the numbers may be known already. The birth date is that of the first number that tells one.
    """
    birth_date = next((i.birth_date for i in identifiers if i.birth_date), None)
    cursor = db.execute(
        f"""INSERT INTO people (id, given_names, family_name, birth_date, folded_name, created_at)
        VALUES ({HIGHEST} + 1, ?, ?, ?, ?, ?)""",
        [
            given_names,
            family_name,
            birth_date.isoformat() if birth_date else None,
            fold(f"{family_name or ''} {given_names or ''}"),
            as_text(now),
        ],
    )
    person_id = int(cursor.lastrowid or 0)
    for place, identifier in enumerate(identifiers):
        add_number(db, person_id, identifier, now, current=place == 0)
    return person_id


def add_number(
    db: Database, person_id: int, identifier: NationalIdentifier, now: datetime, *, current: bool = False
) -> None:
    """Register one more number that the person is or was known by; it may not be known already."""
    db.execute(
        """INSERT INTO person_identifiers (number, person_id, kind, is_current, registered_at)
        VALUES (?, ?, ?, ?, ?)""",
        [identifier.number, person_id, identifier.kind.value, int(current), as_text(now)],
    )


def complete_name(db: Database, person_id: int, given_names: str | None, family_name: str | None) -> None:
    """Give a person who was registered by number alone the name that an institution knows."""
    db.execute(
        """UPDATE people SET given_names = ?, family_name = ?, folded_name = ?
        WHERE id = ? AND given_names IS NULL AND family_name IS NULL""",
        [given_names, family_name, fold(f"{family_name or ''} {given_names or ''}"), person_id],
    )


def renew(
    db: Database,
    person: Person,
    identifiers: Sequence[NationalIdentifier],
    given_names: str | None,
    family_name: str | None,
    now: datetime,
) -> bool:
    """Give a person the names and further numbers that are known of them, `identifiers` with the current one first;
    returns whether anything was new. What is None takes nothing away, and none of the numbers may be another's.

    The first number becomes the current one where it is new here, or where the current one is told to be a former one:
    whoever only knows an older number changes nothing.
    """
    known = set(person.identifiers)
    current = identifiers[0]
    told = {each.number for each in identifiers[1:]}
    renumbered = current.number not in known or (
        current.number != person.identifiers[0] and person.identifiers[0] in told
    )
    for identifier in identifiers:
        if identifier.number not in known:
            add_number(db, person.id, identifier, now)
    if renumbered:
        db.execute(
            "UPDATE person_identifiers SET is_current = (number = ?) WHERE person_id = ?", [current.number, person.id]
        )
    given, family = given_names or person.given_names, family_name or person.family_name
    born = (current.birth_date if renumbered else None) or person.birth_date
    db.execute(
        "UPDATE people SET given_names = ?, family_name = ?, folded_name = ?, birth_date = ? WHERE id = ?",
        [given, family, fold(f"{family or ''} {given or ''}"), born.isoformat() if born else None, person.id],
    )
    return (
        renumbered
        or not known.issuperset(each.number for each in identifiers)
        or (given, family) != (person.given_names, person.family_name)
    )


def person_of(row: dict[str, Any]) -> Person:
    """A person out of its row."""
    return Person(
        id=row["id"],
        identifiers=tuple((row["numbers"] or "").split()),
        given_names=row["given_names"],
        family_name=row["family_name"],
        birth_date=date.fromisoformat(row["birth_date"]) if row["birth_date"] else None,
        protected_address=bool(row["protected_address"]),
    )
