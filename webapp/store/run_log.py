"""The order log of a run: whom it ordered for, whom it left out and why, and what came in for each."""

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlite_utils import Database

from webapp.model import FetchLine, Gate, InRun, Listing, Order, OrderedFor, Outcome, Purpose, Run
from webapp.store.listing import Condition, ListQuery, PeopleNamed, Prefix
from webapp.store.orders import lines_of, order

#: Reasons that an applicant is left out for with all others of the admission; NULL stands for those asked already.
_SHARED = (Gate.PHASE, Gate.CUT_OFF, Gate.ALREADY_ASKED)
#: Where all who applied before a run are, and how the run did with each.
_APPLICATIONS = """applications CROSS JOIN run_admissions AS whole
    ON whole.run_id = {run} AND whole.admission = applications.admission
    LEFT JOIN run_applicants AS own ON own.run_id = {run} AND own.application = applicant_number
        AND own.left_out IS NOT NULL
    CROSS JOIN people ON people.id = applications.person_id"""
_APPLIED_BEFORE = "applications.rowid <= (SELECT last_application FROM runs WHERE runs.id = {run})"
_NOT_ORDERED = """NOT EXISTS (SELECT 1 FROM run_applicants AS ordered WHERE ordered.run_id = {run}
    AND ordered.application = applicant_number AND ordered.ordered_for IS NOT NULL)"""


def ordered(run: Run) -> ListQuery:
    """Whom a run ordered for, by applicant number; before them those who are in it without an application.

    Each row has `came`, how many institutions said something new or could not be asked by the Outcome, and `order_id`.
    """
    return _of_their_own(run, "ordered_for", beside=partial(_bring_what_came, run.id))


def left_out(run: Run, reason: Gate | None = None) -> ListQuery:
    """Whom a run left out, or those of one `reason`, by applicant number; first those who have not applied.

    A run writes only whom it left out for a reason of their own; the others are read from the applications.
    """
    own = _of_their_own(run, "left_out")
    if reason is not None and reason not in _SHARED:
        return own
    whole = {
        None: "1",
        Gate.ALREADY_ASKED: "whole.left_out IS NULL AND own.left_out IS NULL",
        Gate.PHASE: "whole.left_out = 'phase'",
        Gate.CUT_OFF: "whole.left_out = 'cut-off'",
    }[reason]
    conditions = dict(own.conditions) | {
        "applicant_number": Prefix("applicant_number LIKE :value"),
        "name": PeopleNamed("applications.person_id"),
        "admission": Condition("applications.admission = :value"),
        "reason": Condition(":value IS NOT NULL"),
    }
    # A reason that nobody was left out for is not looked for among all.
    nobody = reason is not None and not run.left_out.get(reason)
    parts = ["0" if nobody else _APPLIED_BEFORE, _NOT_ORDERED, whole]
    return _LeftOut(
        select=f"""applicant_number, applications.person_id, applications.admission, given_names, family_name,
            protected_address, coalesce(own.left_out, whole.left_out, '{Gate.ALREADY_ASKED}') AS reason""",
        source=_APPLICATIONS.format(run=run.id),
        key="applicant_number",
        orders={"applicant_number": "applicant_number", "name": "applications.folded_name"},
        conditions=conditions,
        always=" AND ".join(part.format(run=run.id) for part in parts),
        person="applications.person_id",
        first=_of_their_own(run, "left_out", "own.application IS NULL") if reason is None else None,
    )


def in_run(db: Database, run: Run, person_id: int) -> Sequence[InRun]:
    """What became of a person in a run: for each application, and without one, why ordered for or left out."""
    rows = db.query(
        f"""SELECT applicant_number AS application, applications.admission, ordered_for,
            CASE WHEN ordered_for IS NULL THEN coalesce(own.left_out, whole.left_out, '{Gate.ALREADY_ASKED}') END
                AS left_out
        FROM applications JOIN run_admissions AS whole
            ON whole.run_id = :run AND whole.admission = applications.admission
        LEFT JOIN run_applicants AS own ON own.run_id = :run AND own.person_id = :person
            AND own.application = applicant_number
        WHERE applications.person_id = :person AND {_APPLIED_BEFORE.format(run=":run")}
        UNION ALL SELECT NULL, NULL, ordered_for, left_out FROM run_applicants
            WHERE run_id = :run AND person_id = :person AND application IS NULL ORDER BY 1""",
        {"run": run.id, "person": person_id},
    )
    return [
        InRun(
            application=row["application"],
            admission=row["admission"],
            ordered_for=OrderedFor(row["ordered_for"]) if row["ordered_for"] else None,
            left_out=Gate(row["left_out"]) if row["left_out"] else None,
        )
        for row in rows
    ]


def lines_in_run(db: Database, run_id: int, person_id: int) -> Sequence[tuple[Order, Sequence[FetchLine]]]:
    """The orders of a run that are about a person, each with a line for every institution."""
    placed = (order(db, id, person_id) for id in _orders_of(db, run_id))
    return [(each, lines_of(db, each.id, person_id)) for each in placed if each]


