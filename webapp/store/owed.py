"""What is owed: a source failed to answer a run about people, and nobody has asked it about them since."""

import json
from collections.abc import Collection, Mapping, Sequence

from sqlite_utils import Database

from webapp.model import Run

#: The people of a fetch: those of its order in its range whom it means.
PEOPLE_OF_FETCH = """order_people ON order_people.order_id = fetches.order_id
    AND order_people.person_id BETWEEN first_person AND last_person
    AND (fetches.people IS NULL OR order_people.person_id IN (SELECT value FROM json_each(fetches.people)))"""
#: Nobody has answered since about one whom a fetch owes: a caseworker may have had a single one asked about again.
_STILL = """owing AND NOT EXISTS (SELECT 1 FROM answers JOIN fetches AS since ON since.id = answers.fetch_id
    WHERE answers.person_id = order_people.person_id AND answers.fetch_id > fetches.id
    AND since.institution = fetches.institution AND outcome <> 'failed')"""


def gather(db: Database, but: Collection[int] = ()) -> None:
    """Gather, on this connection alone, about whom a source owes an answer, for run_plans. `but`: institutions that are
    not asked now, and go on owing."""
    db.execute(
        "CREATE TEMP TABLE IF NOT EXISTS owed (purpose TEXT, person_id INTEGER, PRIMARY KEY (purpose, person_id))"
    )
    db.execute("DELETE FROM temp.owed")
    db.execute(
        f"""INSERT OR IGNORE INTO temp.owed SELECT purpose, order_people.person_id FROM fetches
        JOIN orders ON orders.id = fetches.order_id CROSS JOIN {PEOPLE_OF_FETCH} WHERE {_STILL}
        AND institution NOT IN (SELECT value FROM json_each(?))""",
        [json.dumps(list(but))],
    )


def by_institution(db: Database, order_id: int, but: Collection[int] = ()) -> Mapping[int, Sequence[int]]:
    """About which people of an order, of those whom not every source is asked about, each institution, `but` some, owes
    an answer, from earlier orders for the same purpose."""
    rows = db.query(
        f"""SELECT institution, json_group_array(DISTINCT order_people.person_id) AS people FROM fetches
        JOIN orders ON orders.id = fetches.order_id CROSS JOIN {PEOPLE_OF_FETCH}
        JOIN orders AS new ON new.id = :order AND new.purpose = orders.purpose
        WHERE {_STILL} AND institution NOT IN (SELECT value FROM json_each(:but))
            AND EXISTS (SELECT 1 FROM order_people AS mine WHERE mine.order_id = :order
                AND mine.person_id = order_people.person_id)
            AND NOT EXISTS (SELECT 1 FROM run_applicants WHERE run_applicants.run_id = new.run_id
                AND run_applicants.person_id = order_people.person_id AND ordered_for <> 'owed')
        GROUP BY institution""",
        {"order": order_id, "but": json.dumps(list(but))},
    )
    return {row["institution"]: sorted(json.loads(row["people"])) for row in rows}


def take_over(db: Database, run: Run, but: Collection[int] = ()) -> None:
    """End what was owed, `but` by some institutions: whoever may still be asked about is in this run. A run for one
    admission leaves the others owing."""
    values = {"run": run.id, "but": json.dumps(list(but))}
    kept = "institution NOT IN (SELECT value FROM json_each(:but))"
    if run.admission is not None:
        rows = list(
            db.query(
                f"""SELECT fetches.id, json_group_array(order_people.person_id) AS rest,
                    sum(EXISTS (SELECT 1 FROM order_people AS mine JOIN orders AS own ON own.id = mine.order_id
                        WHERE own.run_id = :run AND own.purpose = orders.purpose
                            AND mine.person_id = order_people.person_id)) AS taken
                FROM fetches JOIN orders ON orders.id = fetches.order_id CROSS JOIN {PEOPLE_OF_FETCH}
                WHERE owing AND {kept} AND orders.run_id <> :run GROUP BY fetches.id""",
                values,
            )
        )
        for row in rows:
            if row["taken"]:
                _leave_owing(db, row["id"], run.id, row["rest"])
        return
    db.execute(
        f"""UPDATE fetches SET owing = 0, retry_at = NULL WHERE owing AND {kept}
        AND order_id NOT IN (SELECT id FROM orders WHERE run_id = :run)""",
        values,
    )


def _leave_owing(db: Database, fetch_id: int, run_id: int, people: str) -> None:
    """Split a fetch that owes: those whom a run takes over, and the rest, who are still owed an answer."""
    rest = """SELECT json_group_array(value) FROM json_each(:people) WHERE value NOT IN (SELECT person_id
        FROM order_people JOIN orders AS own ON own.id = order_people.order_id WHERE own.run_id = :run)"""
    values = {"fetch": fetch_id, "run": run_id, "people": people}
    db.execute(
        f"""INSERT INTO fetches (order_id, institution, state, finished_at, retry_at, first_person, last_person, people,
            whole_outcome, whole_failure, whole_cause, owing)
        SELECT order_id, institution, state, finished_at, retry_at, first_person, last_person, ({rest}),
            whole_outcome, whole_failure, whole_cause, 1 FROM fetches WHERE id = :fetch AND ({rest}) <> '[]'""",
        values,
    )
    db.execute("UPDATE fetches SET owing = 0, retry_at = NULL WHERE id = ?", [fetch_id])
