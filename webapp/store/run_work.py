"""The work of a run: its fetches one after the other, what is known of their people, and what came of them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from webapp.errors import SourceFailure
from webapp.model import Basis, FetchState, OrderState, Outcome, Purpose, RunState
from webapp.store import as_text, source_health
from webapp.store.owed import PEOPLE_OF_FETCH

#: How many applications are told of the end of a run in one transaction.
PIECE = 2000
_ORDERS = "order_id IN (SELECT id FROM orders WHERE run_id = :run)"


@dataclass(frozen=True)
class RunFetch:
    """A fetch of a run. `people`: which of its order's people in the range, as JSON; None is all."""

    id: int
    order_id: int
    institution: int
    first_person: int
    last_person: int
    people: str | None
    purpose: Purpose
    basis: Basis


@dataclass(frozen=True)
class Known:
    """What is known of a person at an institution: the tag and the hash of the answer merged last, and whether rows
    stand that the institution still stood behind."""

    etag: str | None
    payload: str | None
    has_rows: bool


UNKNOWN = Known(None, None, False)


def next_fetches(db: Database, run_id: int, institution: int, after: int, most: int) -> Sequence[RunFetch]:
    """The next queued fetches of a run to an institution, with ids above `after`."""
    # CROSS: left to itself SQLite goes through all fetches that the institution has ever had, each time.
    rows = db.query(
        """SELECT fetches.id, order_id, institution, first_person, last_person, people, purpose, basis FROM orders
        CROSS JOIN fetches ON order_id = orders.id WHERE run_id = ? AND institution = ? AND fetches.state = 'queued'
            AND fetches.id > ? ORDER BY fetches.id LIMIT ?""",
        [run_id, institution, after, most],
    )
    return [RunFetch(**row | {"purpose": Purpose(row["purpose"]), "basis": Basis(row["basis"])}) for row in rows]


def institutions_left(db: Database, run_id: int) -> Sequence[int]:
    """The institutions that are still to be asked."""
    rows = db.query(f"SELECT DISTINCT institution FROM fetches WHERE {_ORDERS} AND state = 'queued'", {"run": run_id})
    return sorted(row["institution"] for row in rows)


def people_of(db: Database, fetch: RunFetch, at: datetime) -> Mapping[int, tuple[tuple[str, ...], bool]]:
    """The people of a fetch by their ids: the numbers that other institutions know, the current one first, and whether
    a consent of theirs is valid at an instant."""
    rows = db.execute(
        f"""SELECT person.id, (SELECT group_concat(number, ' ') FROM (SELECT number FROM person_identifiers
                WHERE person_id = person.id AND kind <> 'FS_FIKTIVT_NUMMER'
                ORDER BY is_current DESC, registered_at DESC)),
            EXISTS (SELECT 1 FROM applications WHERE applications.person_id = person.id
            AND consent_given_at <= :at AND (consent_withdrawn_at IS NULL OR consent_withdrawn_at > :at))
        FROM fetches CROSS JOIN {PEOPLE_OF_FETCH} JOIN people AS person ON person.id = order_people.person_id
        WHERE fetches.id = :fetch ORDER BY person.id""",
        {"fetch": fetch.id, "at": as_text(at)},
    )
    return {person: (tuple((numbers or "").split()), bool(consent)) for person, numbers, consent in rows}


def withdrawn_of(db: Database, fetch: RunFetch, at: datetime) -> frozenset[int]:
    """The people in a fetch's range who have withdrawn a consent by an instant and have no other. There are few of
    them: this is looked up before each question, where `people_of` is kept for a while."""
    rows = db.query(
        """SELECT DISTINCT person_id FROM applications AS withdrawn WHERE person_id BETWEEN :first AND :last
        AND consent_withdrawn_at IS NOT NULL AND consent_withdrawn_at <= :at
        AND NOT EXISTS (SELECT 1 FROM applications WHERE person_id = withdrawn.person_id
            AND consent_given_at <= :at AND (consent_withdrawn_at IS NULL OR consent_withdrawn_at > :at))""",
        {"first": fetch.first_person, "last": fetch.last_person, "at": as_text(at)},
    )
    return frozenset(row["person_id"] for row in rows)


