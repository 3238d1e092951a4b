"""What a run is made of before it begins: the applicants to be judged, and the orders and fetches that come of them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlite_utils import Database

from webapp.model import Applicant, Basis, Gate, OrderedFor, Purpose, Run, RunState
from webapp.store import as_instant, as_text

_FACTS = """people.id AS person_id, protected_address,
    EXISTS (SELECT 1 FROM person_identifiers WHERE person_identifiers.person_id = people.id
        AND kind <> 'FS_FIKTIVT_NUMMER') AS usable_number"""


def last_application(db: Database) -> int:
    """The rowid of the latest application: a later one has not applied yet, as far as a run is concerned."""
    return int(next(iter(db.query("SELECT coalesce(max(rowid), 0) AS last FROM applications")))["last"])


def applicants_by_admission(db: Database) -> Mapping[str, int]:
    """How many applications each admission has."""
    return {
        row["admission"]: row["n"]
        for row in db.query("SELECT admission, count(*) AS n FROM applications GROUP BY admission")
    }


def applicants(
    db: Database, admissions: Iterable[str], last: int, after: tuple[int, str], most: int
) -> Sequence[Applicant]:
    """The next applicants of these admissions: `most` of them by person and applicant number, from `after` on,
    with rowids to `last`. `owed.gather` must have been called."""
    rows = db.query(
        f"""SELECT applicant_number, consent_given_at, consent_withdrawn_at, asked_at, {_FACTS},
            EXISTS (SELECT 1 FROM temp.owed WHERE purpose = 'admission' AND owed.person_id = people.id) AS owed,
            EXISTS (SELECT 1 FROM reports WHERE reports.person_id = people.id AND settled_at IS NULL
                AND coalesce(reports.application, applicant_number) = applicant_number) AS reported
        FROM applications JOIN people ON people.id = applications.person_id
        WHERE (applications.person_id, applicant_number) > (:person, :number)
            AND admission IN (SELECT value FROM json_each(:admissions)) AND applications.rowid <= :last
        ORDER BY applications.person_id, applicant_number LIMIT :most""",
        {
            "person": after[0],
            "number": after[1],
            "admissions": json.dumps(list(admissions)),
            "last": last,
            "most": most,
        },
    )
    return [
        Applicant(
            application=row["applicant_number"],
            person_id=row["person_id"],
            consent_given_at=as_instant(row["consent_given_at"]),
            consent_withdrawn_at=as_instant(row["consent_withdrawn_at"]),
            protected_address=bool(row["protected_address"]),
            usable_number=bool(row["usable_number"]),
            asked_at=as_instant(row["asked_at"]),
            owed=bool(row["owed"]),
            reported=bool(row["reported"]),
        )
        for row in rows
    ]


def outside_admissions(db: Database) -> Sequence[Applicant]:
    """Those who are to be asked about for recognition: who reported new results on a case or on the person alone, or
    of whom a source owes an answer. `application` is "", the consent that of any application."""
    rows = db.query(
        f"""SELECT {_FACTS}, owed, reported,
            (SELECT min(consent_given_at) FROM applications WHERE person_id = people.id
                AND consent_withdrawn_at IS NULL) AS consent_given_at,
            (SELECT max(placed_at) FROM order_people JOIN orders ON orders.id = order_id
                WHERE person_id = people.id AND purpose = 'recognition') AS asked_at
        FROM (SELECT person_id, max(owed) AS owed, max(reported) AS reported FROM (
            SELECT person_id, 0 AS owed, 1 AS reported FROM reports WHERE settled_at IS NULL AND application IS NULL
            UNION ALL SELECT person_id, 1, 0 FROM temp.owed WHERE purpose = 'recognition') GROUP BY person_id) AS meant
        JOIN people ON people.id = meant.person_id ORDER BY people.id"""
    )
    return [
        Applicant(
            application="",
            person_id=row["person_id"],
            consent_given_at=as_instant(row["consent_given_at"]),
            consent_withdrawn_at=None,
            protected_address=bool(row["protected_address"]),
            usable_number=bool(row["usable_number"]),
            asked_at=as_instant(row["asked_at"]),
            owed=bool(row["owed"]),
            reported=bool(row["reported"]),
        )
        for row in rows
    ]


def begin(db: Database, run_id: int, at: datetime, last: int, gates: Mapping[str, Gate | None]) -> None:
    """Note what a plan goes out from; what an earlier one that was broken off has left is taken away."""
    for table in ("fetches", "order_people"):
        db.execute(f"DELETE FROM {table} WHERE order_id IN (SELECT id FROM orders WHERE run_id = ?)", [run_id])
    db.execute("DELETE FROM orders WHERE run_id = ?", [run_id])
    for table in ("run_admissions", "run_applicants", "run_sources"):
        db.execute(f"DELETE FROM {table} WHERE run_id = ?", [run_id])
    db.execute("UPDATE runs SET judged_at = ?, last_application = ? WHERE id = ?", [as_text(at), last, run_id])
    db.conn.executemany(
        "INSERT INTO run_admissions VALUES (?, ?, ?)", [(run_id, code, gate) for code, gate in gates.items()]
    )


def admissions_of(db: Database, run_id: int) -> frozenset[str]:
    """The admissions that were open when a run was judged."""
    rows = db.query("SELECT admission FROM run_admissions WHERE run_id = ? AND left_out IS NULL", [run_id])
    return frozenset(row["admission"] for row in rows)


def add_order(db: Database, run: Run, purpose: Purpose, basis: Basis, now: datetime, basis_text: str = "") -> int:
    """Write the order of a run for a purpose, on a basis whose text is in force; returns its id."""
    cursor = db.execute(
        """INSERT INTO orders (purpose, basis, basis_text, placed_at, placed_by, placed_from, state, opened_at, run_id)
        VALUES (?, ?, ?, ?, ?, 'run', 'open', ?, ?)""",
        [purpose.value, basis.value, basis_text, as_text(now), run.placed_by, as_text(now), run.id],
    )
    return int(cursor.lastrowid or 0)


def add_applicants(
    db: Database, run_id: int, order_id: int, judged: Iterable[tuple[Applicant, Gate | None, OrderedFor | None]]
) -> None:
    """Write who is ordered for and who is left out for a reason of their own."""
    kept = [each for each in judged if each[1] or each[2]]
    db.conn.executemany(
        "INSERT INTO run_applicants VALUES (?, ?, ?, ?, ?)",
        [(run_id, who.person_id, who.application or None, why, gate) for who, gate, why in kept],
    )
    # A person with two applications is asked about once.
    db.conn.executemany(
        "INSERT OR IGNORE INTO order_people (order_id, person_id, application) VALUES (?, ?, ?)",
        [(order_id, who.person_id, who.application or None) for who, _, why in kept if why],
    )


def is_ordered(db: Database, run_id: int, person_id: int) -> bool:
    """Whether a run orders for this person."""
    sql = "SELECT 1 FROM run_applicants WHERE run_id = ? AND person_id = ? AND ordered_for IS NOT NULL LIMIT 1"
    return any(True for _ in db.query(sql, [run_id, person_id]))


def people_of(db: Database, order_id: int, *, owed_only: bool) -> Iterator[int]:
    """The people of a run's order, in the order of their ids: those whom every source is asked about, or those of
    whom only some owe an answer."""
    rows = db.execute(
        """SELECT person_id FROM order_people JOIN orders ON orders.id = order_id WHERE order_id = :order
        AND :owed_only = NOT EXISTS (SELECT 1 FROM run_applicants WHERE run_applicants.run_id = orders.run_id
            AND run_applicants.person_id = order_people.person_id AND ordered_for <> 'owed') ORDER BY person_id""",
        {"order": order_id, "owed_only": owed_only},
    )
    return (row[0] for row in rows)


def add_fetches(db: Database, order_id: int, institution: int, chunks: Sequence[Sequence[int]], named: bool) -> None:
    """Queue a fetch for each chunk of people ids; `named`: others of the order's people stand between them."""
    db.conn.executemany(
        """INSERT INTO fetches (order_id, institution, state, first_person, last_person, people)
        VALUES (?, ?, 'queued', ?, ?, ?)""",
        [(order_id, institution, chunk[0], chunk[-1], json.dumps(list(chunk)) if named else None) for chunk in chunks],
    )


