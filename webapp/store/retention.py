"""What decides how long people are kept, read some at a time; and the purges that have been."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from webapp.model import Admission, Applied, Purged, PurgeRecord, RetentionFacts
from webapp.store import admissions, as_instant, as_text

#: The day of an instant, in the settings' time zone.
DayOf = Callable[[datetime], date]
#: The first day on which nobody of an admission is asked about.
CutOff = Callable[[Admission], date]

_FACTS = """SELECT people.id, people.created_at, emptied_at,
    EXISTS (SELECT 1 FROM orders CROSS JOIN order_people ON order_id = orders.id
        WHERE state = 'open' AND person_id = people.id) AS has_open_order,
    EXISTS (SELECT 1 FROM reports WHERE person_id = people.id AND settled_at IS NULL) AS has_open_report,
    EXISTS (SELECT 1 FROM invitations LEFT JOIN portal_visits ON invitation_id = invitations.id
        WHERE person_id = people.id AND withdrawn_at IS NULL
        AND (invitations.expires_at > :now OR portal_visits.expires_at > :now)) AS is_invited,
    EXISTS (SELECT 1 FROM uploads WHERE person_id = people.id) AS has_upload,
    EXISTS (SELECT 1 FROM external_studies JOIN external_results ON study_id = external_studies.id
        WHERE person_id = people.id AND source IS NULL AND gone_at IS NULL) AS has_rows_by_hand,
    EXISTS (SELECT 1 FROM cases JOIN case_results ON case_id = cases.id WHERE person_id = people.id) AS has_included,
    (SELECT json_group_array(json_array(status IN ('BEHANDLET', 'TRUKKET'), changed_at))
        FROM cases WHERE person_id = people.id) AS cases,
    (SELECT json_group_array(json_array(admission, admitted, asked_at))
        FROM applications WHERE person_id = people.id) AS applications,
    (SELECT max(placed_at) FROM order_people JOIN orders ON orders.id = order_id WHERE person_id = people.id
        AND run_id IS NULL AND placed_from NOT IN ('application', 'case')) AS asked_at
FROM people WHERE id IN (SELECT value FROM json_each(:people)) ORDER BY id"""


def ids_after(db: Database, person_id: int, most: int) -> Sequence[int]:
    """The next `most` ids of people above one."""
    rows = db.query("SELECT id FROM people WHERE id > ? ORDER BY id LIMIT ?", [person_id, most])
    return [row["id"] for row in rows]


def facts_of(
    db: Database, people: Iterable[int], now: datetime, cut_off: CutOff, day_of: DayOf
) -> Sequence[RetentionFacts]:
    """The facts of these people, by id; of those who are not there any more, none."""
    known = {each.code: cut_off(each) for each in admissions.admissions(db)}
    rows = db.query(_FACTS, {"people": json.dumps(list(people)), "now": as_text(now)})
    return [_facts(row, known, day_of) for row in rows]


def _facts(row: dict[str, Any], cut_offs: Mapping[str, date], day_of: DayOf) -> RetentionFacts:
    def day(text: str | None) -> date | None:
        at = as_instant(text)
        return day_of(at) if at else None

    cases = json.loads(row["cases"])
    return RetentionFacts(
        person_id=row["id"],
        registered_on=day_of(datetime.fromisoformat(row["created_at"])),
        applications=tuple(
            Applied(cut_offs[admission], {"J": True, "N": False}.get(admitted), day(asked_at))
            for admission, admitted, asked_at in json.loads(row["applications"])
        ),
        has_open_case=not all(is_closed for is_closed, _ in cases),
        cases_closed_on=tuple(
            day_of(datetime.fromisoformat(changed_at)) for is_closed, changed_at in cases if is_closed
        ),
        asked_on=day(row["asked_at"]),
        emptied_on=day(row["emptied_at"]),
        **{name: bool(row[name]) for name in _TRUTHS},
    )


_TRUTHS = ("has_open_order", "has_open_report", "is_invited", "has_upload", "has_rows_by_hand", "has_included")


def begin_purge(db: Database, by: str, now: datetime) -> int:
    """Note that a purge begins; returns its id."""
    nothing = json.dumps(asdict(Purged()))
    return int(
        db.execute("INSERT INTO purges (begun_at, by, purged) VALUES (?, ?, ?)", [as_text(now), by, nothing]).lastrowid
        or 0
    )


def note_purged(db: Database, purge_id: int, purged: Purged, finished_at: datetime | None = None) -> None:
    """Note what a purge has taken so far, and when it came to its end."""
    at = as_text(finished_at) if finished_at else None
    db.execute("UPDATE purges SET purged = ?, finished_at = ? WHERE id = ?", [json.dumps(asdict(purged)), at, purge_id])


def lingers(db: Database) -> bool:
    """Whether something went since the file was last written anew."""
    return any(
        not each.purged.is_nothing for each in _records(db.query("SELECT * FROM purges WHERE rebuilt_at IS NULL"))
    )


def note_rebuilt(db: Database, last_purge: int, now: datetime) -> None:
    """Note that the file was written anew after a purge, and so after those before it."""
    db.execute("UPDATE purges SET rebuilt_at = ? WHERE rebuilt_at IS NULL AND id <= ?", [as_text(now), last_purge])


def latest_purges(db: Database, most: int) -> Sequence[PurgeRecord]:
    """The latest purges, the newest first."""
    return list(_records(db.query("SELECT * FROM purges ORDER BY id DESC LIMIT ?", [most])))


def _records(rows: Iterable[dict[str, Any]]) -> Iterator[PurgeRecord]:
    for row in rows:
        yield PurgeRecord(
            id=row["id"],
            begun_at=datetime.fromisoformat(row["begun_at"]),
            finished_at=as_instant(row["finished_at"]),
            by=row["by"],
            purged=Purged(**json.loads(row["purged"])),
            rebuilt_at=as_instant(row["rebuilt_at"]),
        )
