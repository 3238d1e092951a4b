"""Taking people out of the database: their results with all that was told about them, or everything.

Each function is called within a writing transaction with the ids of some people. Runs keep their counts, which stand in
rows of their own, and orders that asked about many keep the others. Store.rebuild then takes what lingers out of the
file itself.
"""

import json
from collections.abc import Collection
from datetime import datetime

from sqlite_utils import Database

from webapp.store import as_text, trace

_THEM = "IN (SELECT value FROM json_each(:people))"
_STUDIES = f"(SELECT id FROM external_studies WHERE person_id {_THEM})"
_RESULTS = f"(SELECT id FROM external_results WHERE study_id IN {_STUDIES})"
_INVITATIONS = f"(SELECT id FROM invitations WHERE person_id {_THEM})"
_APPLICATIONS = f"(SELECT applicant_number FROM applications WHERE person_id {_THEM})"
_CASES = f"(SELECT id FROM cases WHERE person_id {_THEM})"
_ORDERS = f"(SELECT order_id FROM order_people WHERE person_id {_THEM})"

_WHAT_WAS_TOLD = (
    f"DELETE FROM case_results WHERE result_id IN {_RESULTS}",
    f"DELETE FROM result_changes WHERE person_id {_THEM}",
    f"DELETE FROM external_results WHERE study_id IN {_STUDIES}",
    f"DELETE FROM external_studies WHERE person_id {_THEM}",
    f"DELETE FROM notice_institutions WHERE notice_id IN (SELECT id FROM notices WHERE person_id {_THEM})",
    f"DELETE FROM notices WHERE person_id {_THEM}",
    f"DELETE FROM uploads WHERE person_id {_THEM}",
    f"UPDATE applications SET unhandled = 0 WHERE unhandled AND person_id {_THEM}",
    f"UPDATE orders SET reason = '' WHERE run_id IS NULL AND id IN {_ORDERS}",
    f"UPDATE cases SET application_text = '', note = '' WHERE person_id {_THEM}",
)
#: What is left of an answer is how many results it had, and when it came.
_WITHOUT_CONTENT = f"""UPDATE answers SET left_out = '[]', findings = '[]', cause = NULL, decision = NULL,
    payload = NULL WHERE person_id {_THEM}"""
_DUE = f"""person_id {_THEM} AND payload IS NOT NULL AND answered_at < :before
    AND (outcome <> 'mismatch' OR decision IS NOT NULL)"""
#: Of orders that asked about many, who is gone is taken out of what each fetch was about. A run has thousands of
#: fetches: only those near these people are looked at closely.
_NEAR = f"order_id IN {_ORDERS} AND first_person <= :highest AND last_person >= :lowest"
_OUT_OF_FETCHES = (
    f"""UPDATE fetches SET people = (SELECT json_group_array(value) FROM json_each(people)
            WHERE value NOT {_THEM})
        WHERE people IS NOT NULL AND {_NEAR}""",
    f"""UPDATE fetches SET (first_person, last_person) = (SELECT min(person_id), max(person_id) FROM order_people
            WHERE order_id = fetches.order_id AND person_id BETWEEN first_person AND last_person
            AND person_id NOT {_THEM})
        WHERE {_NEAR} AND (first_person {_THEM} OR last_person {_THEM})""",
    f"UPDATE fetches SET owing = 0 WHERE owing AND first_person IS NULL AND order_id IN {_ORDERS}",
)
_EMPTY_ORDERS = """(SELECT orders.id FROM json_each(:orders) JOIN orders ON orders.id = value
    WHERE run_id IS NULL AND NOT EXISTS (SELECT 1 FROM order_people WHERE order_id = orders.id))"""
