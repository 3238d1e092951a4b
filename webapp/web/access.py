"""Who asks, and whether the door opens for them."""

import getpass
from datetime import timedelta

from flask import Flask, Response, abort, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden, Unauthorized

from webapp.accounts.sealing import Purpose, sealer_of
from webapp.model import Right, Role, Session, User, UserKind, rights_of
from webapp.store import sessions
from webapp.web.api_access import is_for_programs, shown_token, user_of
from webapp.web.current import house, is_secure
from webapp.web.doors import DOORS, UNATTENDED
from webapp.web.language import gettext
from webapp.web.own_paths import path_asked_for, path_of_page
from webapp.web.sign_in_page import sign_in_page

#: Where the browser keeps the token of a session. Cookies are not kept apart by port, so the name is our own.
COOKIE = "eksternstudium-session"
#: The same over HTTPS: browsers take a cookie of such a name from this very host alone (RFC 6265bis, 4.1.3.2).
SECURE_COOKIE = f"__Host-{COOKIE}"


class NotAllowed(Forbidden):
    """Somebody wants through a door that their roles do not open."""


def keep_doors(app: Flask) -> None:
    """Ask at every door of an application."""
    app.before_request(_meet)


def _meet() -> ResponseReturnValue | None:
    g.session, g.user = None, None
    g.user = _user_of_request()
    if request.endpoint is None:
        return None  # leads nowhere, or takes no such method: says so by itself
    right = DOORS.get(request.endpoint)
    if right is Right.OPEN:
        return None
    if g.user is None:
        return _sign_in_first()
    if right is None or right not in g.user.rights:
        raise NotAllowed
    return None


def _user_of_request() -> User | None:
    sign_in = house().settings.settings.sign_in
    if sign_in is None:
        return _machine_user()
    if (shown := shown_token()) is not None:
        return user_of(shown)
    token = request.cookies.get(SECURE_COOKIE if is_secure() else COOKIE)
    if not token:
        return None
    now, idle = house().clock(), house().settings.settings.idle
    session = sessions.find(house().store.db, token, now, idle)
    if session is None:
        return None
    if request.endpoint not in UNATTENDED and sessions.is_due(session, now, idle):
        with house().store.write() as db:
            sessions.see(db, session.id, now)
        session = session.seen(now)
    g.session = session
    return session.user


def _machine_user() -> User:
    """Where nobody signs in, whoever reaches the screens is the only user of the machine, and may do everything."""
    return User(getpass.getuser(), frozenset(Role), rights_of(Role), UserKind.MACHINE)


def _sign_in_first() -> ResponseReturnValue:
    """To the page on which one signs in, and from there to where one wanted."""
    if is_for_programs(request.path):
        raise Unauthorized
    if request.headers.get("HX-Request") and request.endpoint in UNATTENDED:
        # Whoever writes on that page keeps what they have written; its notice asks at once, and says the rest.
        return "", 204, {"HX-Trigger": "session-over"}
    if request.headers.get("HX-Request"):
        # htmx puts no whole page into a part of one; it goes where this says.
        answer = make_response("", 401)
        answer.headers["HX-Redirect"] = url_for("sign_in.show", next=path_of_page() or None)
        return answer
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("sign_in.show", next=path_asked_for() or None))
    notice = gettext("Du er logget ut, og ingenting ble lagret. Logg inn, og gjør det på nytt.")
    return sign_in_page(path_of_page(), notice=notice), 401


def session() -> Session | None:
    """The session that the request goes on with, if it is one of a browser."""
    found: Session | None = g.get("session")
    return found


def begin_session(answer: Response, user: User, id_token: str | None = None) -> None:
    """Let a user in: the session of before, if any, ends, and one with a new token begins."""
    sign_in = house().settings.settings.sign_in
    if sign_in is None or user.id is None:
        abort(404)
    now = house().clock()
    lasts = timedelta(hours=sign_in.session_hours)
    # It says who somebody is, and is wanted at the sign-out alone.
    sealed = sealer_of(house().settings, Purpose.ID_TOKENS).seal(id_token) if id_token else None
    with house().store.write() as db:
        if (before := session()) is not None:
            sessions.end(db, before.id)
        token = sessions.begin(db, user.id, now, now + lasts, sealed)
    secure = is_secure()
    answer.set_cookie(
        SECURE_COOKIE if secure else COOKIE, token, max_age=lasts, httponly=True, samesite="Lax", secure=secure
    )


def end_session(answer: Response) -> None:
    """Sign out: the session ends here and in the browser."""
    if (found := session()) is not None:
        with house().store.write() as db:
            sessions.end(db, found.id)
    secure = is_secure()
    answer.delete_cookie(SECURE_COOKIE if secure else COOKIE, httponly=True, samesite="Lax", secure=secure)