def add_not_shared(db: Database, order_id: int, institution: int, now: datetime) -> None:
    """Write a fetch that is done: an institution that does not share is not asked about anybody."""
    db.execute(
        """INSERT INTO fetches (order_id, institution, state, first_person, last_person, whole_outcome, finished_at)
        SELECT :order, :institution, 'done', min(person_id), max(person_id), 'not-shared', :now
        FROM order_people WHERE order_id = :order HAVING count(*)""",
        {"order": order_id, "institution": institution, "now": as_text(now)},
    )


def people_counted(db: Database, run_id: int) -> Sequence[tuple[int, int, int]]:
    """Each institution of a run, about how many people it is asked, and about how many of them it does not share."""
    rows = db.execute(
        """SELECT institution, sum(n), sum(n * (whole_outcome IS NOT NULL))
        FROM (SELECT institution, whole_outcome, coalesce(json_array_length(people), (SELECT count(*)
            FROM order_people WHERE order_people.order_id = fetches.order_id
            AND person_id BETWEEN first_person AND last_person)) AS n
            FROM orders JOIN fetches ON order_id = orders.id WHERE run_id = ?) GROUP BY institution""",
        [run_id],
    )
    return [(institution, people, unshared) for institution, people, unshared in rows]


def add_sources(db: Database, run_id: int, counted: Iterable[tuple[int, int, int]]) -> None:
    """Write about how many people each institution is asked."""
    db.conn.executemany(
        "INSERT INTO run_sources (run_id, institution, people, asked, not_shared) VALUES (?, ?, ?, ?, ?)",
        [(run_id, institution, people, unshared, unshared) for institution, people, unshared in counted],
    )