_LOGS = (
    f"DELETE FROM portal_visits WHERE invitation_id IN {_INVITATIONS}",
    f"DELETE FROM invitations WHERE person_id {_THEM}",
    f"DELETE FROM reports WHERE person_id {_THEM}",
    f"DELETE FROM run_applicants WHERE person_id {_THEM}",
    f"DELETE FROM answers WHERE person_id {_THEM}",
    *_OUT_OF_FETCHES,
    f"DELETE FROM order_people WHERE person_id {_THEM}",
    f"DELETE FROM fetches WHERE order_id IN {_EMPTY_ORDERS}",
    f"DELETE FROM deliveries WHERE order_id IN {_EMPTY_ORDERS}",
    f"DELETE FROM orders WHERE id IN {_EMPTY_ORDERS}",
)
_THE_PERSON = (
    f"DELETE FROM case_results WHERE case_id IN {_CASES}",
    f"DELETE FROM cases WHERE person_id {_THEM}",
    f"DELETE FROM application_alternatives WHERE application IN {_APPLICATIONS}",
    f"DELETE FROM applications WHERE person_id {_THEM}",
    # The next application takes the place above the last: no run has seen it.
    """UPDATE runs SET last_application = (SELECT coalesce(max(rowid), 0) FROM applications)
        WHERE last_application > (SELECT coalesce(max(rowid), 0) FROM applications)""",
    f"DELETE FROM person_identifiers WHERE person_id {_THEM}",
    f"DELETE FROM people WHERE id {_THEM}",
)


def empty(db: Database, people: Collection[int], now: datetime) -> None:
    """Delete the results of these people and all that was told about them; that they were asked about stays known."""
    _empty(db, json.dumps(list(people)))
    marked = {"people": json.dumps(list(people)), "now": as_text(now)}
    db.execute(f"UPDATE people SET emptied_at = :now WHERE id {_THEM}", marked)


def delete(db: Database, people: Collection[int]) -> None:
    """Delete these people with everything that is known of them. The trace keeps that something was done, without what:
    and their ids, so that nobody else gets them."""
    given = json.dumps(list(people))
    _empty(db, given)
    values = {
        "people": given,
        "orders": _column(db, _ORDERS, given),
        "lowest": min(people, default=0),
        "highest": max(people, default=0),
    }
    for statement in (*_LOGS, *_THE_PERSON):
        db.execute(statement, values)
    for person_id in people:
        trace.erase_contents(db, person_id)


def forget_mentions(db: Database, words: Collection[str]) -> int:
    """Delete the imports whose file name or complaints hold one of these words, however written; returns how many."""
    rows = db.query("SELECT id, file_name || ' ' || coalesce(report, '') AS said FROM imports")
    wanted = [word.casefold() for word in words]
    mentions = [row["id"] for row in rows if any(word in row["said"].casefold() for word in wanted)]
    db.execute("DELETE FROM imports WHERE id IN (SELECT value FROM json_each(?))", [json.dumps(mentions)])
    return len(mentions)


def drop_answers(db: Database, people: Collection[int], before: datetime) -> int:
    """Delete the raw answers about these people that came before an instant, but for those about somebody else that
    nobody has decided on yet; returns how many."""
    given = json.dumps(list(people))
    values = {"people": given, "before": as_text(before)}
    hashes = [row["payload"] for row in db.query(f"SELECT DISTINCT payload FROM answers WHERE {_DUE}", values)]
    db.execute(f"UPDATE answers SET payload = NULL WHERE {_DUE}", values)
    return _drop_payloads(db, hashes)


def count_answers(db: Database, people: Collection[int], before: datetime) -> int:
    """How many raw answers drop_answers would take, or look at: one that is about others as well stays for them."""
    values = {"people": json.dumps(list(people)), "before": as_text(before)}
    rows = db.query(f"SELECT count(DISTINCT payload) AS n FROM answers WHERE {_DUE}", values)
    return int(next(iter(rows))["n"])


def _empty(db: Database, people: str) -> None:
    """Foreign keys are looked at when the transaction ends, so that rows below rows can go in any order."""
    db.execute("PRAGMA defer_foreign_keys = ON")
    values = {"people": people}
    hashes = json.loads(_column(db, f"(SELECT DISTINCT payload FROM answers WHERE person_id {_THEM})", people))
    for statement in (*_WHAT_WAS_TOLD, _WITHOUT_CONTENT):
        db.execute(statement, values)
    _drop_payloads(db, [name for name in hashes if name])


def _drop_payloads(db: Database, hashes: Collection[str]) -> int:
    """Delete the payloads of these hashes that no answer about anybody came in any more."""
    return db.execute(
        """DELETE FROM payloads WHERE hash IN (SELECT value FROM json_each(?))
        AND NOT EXISTS (SELECT 1 FROM answers WHERE payload = hash)""",
        [json.dumps(list(hashes))],
    ).rowcount


def _column(db: Database, of: str, people: str) -> str:
    """The values of a query about people, as a JSON list."""
    rows = db.execute(f"SELECT DISTINCT * FROM {of}", {"people": people}).fetchall()
    return json.dumps([row[0] for row in rows])
