"""Lever resultater: what a student sees who was invited, on the way to a portal and back. Public, without the menu;
nothing of the person but the first name is shown."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from werkzeug.exceptions import RequestEntityTooLarge

from webapp.errors import Refusal, SourceError
from webapp.fetching import inviting
from webapp.model import Act, Invitation, Portal, TraceEntry, Visit
from webapp.store import invitations, people, trace
from webapp.web.current import house, is_secure
from webapp.web.delivery_words import Ending, ended_link, ending_of, unknown_link
from webapp.web.guard import POLICY
from webapp.web.language import LANGUAGES, gettext
from webapp.web.reader import COOKIE
from webapp.web.words import date_of, text_of, time_of

#: APIFlask asks each blueprint with a function of its own before requests whether it is part of the API.
routes = APIBlueprint("deliver", __name__, url_prefix="/deliver", enable_openapi=False)

#: What a portal may send in all: a document of 20 MB, gzipped (PDFs hardly get smaller), in base64, escaped.
FORM_LIMIT_BYTES = 30_000_000
HOME = "NO"
#: Who did it, in the trace, where the person did.
BY_STUDENT = "student"
#: Remembers the link while the student is at the portal, so that the way back can lead to it; nothing depends on it.
LINK_COOKIE = "deliver"


@routes.before_request
def choose_language() -> ResponseReturnValue | None:
    """?language=en: remember the language, and show the page in it."""
    chosen = request.args.get("language", "")
    if request.method != "GET" or chosen not in LANGUAGES:
        return None
    answer = make_response(redirect(request.path, 303))
    answer.set_cookie(COOKIE, chosen, httponly=True, samesite="Lax", secure=is_secure())
    return answer


@routes.after_request
def keep_out(response: Response) -> Response:
    """No search engine, no store and no other site shall know of these addresses."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@routes.get("/<token>")
def choose(token: str) -> ResponseReturnValue:
    """The invitation: choose a country (?country=NO) and a portal."""
    invitation = _opened(token)
    return _ended(invitation) if isinstance(invitation, Ending) else _choose(invitation, token)


@routes.post("/<token>")
def set_out(token: str) -> ResponseReturnValue:
    """A portal was chosen: the page with the button that leads there."""
    invitation = _opened(token)
    if isinstance(invitation, Ending):
        return _ended(invitation)
    try:
        portals = _portals(invitation)
    except (Refusal, SourceError):
        return _choose(invitation, token)
    portal = next((each for each in portals if each.url == request.form.get("portal")), None)
    if portal is None:
        return _choose(invitation, token, gettext("Velg en portal."))
    page = render_template(
        "deliver_go.html",
        portal=text_of(portal.names),
        host=portal.url.split("/")[2],
        action=portal.url,
        session=inviting.set_out(house().store, invitation, portal, house().clock()),
        return_url=outer("deliver.come_back"),
        minutes=inviting.SESSION.seconds // 60,
        back=url_for("deliver.choose", token=token),
    )
    answer = make_response(page)
    # The portal leads on to a sign-in elsewhere, and browsers hold a form to its page's policy along the whole way
    # (w3c/webappsec-csp issue 8): beside the portal itself, any https address has to be allowed on this page, or any
    # http address of a portal on this machine.
    scheme, _, rest = portal.url.partition("://")
    targets = f"form-action {scheme}://{rest.partition('/')[0]} {scheme}:"
    answer.headers["Content-Security-Policy"] = POLICY.replace("form-action 'self'", targets)
    answer.set_cookie(
        LINK_COOKIE,
        token,
        max_age=inviting.SESSION,
        path=url_for("deliver.come_back").rpartition("/")[0],
        httponly=True,
        samesite="Lax",
        secure=is_secure(),
    )
    return answer


@routes.post("/return")
def come_back() -> ResponseReturnValue:
    """A portal sends the student back, with results or without. The form comes from another site and without cookies:
    the session in it, which is used once, says whose it is."""
    request.max_content_length = request.max_form_memory_size = FORM_LIMIT_BYTES
    try:
        form = request.form.to_dict()
    except RequestEntityTooLarge:
        return _page(
            gettext("Resultatene er for store"),
            gettext("Åpne lenken du fikk, og lever færre vedlegg. Ingenting er tatt imot."),
        ), 413
    invitation = inviting.come_back(house().store, house().settings, form, house().clock())
    if invitation is None:
        return _unknown_session()
    with house().store.write() as db:
        # A student has no user here, and is not one of those who look.
        entry = TraceEntry(house().clock(), BY_STUDENT, Act.CHANGED, "deliver.come_back", (invitation.person_id,))
        trace.append(db, entry)
    # Another page, so that it can be shown again without sending the form again.
    return redirect(url_for("deliver.receipt", session=form["sessionId"]), 303)


