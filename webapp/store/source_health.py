"""How the sources fare: what became of each question, by the hour, and how each source stands."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlite_utils import Database

from webapp.errors import SourceFailure
from webapp.model.sources import SourceHealth, SourceHour, bucket_of
from webapp.store import as_instant, as_text

#: With these the question was never put: they say nothing about a source.
NEVER_PUT = frozenset({SourceFailure.NOT_SET_UP, SourceFailure.SWITCHED_OFF, SourceFailure.STOPPED})


def note_answered(
    db: Database, institution: int, now: datetime, seconds: float, certificate_until: datetime | None = None
) -> None:
    """Note that a source has answered a question, in so many seconds, whatever it said: that it does not share, say.
    `certificate_until`: the end of its certificate, None where that is not known."""
    db.execute(
        """INSERT INTO source_hours (hour, institution, answered, times) VALUES (?1, ?2, 1, json_set('{}', ?3, 1))
        ON CONFLICT DO UPDATE SET answered = answered + 1,
            times = json_set(times, ?3, coalesce(json_extract(times, ?3), 0) + 1)""",
        [_hour(now), institution, f'$."{bucket_of(seconds)}"'],
    )
    db.execute(
        """INSERT INTO source_health (institution, answered_at, certificate_until) VALUES (?, ?, ?)
        ON CONFLICT DO UPDATE SET answered_at = excluded.answered_at, failing_since = NULL,
            certificate_until = coalesce(excluded.certificate_until, certificate_until)""",
        [institution, as_text(now), as_text(certificate_until) if certificate_until else None],
    )


def note_failed(db: Database, institution: int, now: datetime, failure: str, cause: str) -> None:
    """Note that a source did not answer a question, and why: the code of a SourceFailure, and the cause for the log.
    Nothing is noted of a question that was never put."""
    if failure in NEVER_PUT:
        return
    db.execute(
        """INSERT INTO source_hours (hour, institution, failed) VALUES (?, ?, 1)
        ON CONFLICT DO UPDATE SET failed = failed + 1""",
        [_hour(now), institution],
    )
    db.execute(
        """INSERT INTO source_health (institution, failed_at, failing_since, failure, cause) VALUES (?1, ?2, ?2, ?3, ?4)
        ON CONFLICT DO UPDATE SET failed_at = ?2, failing_since = coalesce(failing_since, ?2), failure = ?3,
            cause = ?4""",
        [institution, as_text(now), failure, cause],
    )


def note_described(db: Database, institution: int, now: datetime, certificate_until: datetime | None) -> None:
    """Note that a source has said what it is, and the end of its certificate; that is no question about anybody."""
    db.execute(
        """INSERT INTO source_health (institution, described_at, certificate_until) VALUES (?, ?, ?)
        ON CONFLICT DO UPDATE SET described_at = excluded.described_at,
            certificate_until = coalesce(excluded.certificate_until, certificate_until)""",
        [institution, as_text(now), as_text(certificate_until) if certificate_until else None],
    )


def hours(db: Database, since: datetime, institution: int | None = None) -> Sequence[SourceHour]:
    """The hours since the one that an instant lies in, of one source or of all, in their order; an hour in which
    nothing was asked is not there."""
    rows = db.query(
        """SELECT * FROM source_hours WHERE hour >= :since AND (:institution IS NULL OR institution = :institution)
        ORDER BY hour, institution""",
        {"since": _hour(since), "institution": institution},
    )
    return [
        SourceHour(
            row["institution"],
            datetime.fromisoformat(row["hour"]),
            row["answered"],
            row["failed"],
            {int(bucket): n for bucket, n in json.loads(row["times"]).items()},
        )
        for row in rows
    ]


def health(db: Database) -> Mapping[int, SourceHealth]:
    """How each source stands that was ever asked, by institution number."""
    instants = ("answered_at", "failed_at", "failing_since", "certificate_until", "described_at")
    return {
        row["institution"]: SourceHealth(**row | {name: as_instant(row[name]) for name in instants})
        for row in db.query("SELECT * FROM source_health")
    }


def forget_before(db: Database, instant: datetime) -> None:
    """Forget the hours before the one that an instant lies in."""
    db.execute("DELETE FROM source_hours WHERE hour < ?", [_hour(instant)])


def _hour(at: datetime) -> str:
    return as_text(at.astimezone(UTC).replace(minute=0, second=0, microsecond=0))
