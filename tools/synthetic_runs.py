"""Five weeks of runs for pictures: as they would stand there, without the answers that they would have brought."""

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlite_utils import Database

from webapp.config import Settings
from webapp.fetching.evenings import evenings
from webapp.model import RunKind, RunState, RunWish
from webapp.store import as_text, runs

APPLICANTS = 1204
#: Evenings, counted from the first, on which a source was down, and on which a caseworker stopped the run.
INCOMPLETE, STOPPED = (9, 17, 24, 28), 13


def write_runs(db: Database, settings: Settings, now: datetime, caseworker: str) -> None:
    """Write the runs of the evenings before `now`, and one that a caseworker forced and that goes on."""
    chance = random.Random(154)
    for place, evening in enumerate(evenings(settings, now - timedelta(days=35), now)):
        state = RunState.INCOMPLETE if place in INCOMPLETE else RunState.COMPLETE
        stopped = place == STOPPED
        people = APPLICANTS - 300 + 9 * place if evening.kind is RunKind.FULL else chance.randrange(8, 90)
        run_id = runs.add(db, RunWish(evening.kind, evening.at, "FS154.001", forced=False))
        _finish(db, run_id, evening.at, people, chance, caseworker if stopped else None)
        runs.set_state(db, run_id, RunState.STOPPED if stopped else state, evening.at + timedelta(minutes=4))
        runs.add_seconds(db, run_id, 20 + people / 7)
        _write_sources(db, run_id, settings, people, 1.0, state is RunState.INCOMPLETE, chance)
    began = now - timedelta(seconds=95)
    run_id = runs.add(db, RunWish(RunKind.FULL, began, caseworker))
    _finish(db, run_id, began, APPLICANTS, chance, None)
    runs.set_state(db, run_id, RunState.RUNNING, now)
    _write_sources(db, run_id, settings, APPLICANTS, 0.6, True, chance, down_since=now - timedelta(seconds=80))


def _finish(
    db: Database, run_id: int, at: datetime, people: int, chance: random.Random, stopped_by: str | None
) -> None:
    values = {
        "ordered": people + people // 50,
        "people": people,
        "changed_people": people * chance.randrange(4, 9) // 100,
        "begun_at": as_text(at),
        "judged_at": as_text(at),
        "left_out": json.dumps({"no-consent": 31, "protected": 4, "number": 2}),
        "stopped_by": stopped_by,
    }
    db["runs"].update(run_id, values)


def _write_sources(
    db: Database,
    run_id: int,
    settings: Settings,
    people: int,
    share: float,
    has_dead: bool,
    chance: random.Random,
    down_since: datetime | None = None,
) -> None:
    """What came from each source; the last one is the one that never answers."""
    for source in settings.sources:
        row: dict[str, object] = {"run_id": run_id, "institution": source.institution, "people": people}
        dead = has_dead and source is settings.sources[-1]
        if dead:
            row |= {"asked": 0 if down_since else people, "failed": 0 if down_since else people}
            row["down_since"] = as_text(down_since) if down_since else None
        elif not source.shares:
            row |= {"asked": people, "not_shared": people}
        else:
            asked = round(people * min(1.0, share * chance.uniform(0.7, 1.3))) if share < 1 else people
            row |= dict(_answers(asked, chance)) | {"asked": asked}
        db["run_sources"].insert(row)


def _answers(asked: int, chance: random.Random) -> Iterator[tuple[str, int]]:
    found, unchanged = asked * chance.randrange(1, 4) // 100, asked * chance.randrange(3, 12) // 100
    yield "found", found
    yield "unchanged", unchanged
    yield "no_results", asked - found - unchanged
