"""The page behind a set-up link: somebody chooses a password and ties an authenticator to their account."""

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.passwords import LEAST_CHARACTERS
from webapp.accounts.sealing import sealer_of
from webapp.accounts.second_factor import picture_of
from webapp.accounts.setting_up import set_up
from webapp.errors import Refusal
from webapp.model import Act, SetupLink, TraceEntry
from webapp.store import accounts, trace
from webapp.web.access import begin_session
from webapp.web.current import house
from webapp.web.language import gettext, said

routes = Blueprint("set_up", __name__)


@routes.get("/set-up/<token>")
def show(token: str) -> ResponseReturnValue:
    """What is to be chosen and read."""
    return _page(_link(token))


@routes.post("/set-up/<token>")
def finish(token: str) -> ResponseReturnValue:
    """Set the account up, and let its user in: they have just shown that they can."""
    link, typed = _link(token), request.form
    try:
        if typed.get("password") != typed.get("again"):
            raise Refusal("Passordene er ikke like. Skriv det samme to ganger.")
        sealer = sealer_of(house().settings)
        set_up(house().store, sealer, link, typed.get("password", ""), typed.get("code", ""), house().clock())
    except Refusal as refusal:
        return _page(link, said(refusal)), 422
    answer = make_response(redirect(url_for("start.show"), 303))
    begin_session(answer, link.user)
    with house().store.write() as db:
        trace.append(db, TraceEntry(house().clock(), link.user.name, Act.SIGNED_IN, "set_up.finish"))
    return answer


def _link(token: str) -> SetupLink:
    """The link of a token; one that leads nowhere any more says so."""
    sign_in = house().settings.settings.sign_in
    if sign_in is None or not sign_in.local:
        abort(404)
    if (found := accounts.link(house().store.db, token, house().clock())) is None:
        told = gettext("Lenken er brukt, eller den gjelder ikke lenger. Be en systemadministrator om en ny.")
        abort(make_response(render_template("set_up_ended.html", told=told), 404))
    return found


def _page(link: SetupLink, refusal: str = "") -> str:
    secret = sealer_of(house().settings).open(link.one_time_secret)
    return render_template(
        "set_up.html",
        name=link.user.name,
        picture=picture_of(secret, link.user.name),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        least=LEAST_CHARACTERS,
        refusal=refusal,
    )
