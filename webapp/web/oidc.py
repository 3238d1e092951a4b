"""Sign-in by OpenID Connect: out to the provider, back again, and sign-out there too.

Both ways out begin with a form of ours, and end on a page that leads on by itself. A redirect would not do: browsers
hold a form to its page's policy along the whole way, so that a page with passwords would have to let forms go anywhere.
"""

import logging
import re
import secrets

from apiflask import APIBlueprint
from flask import Response, abort, current_app, g, make_response, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from webapp.accounts.sealing import Purpose, sealer_of
from webapp.errors import Refusal, SourceError
from webapp.house import House
from webapp.model import Act, OpenIdVisit, TraceEntry
from webapp.model.openid import VISIT_LASTS
from webapp.oidc_settings import Oidc
from webapp.sources.openid import OpenIdProvider
from webapp.store import openid_visits, trace
from webapp.web import openid_refusals as refusals
from webapp.web.access import begin_session, session
from webapp.web.current import house, is_secure
from webapp.web.deliver import outer
from webapp.web.language import gettext
from webapp.web.openid_refusals import NotSignedIn
from webapp.web.openid_user import welcome
from webapp.web.own_paths import own_path
from webapp.web.sign_in_page import sign_in_page

log = logging.getLogger(__name__)

routes = APIBlueprint("oidc", __name__, url_prefix="/sign-in/openid", enable_openapi=False)

#: Each visit has a cookie of its own, so that two tabs may sign in at once. Cookies are not kept apart by port.
VISIT_COOKIE = "eksternstudium-openid"
SIGN_OUT_COOKIE = "eksternstudium-openid-out"


@routes.record
def open_provider(state: BlueprintSetupState) -> None:
    """The provider of an application, with what it has said of itself. Raises Refusal when its secret cannot be had:
    at the start, and not when somebody wants in."""
    opened: House = state.app.extensions["house"]
    oidc = _named(opened)
    if oidc is not None:
        state.app.extensions["openid"] = OpenIdProvider(oidc, opened.settings)


@routes.errorhandler(NotSignedIn)
def show_refusal(refused: NotSignedIn) -> ResponseReturnValue:
    """A sign-in that came to nothing leaves a trace, a line in the log and the page to try again on, with why."""
    log.warning("a sign-in by OpenID Connect was refused: %s", refused)
    with house().store.write() as db:
        cause = {"cause": str(refused)}
        trace.append(db, TraceEntry(house().clock(), refused.by, Act.REFUSED, request.endpoint or "", content=cause))
    return sign_in_page(g.get("wanted", ""), refused.sentence, as_another=refused.other), refused.status


@routes.post("/begin")
def begin() -> ResponseReturnValue:
    """Set out for the provider; `next` is the path to come back to, `again` asks for another user than the last."""
    g.wanted = own_path(request.form.get("next", ""))
    visit, now = OpenIdVisit.set_out(g.wanted or url_for("start.show")), house().clock()
    try:
        address = _provider().sign_in_address(visit, outer("oidc.come_back"), now, "again" in request.form)
    except SourceError as silence:
        raise refusals.no_answer(_oidc(), silence) from silence
    with house().store.write() as db:
        openid_visits.begin(db, visit, now)
    answer = _lead_to(address)
    _set_cookie(answer, _visit_cookie(visit.state), visit.browser)
    return answer


@routes.get("/return")
def come_back() -> ResponseReturnValue:
    """The provider sends somebody back: they are let in, or told why not."""
    visit, now = _visit_of(request.args.get("state", "")), house().clock()
    if error := request.args.get("error"):
        raise refusals.turned_away(_oidc(), error)
    try:
        who = _provider().user_of(request.args, visit, outer("oidc.come_back"), now)
    except SourceError as silence:
        raise refusals.no_answer(_oidc(), silence) from silence
    with house().store.write() as db:
        found = welcome(db, _oidc(), who, now)
        if found.lets_in and found.user is not None:
            trace.append(db, TraceEntry(now, found.user.name, Act.SIGNED_IN, "oidc.come_back"))
    if found.user is None or not found.lets_in:
        raise refusals.not_let_in(_oidc(), found)
    answer = make_response(redirect(visit.next, 303))
    begin_session(answer, found.user, who.id_token)
    answer.delete_cookie(_visit_cookie(visit.state), path=_path(), httponly=True, samesite="Lax")
    return answer


@routes.get("/signed-out")
def signed_out() -> ResponseReturnValue:
    """The provider sends somebody back who has signed out there too."""
    state = request.cookies.get(SIGN_OUT_COOKIE, "")
    if not state or request.args.get("state") != state:
        return redirect(url_for("start.show"), 303)
    notice = gettext("Du er logget ut, også av %(provider)s.", provider=_oidc().title)
    answer = make_response(sign_in_page(notice=notice))
    answer.delete_cookie(SIGN_OUT_COOKIE, path=_path(), httponly=True, samesite="Lax")
    return answer


def farewell() -> Response | None:
    """The answer that leads who asks to sign out at the provider that they came from, too; None for a session that did
    not come from a provider. That it ends here is the caller's to see to."""
    leaving = session()
    if leaving is None or leaving.id_token is None or "openid" not in current_app.extensions:
        return None
    now, state = house().clock(), secrets.token_urlsafe(32)
    try:
        id_token = sealer_of(house().settings, Purpose.ID_TOKENS).open(leaving.id_token)
        address = _provider().sign_out_address(id_token, outer("oidc.signed_out"), state, now)
    except (SourceError, Refusal) as error:
        log.warning("no sign-out at the OpenID provider: %s", error)
        address = None
    if address is None:
        notice = gettext(
            "Du er logget ut her, men kan fortsatt være logget inn hos %(provider)s. Lukk nettleseren hvis andre "
            "bruker maskinen.",
            provider=_oidc().title,
        )
        answer = make_response(sign_in_page(notice=notice))
    else:
        answer = _lead_to(address)
        _set_cookie(answer, SIGN_OUT_COOKIE, state)
    return answer


def _named(opened: House) -> Oidc | None:
    sign_in = opened.settings.settings.sign_in
    return sign_in.oidc if sign_in is not None else None


def _oidc() -> Oidc:
    return _named(house()) or abort(404)


def _provider() -> OpenIdProvider:
    provider: OpenIdProvider = current_app.extensions.get("openid") or abort(404)
    return provider


def _visit_of(state: str) -> OpenIdVisit:
    """The visit that somebody comes back from, which ends with this."""
    _provider()
    browser = request.cookies.get(_visit_cookie(state), "")
    with house().store.write() as db:
        visit = openid_visits.end(db, state, browser, house().clock())
    if visit is None:
        raise refusals.not_on_the_way()
    g.wanted = visit.next
    return visit


def _lead_to(address: str) -> Response:
    """A page that leads on to the provider by itself, or by its link. It holds secrets, and is kept nowhere."""
    answer = make_response(render_template("openid_go.html", provider=_oidc().title, address=address))
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _visit_cookie(state: str) -> str:
    """The name of a visit's cookie: the begin of its state, which is no secret from its browser."""
    return f"{VISIT_COOKIE}-{re.sub('[^A-Za-z0-9_-]', '', state)[:8]}"


def _set_cookie(answer: Response, name: str, value: str) -> None:
    # Lax: the provider's page leads back here from another site.
    answer.set_cookie(name, value, max_age=VISIT_LASTS, path=_path(), httponly=True, samesite="Lax", secure=is_secure())


def _path() -> str:
    return url_for("oidc.come_back").rpartition("/")[0]
