"""Personvern → Sletting: what would go tonight by the rules of retention, and why the others stay, as it was computed
last: every night after the purge, and when somebody asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.model import Due, Hold, Person, Preview, PurgeRecord, Right
from webapp.names import full_name
from webapp.privacy.previewing import MOST_TOLD, compute_anew
from webapp.store import people, purge_preview, retention
from webapp.web.current import house, may
from webapp.web.language import gettext
from webapp.web.people_rows import PersonRow, person_row
from webapp.web.retention_words import due_name, due_words, hold_name, limit_words
from webapp.web.traced import about
from webapp.web.words import moment_of

routes = Blueprint("retention", __name__)

#: So many of the latest purges are listed.
MOST_PURGES = 20


@dataclass(frozen=True)
class CountRow:
    """So much of something; `why` is what its people are listed under, "" where they are not. `next_on`: the first day
    on which one of them goes."""

    words: str
    count: int
    why: str = ""
    next_on: str = ""


@dataclass(frozen=True)
class PurgeRow:
    """A purge that has been: what it took, in words."""

    begun: str
    by: str
    taken: str
    ended: str


@routes.get("/privacy/retention")
def show() -> ResponseReturnValue:
    """What would go tonight, why the others stay, the limits, and what went before."""
    seen = purge_preview.latest(house().store.db)
    goes, stays = _counted(seen) if seen else ([], [])
    computed = moment_of(seen.at, house().settings.zone, house().clock()) if seen else ""
    past = [_purge_row(each) for each in retention.latest_purges(house().store.db, MOST_PURGES)]
    limits = limit_words(house().settings.settings.retention)
    return render_template("retention.html", computed=computed, goes=goes, stays=stays, limits=limits, purges=past)


@routes.post("/privacy/retention")
def compute() -> ResponseReturnValue:
    """Compute it anew, and show it."""
    compute_anew(house().store, house().settings, house().clock())
    return redirect(url_for("retention.show"), 303)


@routes.get("/privacy/retention/<why>")
def people_of(why: str) -> ResponseReturnValue:
    """The people of whom something goes, or who stay, for one reason."""
    wanted: Due | Hold = next((each for each in (*Due, *Hold) if each == why), None) or abort(404)
    seen = purge_preview.latest(house().store.db)
    found = seen.who.get(wanted, ()) if seen else ()
    known = [(people.person(house().store.db, person_id), until) for person_id, until in found]
    rows = _rows([(person, until) for person, until in known if person is not None])
    title = due_name(wanted) if isinstance(wanted, Due) else gettext("Blir: %(why)s", why=hold_name(wanted))
    return render_template("retention_people.html", title=title, rows=rows, most=MOST_TOLD)


def _counted(seen: Preview) -> tuple[list[CountRow], list[CountRow]]:
    """What goes and what stays."""
    listed = may(Right.ADMINISTER_CASES)
    whys = {due_name(due): due.value for due in Due} if listed else {}
    goes = [CountRow(words, count, whys.get(words, "") if count else "") for words, count in due_words(seen.purged)]
    stays = [
        CountRow(hold_name(each.hold), each.people, each.hold.value if listed else "", _day(each.next_on))
        for each in seen.held
    ]
    return goes, stays


def _rows(found: Sequence[tuple[Person, date | None]]) -> list[tuple[PersonRow, str]]:
    about(*(person.id for person, _ in found))
    return [(person_row(person), _day(until)) for person, until in sorted(found, key=lambda each: full_name(each[0]))]


def _purge_row(record: PurgeRecord) -> PurgeRow:
    zone, now = house().settings.zone, house().clock()
    taken = [f"{words}: {count}" for words, count in due_words(record.purged) if count]
    if record.finished_at is None:
        ended = gettext("brutt av, resten tas neste natt")
    elif record.rebuilt_at is None and not record.purged.is_nothing:
        ended = gettext("ferdig, restene i databasefilen skrives over neste natt")
    else:
        ended = gettext("ferdig")
    begun = moment_of(record.begun_at, zone, now)
    return PurgeRow(begun, record.by, " · ".join(taken) or gettext("ingenting å slette"), ended)


def _day(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else ""