def known_of(db: Database, fetch: RunFetch) -> Mapping[int, Known]:
    """What is known already of the people in a fetch's range who have a row from its institution, by their ids."""
    rows = db.query(
        """SELECT person_id, institution, etag, merged_payload, has_rows FROM (
            SELECT person_id, institution, etag, merged_payload, EXISTS (SELECT 1 FROM external_results
                WHERE study_id = external_studies.id AND source = :institution AND gone_at IS NULL) AS has_rows
            FROM external_studies WHERE person_id BETWEEN :first AND :last)
        WHERE institution = :institution OR has_rows""",
        {"institution": fetch.institution, "first": fetch.first_person, "last": fetch.last_person},
    )
    known: dict[int, Known] = {}
    for row in rows:
        # Rows of an institution that became a part of another stand under that one's name.
        before = known.get(row["person_id"], UNKNOWN)
        own = row["institution"] == fetch.institution
        known[row["person_id"]] = Known(
            row["etag"] if own else before.etag,
            row["merged_payload"] if own else before.payload,
            before.has_rows or bool(row["has_rows"]),
        )
    return known


def set_aside_of(db: Database, fetch: RunFetch) -> frozenset[int]:
    """The people in a fetch's range of whom the institution's latest answer was set aside."""
    rows = db.query(
        """SELECT answers.person_id FROM answers JOIN fetches ON fetches.id = fetch_id
        WHERE outcome = 'mismatch' AND answers.person_id BETWEEN :first AND :last AND institution = :institution
            AND NOT EXISTS (SELECT 1 FROM answers AS later JOIN fetches AS since ON since.id = later.fetch_id
                WHERE later.person_id = answers.person_id AND later.fetch_id > answers.fetch_id
                AND since.institution = :institution)""",
        {"institution": fetch.institution, "first": fetch.first_person, "last": fetch.last_person},
    )
    return frozenset(row["person_id"] for row in rows)


def end(
    db: Database,
    fetch: RunFetch,
    people: Sequence[int] | None,
    state: FetchState,
    now: datetime,
    whole: tuple[Outcome, str | None, str | None] | None = None,
    retry_at: datetime | None = None,
    *,
    anew: bool = False,
) -> int:
    """Bring a fetch into a state for some of its `people`, None for all; `whole`: outcome, failure and cause that hold
    for each of them. With `anew` it is another fetch, about those: the first one ends for the others. Returns its id.
    """
    outcome, failure, cause = whole or (None, None, None)
    values = {
        "state": state.value,
        "people": json.dumps(list(people)) if people is not None else fetch.people,
        "now": as_text(now) if state in (FetchState.DONE, FetchState.FAILED) else None,
        "outcome": outcome,
        "failure": failure,
        "cause": cause,
        "owing": int(state is FetchState.FAILED),
        "retry": as_text(retry_at) if retry_at else None,
        "id": fetch.id,
        "order": fetch.order_id,
        "institution": fetch.institution,
        "first": fetch.first_person,
        "last": fetch.last_person,
    }
    if anew:
        cursor = db.execute(
            """INSERT INTO fetches (order_id, institution, first_person, last_person, state, people, attempts,
                finished_at, whole_outcome, whole_failure, whole_cause, owing, retry_at)
            VALUES (:order, :institution, :first, :last, :state, :people, 1, :now, :outcome, :failure, :cause, :owing,
                :retry)""",
            values,
        )
        return int(cursor.lastrowid or 0)
    db.execute(
        """UPDATE fetches SET state = :state, people = :people, attempts = 1, finished_at = :now,
            whole_outcome = :outcome, whole_failure = :failure, whole_cause = :cause, owing = :owing, retry_at = :retry
        WHERE id = :id""",
        values,
    )
    return fetch.id


def give_up(
    db: Database,
    run_id: int,
    institution: int | None,
    failure: str,
    cause: str,
    now: datetime,
    retry_at: datetime | None,
) -> None:
    """End what is still queued at an institution, None for all: it failed, and is owed. Unless the run was stopped,
    or the source is switched off, it had its chance: it was probed."""
    values = {
        "run": run_id,
        "institution": institution,
        "failure": failure,
        "cause": cause,
        "now": as_text(now),
        "retry": as_text(retry_at) if retry_at else None,
    }
    where = f"WHERE {_ORDERS} AND state = 'queued' AND (:institution IS NULL OR institution = :institution)"
    counted = list(
        db.query(
            f"""SELECT institution, count(*) AS n FROM (SELECT fetches.id, fetches.order_id, institution, first_person,
                last_person, people FROM fetches {where}) AS fetches CROSS JOIN {PEOPLE_OF_FETCH}
            GROUP BY institution""",
            values,
        )
    )
    db.execute(
        f"""UPDATE fetches SET state = 'failed', owing = 1, finished_at = :now, whole_outcome = 'failed',
            attempts = iif(:failure IN ('stopped', 'switched-off'), attempts, 1), whole_failure = :failure,
            whole_cause = :cause, retry_at = :retry {where}""",
        values,
    )
    if failure == SourceFailure.SWITCHED_OFF:
        db.execute("UPDATE run_sources SET off = ? WHERE run_id = ? AND institution = ?", [cause, run_id, institution])
    for row in counted:
        count(db, run_id, row["institution"], {Outcome.FAILED: row["n"]})
        source_health.note_failed(db, row["institution"], now, failure, cause)