def _of_their_own(run: Run, column: str, always: str = "1", **more: Any) -> ListQuery:
    """Those of whom a run has written something in this column."""
    return ListQuery(
        select=f"own.application AS applicant_number, own.person_id, admission, given_names, family_name, "
        f"protected_address, "
        f"own.{column} AS reason",
        source="""run_applicants AS own LEFT JOIN applications ON applicant_number = own.application
            CROSS JOIN people ON people.id = own.person_id""",
        key="own.rowid",
        orders={"applicant_number": "own.application", "name": "people.folded_name"},
        conditions={
            "applicant_number": Prefix("own.application LIKE :value"),
            "name": PeopleNamed("own.person_id"),
            "admission": Condition("admission = :value"),
            "reason": Condition(f"own.{column} = :value"),
        },
        always=f"own.run_id = {run.id} AND own.{column} IS NOT NULL AND {always}",
        person="own.person_id",
        **more,
    )


@dataclass(frozen=True)
class _LeftOut(ListQuery):
    """A list before which another, short one stands, whatever it is sorted by."""

    first: ListQuery | None = None

    def page(self, db: Database, wish: Listing, zone: ZoneInfo) -> tuple[list[dict[str, Any]], int]:
        few = self._few(db, wish, zone)
        before = (wish.page - 1) * wish.rows
        shown = few[before : before + wish.rows]
        rows, hits = self.part(db, wish, zone, max(0, before - len(few)), wish.rows - len(shown))
        return [*shown, *rows], len(few) + hits

    def after(
        self, db: Database, wish: Listing, zone: ZoneInfo, last: tuple[Any, Any] | None = None
    ) -> list[dict[str, Any]]:
        if self.first is None or (last is not None and isinstance(last[1], str)):
            return super().after(db, wish, zone, last)
        few = self.first.after(db, wish, zone, last)
        return [*few, *super().after(db, wish, zone)][: wish.rows]

    def rows(self, db: Database, wish: Listing, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
        yield from self._few(db, wish, zone)
        yield from super().rows(db, wish, zone)

    def people(self, db: Database, wish: Listing, zone: ZoneInfo) -> tuple[list[int], int]:
        people, rows = super().people(db, wish, zone)
        few, more = self.first.people(db, wish, zone) if self.first else ([], 0)
        return [*few, *people], rows + more

    def _few(self, db: Database, wish: Listing, zone: ZoneInfo) -> list[dict[str, Any]]:
        return list(self.first.rows(db, wish, zone)) if self.first else []


def _orders_of(db: Database, run_id: int) -> Mapping[int, Purpose]:
    rows = db.query("SELECT id, purpose FROM orders WHERE run_id = ? ORDER BY id", [run_id])
    return {row["id"]: Purpose(row["purpose"]) for row in rows}


def _bring_what_came(run_id: int, db: Database, rows: Sequence[dict[str, Any]]) -> None:
    """Bring to rows of people what came of the run for them: an order for each purpose is about some of them."""
    orders = _orders_of(db, run_id)
    people = sorted({row["person_id"] for row in rows})
    came: dict[tuple[int, Purpose], Counter[Outcome]] = {}
    for order_id, purpose in orders.items():
        for person, outcome, n in [*_answers(db, order_id, people), *_of_whole_fetches(db, order_id, people)]:
            came.setdefault((person, purpose), Counter())[outcome] += n
    for row in rows:
        purpose = Purpose.ADMISSION if row["applicant_number"] else Purpose.RECOGNITION
        row["came"] = came.get((row["person_id"], purpose), Counter())
        row["order_id"] = next((id for id, each in orders.items() if each is purpose), None)


def _answers(db: Database, order_id: int, people: Sequence[int]) -> Iterator[tuple[int, Outcome, int]]:
    """Person, outcome and how many answers of an order were written about whom."""
    rows = db.query(
        """SELECT answers.person_id, outcome, count(*) AS n FROM json_each(:people)
        CROSS JOIN answers ON answers.person_id = value
            AND fetch_id >= (SELECT min(id) FROM fetches WHERE order_id = :order)
        CROSS JOIN fetches ON fetches.id = fetch_id WHERE order_id = :order GROUP BY answers.person_id, outcome""",
        {"people": json.dumps(people), "order": order_id},
    )
    return ((row["person_id"], Outcome(row["outcome"]), row["n"]) for row in rows)


def _of_whole_fetches(db: Database, order_id: int, people: Sequence[int]) -> Iterator[tuple[int, Outcome, int]]:
    """The same of what holds for all people of a fetch. Who does not share is the same for everybody, who brings files
    for nearly everybody: they are left out."""
    rows = db.query(
        """SELECT whole_outcome, first_person, last_person, people FROM fetches
        WHERE order_id = ? AND whole_outcome IS NOT NULL AND whole_outcome NOT IN ('not-shared', 'awaited')""",
        [order_id],
    )
    for row in rows:
        meant = people[bisect_left(people, row["first_person"]) : bisect_right(people, row["last_person"])]
        if meant and row["people"] is not None:
            meant = sorted(set(meant) & set(json.loads(row["people"])))
        for person in meant:
            yield person, Outcome(row["whole_outcome"]), 1
