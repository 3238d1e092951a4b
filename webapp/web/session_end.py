"""The notice that a session is about to end (WCAG 2.2.1): a page asks how long is left, which is no use of the session,
and has a button that goes on with it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.model import Session
from webapp.store import sessions
from webapp.web.access import session
from webapp.web.current import house
from webapp.web.own_paths import path_of_page

routes = Blueprint("session_end", __name__)

#: The notice comes so long before the end, and never before half of the time that a session may be left unused.
NOTICE = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)


class Stage(StrEnum):
    """How near the end is: no notice yet, the notice, its last minute, signed out."""

    FAR = ""
    SOON = "soon"
    LAST = "last"
    OVER = "over"


@dataclass(frozen=True)
class SessionEnd:
    """What a page says of the end. `minutes` are left, the begun one counted; after `ask_in` seconds the page asks
    anew, None where it is over; `is_fixed`: `session_hours` are, and no press puts the end off."""

    stage: Stage
    minutes: int = 0
    ask_in: int | None = None
    is_fixed: bool = False


def end_of(found: Session, idle: timedelta, now: datetime) -> SessionEnd:
    """What is to be said at a moment of the end of a session that goes on."""
    unused, left = found.seen_at + idle - now, found.ends_at - now
    is_fixed, left = left <= unused, min(left, unused)
    notice = min(NOTICE, idle / 2)
    if left > notice:
        return SessionEnd(Stage.FAR, ask_in=ceil((left - notice) / timedelta(seconds=1)))
    minutes = max(1, ceil(left / MINUTE))
    ask_in = max(1, ceil((left - (minutes - 1) * MINUTE) / timedelta(seconds=1)))
    return SessionEnd(Stage.LAST if minutes == 1 else Stage.SOON, minutes, ask_in, is_fixed)


def first_ask() -> SessionEnd | None:
    """When a page that is being made asks first: the notice comes to a page that is there, for only then is it read
    out. None without a session."""
    found = session()
    if found is None:
        return None
    end = end_of(found, house().settings.settings.idle, house().clock())
    return SessionEnd(Stage.FAR, ask_in=1 if end.stage else end.ask_in)


@routes.get("/session")
def left() -> ResponseReturnValue:
    """The part of a page that says how long is left. Also for who has been signed out, whom it tells so: they stay on
    the page, with what they have written."""
    return _shown(session())


@routes.post("/session/go-on")
def go_on() -> ResponseReturnValue:
    """Go on with the session, which counts as used now."""
    if house().settings.settings.sign_in is None:
        abort(404)
    now, found = house().clock(), session()
    if found is not None:
        with house().store.write() as db:
            sessions.see(db, found.id, now)
    if not request.headers.get("HX-Request"):
        return redirect(path_of_page() or url_for("start.show"), 303)
    return _shown(found and found.seen(now), has_gone_on=found is not None)


def _shown(found: Session | None, has_gone_on: bool = False) -> str:
    settings = house().settings.settings
    if settings.sign_in is None:
        abort(404)
    end = end_of(found, settings.idle, house().clock()) if found else SessionEnd(Stage.OVER)
    return render_template(
        "_session.html",
        end=end,
        is_news=end.stage != request.args.get("told", ""),
        has_gone_on=has_gone_on and end.stage is Stage.FAR,
        back_to=path_of_page(),
    )