def count(db: Database, run_id: int, institution: int, outcomes: Mapping[Outcome, int]) -> None:
    """Add to what came of a run at an institution: how many people for each outcome."""
    columns = {
        Outcome.FOUND: "found",
        Outcome.NOTHING: "no_results",
        Outcome.UNCHANGED: "unchanged",
        Outcome.FAILED: "failed",
        Outcome.NO_CONSENT: "no_consent",
        Outcome.NOT_SHARED: "not_shared",
        Outcome.MISMATCH: "mismatch",
        Outcome.AWAITED: "awaited",
    }
    more = ", ".join(f"{columns[outcome]} = {columns[outcome]} + {int(n)}" for outcome, n in outcomes.items() if n)
    if more:
        db.execute(
            f"UPDATE run_sources SET asked = asked + ?, {more} WHERE run_id = ? AND institution = ?",
            [sum(outcomes.values()), run_id, institution],
        )


def note_paces(db: Database, run_id: int, paces: Iterable[tuple[int, int, bool]], now: datetime) -> None:
    """Note of institutions how many questions at once they are asked now, and whether they are down."""
    db.conn.executemany(
        """UPDATE run_sources SET seats = ?, down_since = CASE WHEN ? THEN coalesce(down_since, ?) END
        WHERE run_id = ? AND institution = ?""",
        [(seats, is_down, as_text(now), run_id, institution) for institution, seats, is_down in paces],
    )


def stopped_by(db: Database, run_id: int) -> str | None:
    """Who wants a run to stop, or None."""
    return next((row["stopped_by"] for row in db.query("SELECT stopped_by FROM runs WHERE id = ?", [run_id])), None)


def people_told(db: Database, run_id: int) -> Iterator[list[int]]:
    """The people of a run, some at a time, in the order of their ids."""
    last = 0
    while rows := list(
        db.query(
            f"SELECT DISTINCT person_id FROM order_people WHERE {_ORDERS} AND person_id > :last ORDER BY 1 LIMIT :most",
            {"run": run_id, "last": last, "most": PIECE},
        )
    ):
        yield [row["person_id"] for row in rows]
        last = rows[-1]["person_id"]


def tell_people(db: Database, people: Sequence[int], now: datetime) -> None:
    """Note on the applications and cases of people that an order about them has ended."""
    for table in ("applications", "cases"):
        db.execute(
            f"UPDATE {table} SET fetched_at = ? WHERE person_id IN (SELECT value FROM json_each(?))",
            [as_text(now), json.dumps(people)],
        )


def changed_people(db: Database, run_id: int) -> int:
    """For how many people a run changed a result."""
    rows = db.query(
        f"""SELECT count(DISTINCT person_id) AS n FROM fetches JOIN answers ON fetch_id = fetches.id
        WHERE {_ORDERS} AND changes > 0""",
        {"run": run_id},
    )
    return int(next(iter(rows))["n"])


def finish(db: Database, run_id: int, changed_people: int, *, stopped: bool, now: datetime) -> None:
    """Give a run and its orders their final state."""
    values: dict[str, Any] = {"run": run_id, "now": as_text(now)}
    failed = "EXISTS (SELECT 1 FROM fetches WHERE order_id = orders.id AND state = 'failed')"
    db.execute(
        f"""UPDATE orders SET finished_at = :now, state = CASE WHEN {failed} THEN :later ELSE :complete END
        WHERE run_id = :run""",
        values | {"later": OrderState.INCOMPLETE_TEMPORARY.value, "complete": OrderState.COMPLETE.value},
    )
    incomplete = RunState.STOPPED if stopped else RunState.INCOMPLETE
    db.execute(
        f"""UPDATE runs SET finished_at = :now, changed_people = :changed,
            state = CASE WHEN :stopped OR EXISTS (SELECT 1 FROM orders WHERE run_id = :run AND {failed})
                THEN :incomplete ELSE :complete END
        WHERE id = :run""",
        values
        | {
            "changed": changed_people,
            "stopped": stopped,
            "incomplete": incomplete.value,
            "complete": RunState.COMPLETE.value,
        },
    )
