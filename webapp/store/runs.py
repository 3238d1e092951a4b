"""Runs of FS154.001: their state, what came from whom, and the one mark of the evenings dealt with."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from webapp.model import Gate, Run, RunKind, RunSource, RunState, RunWish
from webapp.store import as_instant, as_text
from webapp.store.listing import Condition, Day, ListQuery

#: Some hundred runs a year: they are sorted as they are read.
LIST = ListQuery(
    select="runs.*",
    source="runs",
    key="runs.id",
    orders={
        "run": "runs.id",
        "when": "runs.scheduled_for",
        "ordered": "runs.ordered",
        "changed": "runs.changed_people",
        "seconds": "runs.seconds",
    },
    conditions={
        "from": Day("runs.scheduled_for >= :value"),
        "to": Day("runs.scheduled_for < :end"),
        "kind": Condition("runs.kind = :value"),
        "state": Condition("runs.state = :value"),
        "admission": Condition("runs.admission = :value"),
        "by": Condition("runs.placed_by = :value COLLATE NOCASE"),
    },
)

_UNFINISHED = "state IN ('waiting', 'running')"


def add(db: Database, wish: RunWish, state: RunState = RunState.WAITING) -> int:
    """Write a new run; returns its id. Raises sqlite3.IntegrityError for an evening that the clock ordered before."""
    cursor = db.execute(
        """INSERT INTO runs (kind, state, scheduled_for, placed_by, admission, forced) VALUES (?, ?, ?, ?, ?, ?)""",
        [
            wish.kind.value,
            state.value,
            as_text(wish.scheduled_for),
            wish.placed_by,
            wish.admission,
            int(wish.forced),
        ],
    )
    return int(cursor.lastrowid or 0)


def run(db: Database, run_id: int) -> Run | None:
    """The run with this id, or None."""
    return next((run_of(row) for row in db.query("SELECT * FROM runs WHERE id = ?", [run_id])), None)


def unfinished(db: Database) -> Sequence[Run]:
    """The runs that are waiting or running, the eldest first."""
    return [run_of(row) for row in db.query(f"SELECT * FROM runs WHERE {_UNFINISHED} ORDER BY id")]


def latest(db: Database, most: int) -> Sequence[Run]:
    """The latest runs, the newest first."""
    return [run_of(row) for row in db.query("SELECT * FROM runs ORDER BY id DESC LIMIT ?", [most])]


def sources_of(db: Database, run_id: int) -> Sequence[RunSource]:
    """What came of a run at each institution, by their names."""
    rows = db.query(
        """SELECT run_sources.*, names FROM run_sources JOIN institutions ON number = institution WHERE run_id = ?
        ORDER BY coalesce(names ->> 'nb', names ->> 'nn', names ->> 'en'), institution""",
        [run_id],
    )
    return [_source(row) for row in rows]


def set_state(db: Database, run_id: int, state: RunState, now: datetime) -> None:
    """Bring a run into a state; one that leads nowhere further is finished now."""
    ended = state not in (RunState.WAITING, RunState.RUNNING)
    db.execute(
        "UPDATE runs SET state = ?, finished_at = ? WHERE id = ?",
        [state.value, as_text(now) if ended else None, run_id],
    )


def ask_to_stop(db: Database, run_id: int, by: str) -> bool:
    """Have a run stopped: one that works sees it within a second. False when it is not going on any more."""
    cursor = db.execute(f"UPDATE runs SET stopped_by = ? WHERE id = ? AND {_UNFINISHED}", [by, run_id])
    return bool(cursor.rowcount)


def judge_at(db: Database, run_id: int, at: datetime) -> None:
    """Have a waiting run judged at an instant, instead of when it begins."""
    db.execute("UPDATE runs SET judged_at = ? WHERE id = ?", [as_text(at), run_id])


def stop_waiting(db: Database, now: datetime) -> None:
    """End the waiting runs that somebody has asked to stop."""
    db.execute(
        "UPDATE runs SET state = 'stopped', finished_at = ? WHERE state = 'waiting' AND stopped_by IS NOT NULL",
        [as_text(now)],
    )


def add_seconds(db: Database, run_id: int, seconds: float) -> None:
    """Count time that a run has worked."""
    db.execute("UPDATE runs SET seconds = seconds + ? WHERE id = ?", [seconds, run_id])


def mark_mailed(db: Database, run_id: int, now: datetime) -> None:
    """Note that the digest of a run went out."""
    db.execute("UPDATE runs SET mailed_at = ? WHERE id = ?", [as_text(now), run_id])


def dealt_with_until(db: Database) -> datetime | None:
    """Until when the evenings have been dealt with; None before the first start."""
    return next((as_instant(row["dealt_with_until"]) for row in db.query("SELECT * FROM evenings")), None)


def mark_dealt_with(db: Database, until: datetime) -> None:
    """Note that the evenings until an instant have been dealt with."""
    db.execute("INSERT OR REPLACE INTO evenings (id, dealt_with_until) VALUES (1, ?)", [as_text(until)])


def bring_back(db: Database, now: datetime) -> None:
    """Label the runs of a clock that was far ahead with the time that it is: their evenings are still to come."""
    db.execute(
        """UPDATE runs SET scheduled_for = label FROM (SELECT id AS ahead, strftime('%Y-%m-%dT%H:%M:%f+00:00',
            julianday(:now) - row_number() OVER (ORDER BY id DESC) / 86400.0) AS label
            FROM runs WHERE NOT forced AND scheduled_for > :now) WHERE id = ahead""",
        {"now": as_text(now)},
    )


def run_of(row: dict[str, Any]) -> Run:
    """A run out of its row."""
    return Run(
        id=row["id"],
        kind=RunKind(row["kind"]),
        state=RunState(row["state"]),
        scheduled_for=datetime.fromisoformat(row["scheduled_for"]),
        placed_by=row["placed_by"],
        admission=row["admission"],
        forced=bool(row["forced"]),
        judged_at=as_instant(row["judged_at"]),
        begun_at=as_instant(row["begun_at"]),
        finished_at=as_instant(row["finished_at"]),
        seconds=row["seconds"],
        ordered=row["ordered"],
        people=row["people"],
        left_out={Gate(gate): count for gate, count in json.loads(row["left_out"]).items()},
        changed_people=row["changed_people"],
        stopped_by=row["stopped_by"],
        mailed_at=as_instant(row["mailed_at"]),
    )


def _source(row: dict[str, Any]) -> RunSource:
    return RunSource(
        institution=row["institution"],
        name=json.loads(row["names"]),
        people=row["people"],
        asked=row["asked"],
        found=row["found"],
        nothing=row["no_results"],
        unchanged=row["unchanged"],
        failed=row["failed"],
        no_consent=row["no_consent"],
        not_shared=row["not_shared"],
        mismatch=row["mismatch"],
        awaited=row["awaited"],
        seats=row["seats"],
        down_since=as_instant(row["down_since"]),
        off=row["off"],
    )