@routes.get("/receipt/<session>")
def receipt(session: str) -> ResponseReturnValue:
    """What came of a visit to a portal."""
    invitation = invitations.by_session(house().store.db, session)
    if invitation is None or invitation.visit is None or invitation.visit.returned_at is None:
        return _unknown_session()
    visit: Visit = invitation.visit
    ending = ending_of(visit, invitation.usable(house().clock()))
    token = request.cookies.get(LINK_COOKIE, "")
    again = invitations.by_token(house().store.db, token) if token and ending.again else None
    href = url_for("deliver.choose", token=token) if again and again.id == invitation.id else ""
    return _page(ending.title, ending.advice, ending, href)


def outer(endpoint: str, **values: Any) -> str:
    """An address of ours as those outside reach it."""
    address = house().settings.settings.address
    if address is None:
        return url_for(endpoint, _external=True, **values)
    return address + url_for(endpoint, **values)


def _opened(token: str) -> Invitation | Ending:
    """The invitation of a link, or why it cannot be used."""
    now = house().clock()
    invitation = inviting.opened(house().store, token, now)
    if invitation is None:
        return unknown_link()
    return invitation if invitation.usable(now) else ended_link(invitation.state(now))


def _portals(invitation: Invitation) -> tuple[Portal, ...]:
    """The portals that a student may choose from. Raises SourceError when the registry is not known; Refusal when the
    source is not set up any more."""
    source = inviting.portal_source(house().settings)
    if source is None:
        raise Refusal("Ingen portal er satt opp. Før opp en kilde med protokollen «emrex» under Kilder.")
    return house().registers.of(source, house().settings).portals(house().clock()).portals


def _choose(invitation: Invitation, token: str, refusal: str = "") -> tuple[str, int]:
    now, zone = house().clock(), house().settings.zone
    source = inviting.portal_source(house().settings)
    closed = house().settings.off(source, now) if source else None
    if closed is not None:
        until = closed.ends(zone)
        return _page(
            gettext("Leveringen er stengt akkurat nå"),
            gettext("Prøv igjen etter %(date)s kl. %(hour)s.", date=date_of(until, zone), hour=time_of(until, zone)),
        ), 503
    try:
        portals = _portals(invitation)
    except (Refusal, SourceError):
        return _page(
            gettext("Listen over portaler er ikke tilgjengelig"),
            gettext("Prøv igjen om litt med den samme lenken. Si fra til den du fikk lenken av hvis det ikke hjelper."),
        ), 503
    names = _country_names({portal.country for portal in portals})
    wanted = request.values.get("country", "")
    country = wanted if wanted in names else HOME if HOME in names else next(iter(names))
    shown = sorted((each for each in portals if each.country == country), key=lambda each: text_of(each.names).lower())
    person = people.person(house().store.db, invitation.person_id)
    given = (person.given_names or "").split() if person else []
    return render_template(
        "deliver_choose.html",
        first_name=given[0] if given else "",
        until=date_of(invitation.expires_at, zone),
        token=token,
        countries=names,
        country=country,
        portals=[(each, text_of(each.names), "/".join(each.url.split("/")[2:3])) for each in shown],
        refusal=refusal,
    ), 422 if refusal else 200


def _country_names(countries: set[str]) -> dict[str, str]:
    """Countries with their names in the reader's language, Norway first."""
    territories = get_locale().territories
    named = {code: territories.get(code, code) for code in countries}
    return dict(sorted(named.items(), key=lambda pair: (pair[0] != HOME, pair[1])))


def _unknown_session() -> tuple[str, int]:
    return _page(
        gettext("Vi finner ikke leveringen din"),
        gettext(
            "Kanskje er resultatene alt levert, eller det gikk for lang tid hos portalen. Åpne lenken du fikk, "
            "og prøv igjen. Ingenting er tatt imot nå."
        ),
    ), 404


def _ended(refused: Ending) -> tuple[str, int]:
    return _page(refused.title, refused.advice, refused), refused.status


def _page(title: str, advice: str, ending: Ending | None = None, again: str = "") -> str:
    return render_template("deliver_end.html", title=title, advice=advice, ending=ending, again=again)
