"""Pages for what went wrong: what happened and what to do, and nothing of how."""

import logging
import sqlite3

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, SecurityError

from webapp.errors import DatabaseGone, Refusal
from webapp.troubles import trouble_of
from webapp.web.access import NotAllowed
from webapp.web.api.problems import below_api, of_http_error, problem
from webapp.web.current import user
from webapp.web.labels import role_name
from webapp.web.language import gettext, said
from webapp.web.protection import ProtectedPerson

#: When it makes sense to ask again while disk or database is in trouble, in seconds.
RETRY_SECONDS = 30

_log = logging.getLogger(__name__)


def register_faults(app: Flask) -> None:
    """Show every HTTP error, trouble with disk or database, and every other exception as 500, as a page of ours. Flask
    logs the exceptions."""
    app.register_error_handler(HTTPException, show)
    for kind in (sqlite3.Error, OSError, DatabaseGone):
        app.register_error_handler(kind, show_trouble)


def show_trouble(error: Exception) -> ResponseReturnValue:
    """The page of a trouble with disk or database: it reads nothing from there. Raises what is no such trouble."""
    trouble = trouble_of(error)
    if trouble is None:
        raise error
    _log.error("%s: %s", request.endpoint, trouble)
    return trouble_page(trouble)


def trouble_page(trouble: Refusal) -> ResponseReturnValue:
    """What is wrong and what to do (503), for people and programs."""
    after = {"Retry-After": str(RETRY_SECONDS)}
    if below_api():
        answer = problem(503, said(trouble))
        answer.headers.update(after)
        return answer
    return render_template("trouble.html", advice=said(trouble)), 503, after


def show(error: HTTPException) -> ResponseReturnValue:
    """The page of an HTTP error; for a program, its problem."""
    if (trouble := trouble_of(getattr(error, "original_exception", None))) is not None:
        return trouble_page(trouble)  # it came after an answer was made
    if below_api():
        return of_http_error(error)
    if isinstance(error, SecurityError):
        # The request named a host that is not ours: no page of ours can be addressed on it.
        return "Bad Request", 400, {"Content-Type": "text/plain"}
    code = error.code or 500
    title, advice = _not_allowed(error) if isinstance(error, NotAllowed) else _words(code)
    kept = [(name, value) for name, value in error.get_headers() if name in ("Allow", "Retry-After")]
    if request.path.startswith("/deliver/"):
        # A student's page: nothing on it leads further in.
        advice = gettext("Åpne lenken du fikk, og prøv igjen.")
        return render_template("deliver_end.html", title=title, advice=advice), code, kept
    return render_template("error.html", title=title, advice=advice), code, kept


def _not_allowed(error: NotAllowed) -> tuple[str, str]:
    """What somebody lacks whom a door stays shut for: told apart from a page of another site's that wants through."""
    if isinstance(error, ProtectedPerson):
        return gettext("Personen er skjermet"), gettext("Bare en saksadministrator åpner det som gjelder personen.")
    asking = user()
    roles = ", ".join(role_name(role).lower() for role in sorted(asking.roles)) if asking else ""
    return gettext("Rollen din åpner ikke denne siden"), gettext(
        "Du er logget inn som %(name)s (%(roles)s). Spør en systemadministrator.",
        name=asking.name if asking else "",
        roles=roles or gettext("ingen rolle"),
    )


def _words(code: int) -> tuple[str, str]:
    not_filled_in = gettext("Forespørselen var ikke riktig utfylt"), gettext("Gå tilbake, og prøv igjen.")
    words = {
        401: (gettext("Du er ikke logget inn"), gettext("Logg inn, og åpne siden på nytt.")),
        403: (
            gettext("Forespørselen ble avvist"),
            gettext("Den kom ikke fra en av våre egne sider. Åpne siden på nytt her, og prøv igjen."),
        ),
        404: (gettext("Siden fins ikke"), gettext("Kontroller adressen, eller søk etter personen.")),
        405: (gettext("Slik kan ikke siden åpnes"), gettext("Begynn på nytt med et søk.")),
        429: (gettext("For mange forespørsler"), gettext("Vent et minutt, og prøv igjen.")),
        **dict.fromkeys((400, 413, 415, 422), not_filled_in),
    }
    ours = gettext("Noe gikk galt hos oss"), gettext("Prøv igjen om litt. Drift finner årsaken i loggen.")
    return words.get(code, ours)
