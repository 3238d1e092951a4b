"""Signing in with an account of our own, and signing out of any."""

from flask import Blueprint, abort, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import signing_in
from webapp.accounts.sealing import sealer_of
from webapp.accounts.signing_in import Attempt, TooMany
from webapp.errors import Refusal
from webapp.model import Act, TraceEntry
from webapp.store import trace
from webapp.web.access import begin_session, end_session, session
from webapp.web.current import house, user
from webapp.web.language import gettext, said
from webapp.web.oidc import farewell
from webapp.web.own_paths import own_path
from webapp.web.sign_in_page import sign_in_page

routes = Blueprint("sign_in", __name__)

MOST_NAME_CHARACTERS = 200


@routes.get("/sign-in")
def show() -> ResponseReturnValue:
    """The ways in. Whoever is in already goes on to where they wanted."""
    back_to = own_path(request.args.get("next", ""))
    if house().settings.settings.sign_in is None:
        abort(404)
    if user() is not None:
        return redirect(back_to or url_for("start.show"))
    notice = gettext("Du er logget ut.") if "out" in request.args else ""
    return sign_in_page(back_to, notice=notice)


@routes.post("/sign-in")
def enter() -> ResponseReturnValue:
    """Let somebody in by name, password and one-time code."""
    sign_in = house().settings.settings.sign_in
    if sign_in is None or not sign_in.local:
        abort(404)
    back_to, attempt = own_path(request.form.get("next", "")), attempt_of_form(request.form.get("name", "").strip())
    try:
        found = signing_in.sign_in(house().store, sealer_of(house().settings), attempt, house().clock())
    except Refusal as refusal:
        status = 429 if isinstance(refusal, TooMany) else 422
        return sign_in_page(back_to, said(refusal), name=attempt.name), status
    answer = make_response(redirect(back_to or url_for("start.show"), 303))
    begin_session(answer, found)
    return answer


@routes.post("/sign-out")
def leave() -> ResponseReturnValue:
    """End the session, here and in the browser; for one that began at an OpenID provider, there too."""
    answer = farewell() or make_response(redirect(url_for("sign_in.show", out=1), 303))
    if (going_on := session()) is not None:
        with house().store.write() as db:
            trace.append(db, TraceEntry(house().clock(), going_on.user.name, Act.SIGNED_OUT, "sign_in.leave"))
    end_session(answer)
    return answer


def attempt_of_form(name: str) -> Attempt:
    """What was typed into a form for the user of a name, which is cut to what a name can be."""
    typed = request.form
    return Attempt(
        name[:MOST_NAME_CHARACTERS], typed.get("password", ""), typed.get("code", ""), request.remote_addr or ""
    )
