"""What came of an order for one person: a line for each institution that was asked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlite_utils import Database

from webapp.model import Answer, Fetch, FetchLine, FetchState, Outcome
from webapp.store import as_instant
from webapp.store.answers import answer_of

#: Whether a fetch means :person. A run's fetch is about many, and one that failed for some is split in two.
MEANS_PERSON = """:person BETWEEN first_person AND last_person
    AND (fetches.people IS NULL OR EXISTS (SELECT 1 FROM json_each(fetches.people) WHERE value = :person))"""
#: The columns of a line, for `line_of`; the fetch's own answer about :person stands in `told`.
LINE = """fetches.id AS fetch, fetches.*, :person AS about, names, outcome, results, changes, failure, cause,
    told.left_out, findings, payload, seconds, answered_at, decision"""
#: What is joined with fetches for it.
BESIDE = """JOIN institutions ON number = fetches.institution
    LEFT JOIN answers AS told ON told.fetch_id = fetches.id AND told.person_id = :person"""
#: What an institution said of a person until it says something else.
_LASTING = (Outcome.FOUND, Outcome.UNCHANGED, Outcome.NOTHING, Outcome.MISMATCH)


class Told:
    """All answers about a person, for what a run left unwritten; they are read when the first one is looked for."""

    def __init__(self, db: Database, person_id: int) -> None:
        self._db = db
        self._person_id = person_id

    @cached_property
    def _rows(self) -> Sequence[dict[str, Any]]:
        sql = """SELECT answers.*, order_id, institution FROM answers JOIN fetches ON fetches.id = fetch_id
            WHERE answers.person_id = ? ORDER BY answered_at"""
        return list(self._db.query(sql, [self._person_id]))

    @cached_property
    def _in_order(self) -> Mapping[tuple[int, int], dict[str, Any]]:
        return {(row["order_id"], row["institution"]): row for row in self._rows}

    def in_order(self, order_id: int, institution: int) -> tuple[int, Answer] | None:
        """What an institution said in an order, and the fetch that it said it to: one that was split has it still."""
        row = self._in_order.get((order_id, institution))
        return (row["fetch_id"], answer_of(row)) if row else None

    def as_before(self, institution: int, at: str) -> tuple[int | None, Answer]:
        """What an answer was that said the same as the one before `at`, an instant as it is stored; and the fetch
        whose answer stands for it, where somebody may still have to decide about that."""
        rows = [row for row in self._rows if row["institution"] == institution and row["answered_at"] < at]
        before = next((answer_of(row) for row in reversed(rows) if row["outcome"] in _LASTING), None)
        if before is None or before.outcome is Outcome.NOTHING:
            return None, Answer(Outcome.NOTHING, 0, answered_at=as_instant(at))
        if before.outcome is Outcome.MISMATCH:
            aside = next(row["fetch_id"] for row in reversed(rows) if row["outcome"] == Outcome.MISMATCH)
            return aside, replace(before, seconds=0, answered_at=as_instant(at))
        return None, Answer(Outcome.UNCHANGED, 0, results=before.results, answered_at=as_instant(at))


def line_of(row: dict[str, Any], told: Told) -> FetchLine:
    """A line out of its row; its answer is the one that was written, or what holds for all people of the fetch, or
    that nothing was new."""
    fetch, answer = fetch_of(row), answer_of(row) if row["outcome"] else None
    if answer is None and fetch.state in (FetchState.DONE, FetchState.FAILED):
        if own := told.in_order(fetch.order_id, fetch.institution):
            fetch, answer = replace(fetch, id=own[0]), own[1]
        elif row["whole_outcome"]:
            answer = _of_all(row)
        else:
            aside, answer = told.as_before(fetch.institution, row["finished_at"])
            fetch = replace(fetch, id=aside or fetch.id)
    return FetchLine(fetch, json.loads(row["names"]), answer)


def _of_all(row: dict[str, Any]) -> Answer:
    """The answer that holds for each person of a fetch."""
    return Answer(
        Outcome(row["whole_outcome"]),
        0,
        failure=row["whole_failure"],
        cause=row["whole_cause"],
        answered_at=datetime.fromisoformat(row["finished_at"]),
    )


def fetch_of(row: dict[str, Any]) -> Fetch:
    """A fetch out of its row, about one of its people."""
    return Fetch(
        id=row["fetch"],
        order_id=row["order_id"],
        person_id=row["about"],
        institution=row["institution"],
        state=FetchState(row["state"]),
        attempts=row["attempts"],
        retry_at=as_instant(row["retry_at"]),
    )
