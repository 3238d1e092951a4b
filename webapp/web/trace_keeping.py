"""What the screens and the API leave in the trace: one entry for each answer, with those whom it was about. An answer
that cannot be traced is not given."""

import logging
import sqlite3
from datetime import timedelta

from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import Conflict, Forbidden, ServiceUnavailable, UnprocessableEntity

from webapp.errors import DatabaseGone
from webapp.model import Act, TraceEntry
from webapp.store import trace
from webapp.troubles import trouble_of
from webapp.web.api.problems import below_api, problem
from webapp.web.current import caseworker, house, user
from webapp.web.faults import trouble_page
from webapp.web.language import gettext
from webapp.web.trace_doors import POLLS, TRACED
from webapp.web.traced import noted, told

#: For so long a look at a person goes on for a page that asks for news of them.
GOES_ON = timedelta(hours=12)
#: Who asks was refused, and was shown the page with what it is about again.
_SHOWN_AGAIN = (Conflict.code, UnprocessableEntity.code)

_log = logging.getLogger(__name__)


def keep_trace(app: Flask) -> None:
    """Leave an entry after each request. To be registered after all else that looks at answers, so as to look first."""
    app.after_request(_leave)


def _leave(answer: Response) -> Response:
    try:
        act = _act(answer.status_code)
        if act is not None:
            with house().store.write() as db:
                trace.append(db, _entry(act))
    except (sqlite3.Error, OSError, DatabaseGone) as wrong:
        trouble = trouble_of(wrong)
        why = trouble or wrong
        _log.error("no trace could be left at %s: %s", request.endpoint, why, exc_info=trouble is None)
        answer.close()
        return make_response(trouble_page(trouble)) if trouble else _not_given()
    return answer


def _act(status: int) -> Act | None:
    """What was done, or None where that leaves nothing."""
    door, people = request.endpoint or "", noted()[0]
    act = Act.LOOKED if door in POLLS else TRACED.get(door)
    if user() is None or request.method == "OPTIONS":
        act = None  # a stranger, or a student at an open door
    elif status == Forbidden.code:
        act = Act.REFUSED
    elif status in _SHOWN_AGAIN and act and not below_api():
        act = Act.LOOKED
    elif status >= 400:
        act = None
    if act is Act.LOOKED and (not people or 300 <= status < 400 or (door in POLLS and _goes_on(people))):
        act = None  # nobody was shown, or only what has come since
    return act


def _goes_on(people: set[int]) -> bool:
    since, db = house().clock() - GOES_ON, house().store.db
    return all(trace.has_looked(db, caseworker(), person_id, since) for person_id in people)


def _entry(act: Act) -> TraceEntry:
    people, where = noted()[0], dict(request.view_args or {})
    asked_about = where.pop("person_id", None)
    if act is Act.REFUSED:
        # Nothing was looked up: only ids can be told from what somebody typed.
        where = {key: value for key, value in where.items() if isinstance(value, int)}
        people = people | ({asked_about} if asked_about else set())
    told(**where)
    return TraceEntry(house().clock(), caseworker(), act, request.endpoint or "", tuple(people), noted()[1])


def _not_given() -> Response:
    title = gettext("Sporingen lar seg ikke skrive")
    advice = gettext("Alt som vises og gjøres her, skal spores, og derfor vises ikke siden. Si fra til drift.")
    status = ServiceUnavailable.code
    if below_api():
        return problem(status, advice)
    return make_response(render_template("error.html", title=title, advice=advice), status)