def settle_reports(db: Database, run_id: int, now: datetime) -> None:
    """Settle what was reported of those who are ordered for."""
    db.execute(
        """UPDATE reports SET settled_at = :now, order_id = (SELECT order_id FROM order_people
            JOIN orders ON orders.id = order_id WHERE run_id = :run AND order_people.person_id = reports.person_id
            ORDER BY orders.id LIMIT 1)
        WHERE settled_at IS NULL AND EXISTS (SELECT 1 FROM run_applicants WHERE run_id = :run
            AND run_applicants.person_id = reports.person_id AND ordered_for IS NOT NULL
            AND (reports.application IS NULL OR reports.application = run_applicants.application))""",
        {"run": run_id, "now": as_text(now)},
    )


def applications_ordered(db: Database, run_id: int) -> Iterator[str]:
    """The applicant numbers that a run orders for."""
    rows = db.execute(
        """SELECT application FROM run_applicants
        WHERE run_id = ? AND ordered_for IS NOT NULL AND application IS NOT NULL ORDER BY application""",
        [run_id],
    )
    return (row[0] for row in rows)


def finish_plan(db: Database, run: Run, ordered: int, left_out: Mapping[Gate, int], now: datetime) -> None:
    """Write what a plan came to, and let the run work. An order about nobody goes."""
    db.execute(
        "DELETE FROM orders WHERE run_id = ? AND NOT EXISTS (SELECT 1 FROM order_people WHERE order_id = orders.id)",
        [run.id],
    )
    db.execute(
        """UPDATE runs SET state = ?, begun_at = ?, finished_at = NULL, ordered = ?, left_out = ?, people = (
            SELECT count(DISTINCT person_id) FROM order_people JOIN orders ON orders.id = order_id WHERE run_id = ?)
        WHERE id = ?""",
        [RunState.RUNNING.value, as_text(now), ordered, json.dumps(left_out), run.id, run.id],
    )
