"""Applications on their way in: staged beside the database, judged against it, and written at once.

The rows of a file wait in temporary tables of the connection, on disk and outside the database, so that a file of any
length takes little memory, and others wait only while what has been checked is written, set by set.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlite_utils import Database

from webapp.model import StagedApplication, Tally
from webapp.names import fold
from webapp.store import Store, as_text
from webapp.store.people import HIGHEST

#: `person_id`: who it is among those known; `person`: the same, or the current number of somebody new.
_TABLES = (
    """CREATE TEMP TABLE staged_applications (
        line INTEGER PRIMARY KEY, applicant_number TEXT, admission TEXT, number TEXT, family_name TEXT,
        given_names TEXT, consent_given_at TEXT, consent_withdrawn_at TEXT, protected_address INTEGER,
        admitted TEXT, alternatives TEXT, person_id INTEGER, person, change TEXT
    )""",
    # `owner`: the current number of the row; `known_current`: whether the person known by it has it now.
    """CREATE TEMP TABLE staged_numbers (
        line INTEGER, owner TEXT, number TEXT, kind TEXT, birth_date TEXT, person_id INTEGER, known_current INTEGER
    )""",
    # `current`: the number that becomes the current one, NULL where nothing does.
    """CREATE TEMP TABLE staged_people (
        person PRIMARY KEY, person_id INTEGER, line INTEGER, family_name TEXT, given_names TEXT,
        protected_address INTEGER, current TEXT, birth_date TEXT, change TEXT
    )""",
    "CREATE INDEX temp.staged_by_applicant_number ON staged_applications (applicant_number)",
    "CREATE INDEX temp.staged_by_number ON staged_applications (number)",
    "CREATE INDEX temp.staged_by_person ON staged_applications (person, line)",
    "CREATE INDEX temp.staged_numbers_by_line ON staged_numbers (line)",
    "CREATE INDEX temp.staged_numbers_by_owner ON staged_numbers (owner, person_id)",
    "CREATE INDEX temp.staged_numbers_by_number ON staged_numbers (number, line)",
)


@contextmanager
def staging(store: Store) -> Iterator[Database]:
    """This thread's connection with empty tables to stage rows in; they are gone afterwards. Never within a writing
    transaction: staging ends it."""
    db = store.db
    if db.conn.in_transaction:
        raise RuntimeError("rows are staged outside any transaction")
    db.conn.create_function("fold", 1, fold, deterministic=True)
    for statement in _TABLES:
        db.execute(statement)
    try:
        yield db
    finally:
        for table in ("staged_applications", "staged_numbers", "staged_people"):
            db.execute(f"DROP TABLE temp.{table}")


def stage(db: Database, rows: Iterable[StagedApplication]) -> None:
    """Put rows beside the database. Nothing that others read or write is touched."""
    applications, numbers = [], []
    for row in rows:
        owner = row.numbers[0].number
        applications.append(
            (
                row.line,
                row.applicant_number,
                row.admission,
                owner,
                row.family_name,
                row.given_names,
                row.consent_given_at,
                row.consent_withdrawn_at,
                row.protected_address,
                row.admitted,
                row.alternatives,
            )
        )
        numbers += [(row.line, owner, each.number, each.kind, each.birth_date) for each in row.numbers]
    with db.conn:
        db.conn.executemany(
            "INSERT INTO staged_applications VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL)", applications
        )
        db.conn.executemany("INSERT INTO staged_numbers VALUES (?, ?, ?, ?, ?, NULL, NULL)", numbers)


def version(db: Database) -> int:
    """A number that is another one when somebody else has written in the meantime."""
    return int(next(iter(db.query("PRAGMA data_version")))["data_version"])


def resolve(db: Database) -> None:
    """Find out who the staged rows are about, and what is new or changed in them; also once more."""
    db.execute("DELETE FROM staged_people")
    db.execute(
        """UPDATE staged_numbers SET (person_id, known_current) = (
            SELECT person_id, is_current FROM person_identifiers AS known WHERE known.number = staged_numbers.number)"""
    )
    db.execute(
        """UPDATE staged_applications SET person_id = (
            SELECT max(person_id) FROM staged_numbers WHERE owner = staged_applications.number)"""
    )
    db.execute("UPDATE staged_applications SET person = coalesce(person_id, number)")
    db.execute(
        """INSERT INTO staged_people (person, person_id, line, family_name, given_names, protected_address, current)
        SELECT person, person_id, min(line), max(nullif(family_name, '')), max(nullif(given_names, '')),
            max(protected_address), CASE WHEN person_id IS NULL THEN number END
        FROM staged_applications GROUP BY person"""
    )
    db.execute(
        f"""UPDATE staged_people SET current = renumbered.number
        FROM ({RENUMBERED}) AS renumbered WHERE renumbered.person_id = staged_people.person_id"""
    )
    # The birth date follows the number; somebody new may have it from a former one.
    db.execute(
        """UPDATE staged_people SET birth_date = (SELECT birth_date FROM staged_numbers
            WHERE owner = current AND birth_date IS NOT NULL ORDER BY number <> owner, line LIMIT 1)
        WHERE current IS NOT NULL"""
    )
    _classify(db)


#: People who are known and get another current number: one that is new here, or one known as a former number where
#: the row calls the one that is current here a former one. A row that only knows an older number changes nothing.
RENUMBERED = """SELECT DISTINCT rows.person_id, rows.number FROM staged_applications AS rows
    JOIN staged_numbers AS current ON current.line = rows.line AND current.number = rows.number
    WHERE rows.person_id IS NOT NULL AND (current.known_current IS NULL OR (current.known_current = 0
        AND rows.number IN (SELECT owner FROM staged_numbers WHERE known_current = 1)))"""


def _classify(db: Database) -> None:
    db.execute(
        """UPDATE staged_people SET change = CASE
            WHEN person_id IS NULL THEN 'new'
            WHEN current IS NOT NULL THEN 'changed'
            WHEN EXISTS (SELECT 1 FROM people WHERE id = person_id AND (
                coalesce(staged_people.family_name, people.family_name) IS NOT people.family_name
                OR coalesce(staged_people.given_names, people.given_names) IS NOT people.given_names
                OR coalesce(staged_people.protected_address, people.protected_address) <> people.protected_address
            )) THEN 'changed'
            WHEN EXISTS (SELECT 1 FROM staged_applications AS rows JOIN staged_numbers USING (line)
                WHERE rows.person = staged_people.person AND staged_numbers.person_id IS NULL) THEN 'changed'
            ELSE 'unchanged' END"""
    )
    db.execute(
        f"""UPDATE staged_applications AS rows SET change = coalesce((SELECT CASE
            WHEN known.admission <> rows.admission
                OR {_merged("consent_given_at")} IS NOT known.consent_given_at
                OR {withdrawn()} IS NOT known.consent_withdrawn_at
                OR {_merged("admitted")} IS NOT known.admitted
                OR (rows.alternatives IS NOT NULL AND rows.alternatives <> ({_ALTERNATIVES})) THEN 'changed'
            ELSE 'unchanged' END
        FROM applications AS known WHERE known.applicant_number = rows.applicant_number), 'new')"""
    )


_ALTERNATIVES = """SELECT json_group_array(json_array(priority, code, name)) FROM (
    SELECT * FROM application_alternatives WHERE application = known.applicant_number ORDER BY priority)"""


def _merged(column: str, known: str = "known") -> str:
    """What a column of an application becomes: as it is where the row says nothing, NULL where it clears it."""
    return f"nullif(coalesce(rows.{column}, {known}.{column}), '')"


def withdrawn(known: str = "known") -> str:
    """What the withdrawal of a consent becomes. One that was noted here stands where a row knows of none, until the
    person consents anew: who sends the rows may not have heard of it."""
    return f"""CASE WHEN {known}.consent_withdrawn_by <> '' AND coalesce(rows.consent_withdrawn_at, '') = ''
        THEN iif(rows.consent_given_at > {known}.consent_withdrawn_at, NULL, {known}.consent_withdrawn_at)
        ELSE {_merged("consent_withdrawn_at", known)} END"""


def tally(db: Database, table: str) -> Tally:
    """How many of "staged_people" or "staged_applications" are new, changed and unchanged."""
    rows = db.query(f"SELECT change, count(*) AS n FROM {table} GROUP BY change")
    return Tally(**{row["change"]: row["n"] for row in rows})


def write_staged(db: Database, now: datetime) -> None:
    """Write all that is new or changed. To be called within a writing transaction, after `resolve`."""
    values = {"now": as_text(now)}
    _write_people(db, values)
    _write_numbers(db, values)
    _write_applications(db)


def _write_people(db: Database, values: dict[str, str]) -> None:
    db.execute(
        f"""UPDATE staged_people SET person_id = numbered.id FROM (
            SELECT person, {HIGHEST} + row_number() OVER (ORDER BY line) AS id
            FROM staged_people WHERE change = 'new') AS numbered WHERE numbered.person = staged_people.person"""
    )
    db.execute(
        """INSERT INTO people (id, family_name, given_names, birth_date, protected_address, folded_name, created_at)
        SELECT person_id, family_name, given_names, birth_date, coalesce(protected_address, 0),
            fold(coalesce(family_name, '') || ' ' || coalesce(given_names, '')), :now
        FROM staged_people WHERE change = 'new' ORDER BY person_id""",
        values,
    )
    db.execute(
        """UPDATE people SET family_name = coalesce(new.family_name, people.family_name),
            given_names = coalesce(new.given_names, people.given_names),
            birth_date = coalesce(new.birth_date, people.birth_date),
            protected_address = coalesce(new.protected_address, people.protected_address)
        FROM staged_people AS new WHERE new.change = 'changed' AND people.id = new.person_id"""
    )
    db.execute(
        """UPDATE people SET folded_name = fold(coalesce(family_name, '') || ' ' || coalesce(given_names, ''))
        WHERE id IN (SELECT person_id FROM staged_people WHERE change = 'changed')"""
    )


def _write_numbers(db: Database, values: dict[str, str]) -> None:
    db.execute(
        """UPDATE person_identifiers SET is_current = 0 WHERE person_id IN (
            SELECT person_id FROM staged_people WHERE change = 'changed' AND current IS NOT NULL)"""
    )
    db.execute(
        """INSERT INTO person_identifiers (number, person_id, kind, is_current, registered_at)
        SELECT staged_numbers.number, staged_people.person_id, kind, staged_numbers.number IS current, :now
        FROM staged_numbers JOIN staged_applications USING (line) JOIN staged_people USING (person)
        WHERE staged_numbers.person_id IS NULL GROUP BY staged_numbers.number""",
        values,
    )
    db.execute(
        """UPDATE person_identifiers SET is_current = 1 WHERE number IN (
            SELECT current FROM staged_people WHERE change = 'changed' AND current IS NOT NULL)"""
    )


def _write_applications(db: Database) -> None:
    db.execute(
        """INSERT INTO applications (applicant_number, person_id, admission, consent_given_at, consent_withdrawn_at,
            admitted)
        SELECT applicant_number, staged_people.person_id, admission, nullif(consent_given_at, ''),
            nullif(consent_withdrawn_at, ''), nullif(admitted, '')
        FROM staged_applications AS rows JOIN staged_people USING (person)
        WHERE rows.change = 'new' ORDER BY rows.line"""
    )
    stands = f"{withdrawn('applications')} IS applications.consent_withdrawn_at"
    db.execute(
        f"""UPDATE applications SET admission = rows.admission,
            consent_given_at = {_merged("consent_given_at", "applications")},
            consent_withdrawn_at = {withdrawn("applications")},
            consent_withdrawn_by = iif({stands}, consent_withdrawn_by, ''),
            consent_withdrawn_how = iif({stands}, consent_withdrawn_how, ''),
            admitted = {_merged("admitted", "applications")}
        FROM staged_applications AS rows
        WHERE rows.change = 'changed' AND applications.applicant_number = rows.applicant_number"""
    )
    touched = "alternatives IS NOT NULL AND change <> 'unchanged'"
    db.execute(
        f"""DELETE FROM application_alternatives WHERE application IN (
            SELECT applicant_number FROM staged_applications WHERE {touched})"""
    )
    db.execute(
        f"""INSERT INTO application_alternatives (application, priority, code, name)
        SELECT applicant_number, value ->> 0, value ->> 1, value ->> 2
        FROM staged_applications, json_each(alternatives) WHERE {touched}"""
    )
