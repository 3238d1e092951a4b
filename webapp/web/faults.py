"""Pages for what went wrong: what happened and what to do, and nothing of how."""

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, SecurityError, Unauthorized

from webapp.web.access import NotAllowed
from webapp.web.api.problems import below_api, of_http_error
from webapp.web.current import user
from webapp.web.labels import role_name
from webapp.web.language import gettext
from webapp.web.protection import ProtectedPerson


def register_faults(app: Flask) -> None:
    """Show every HTTP error, and every exception as 500, as a page of ours. Flask logs the exceptions."""
    app.register_error_handler(HTTPException, show)


def show(error: HTTPException) -> ResponseReturnValue:
    """The page of an HTTP error; for a program, its problem."""
    if below_api():
        return of_http_error(error)
    if isinstance(error, SecurityError):
        # The request named a host that is not ours: no page of ours can be addressed on it.
        return "Bad Request", 400, {"Content-Type": "text/plain"}
    code = error.code or 500
    title, advice = _at_a_door(error) or _words(code)
    kept = [(name, value) for name, value in error.get_headers() if name in ("Allow", "Retry-After")]
    if request.path.startswith("/deliver/"):
        # A student's page: nothing on it leads further in.
        advice = gettext("Åpne lenken du fikk, og prøv igjen.")
        return render_template("deliver_end.html", title=title, advice=advice), code, kept
    return render_template("error.html", title=title, advice=advice), code, kept


def _at_a_door(error: HTTPException) -> tuple[str, str] | None:
    """What somebody lacks whom a door stays shut for: told apart from a page of another site's that wants through."""
    if isinstance(error, Unauthorized):
        return gettext("Du er ikke logget inn"), gettext("Logg inn, og åpne siden på nytt.")
    if isinstance(error, ProtectedPerson):
        return gettext("Personen er skjermet"), gettext("Bare en saksadministrator åpner det som gjelder personen.")
    if not isinstance(error, NotAllowed):
        return None
    asking = user()
    roles = ", ".join(role_name(role).lower() for role in sorted(asking.roles)) if asking else ""
    return gettext("Rollen din åpner ikke denne siden"), gettext(
        "Du er logget inn som %(name)s (%(roles)s). Spør en systemadministrator.",
        name=asking.name if asking else "",
        roles=roles or gettext("ingen rolle"),
    )


def _words(code: int) -> tuple[str, str]:
    match code:
        case 404:
            return gettext("Siden fins ikke"), gettext("Kontroller adressen, eller søk etter personen.")
        case 405:
            return gettext("Slik kan ikke siden åpnes"), gettext("Begynn på nytt med et søk.")
        case 403:
            return (
                gettext("Forespørselen ble avvist"),
                gettext("Den kom ikke fra en av våre egne sider. Åpne siden på nytt her, og prøv igjen."),
            )
        case 429:
            return gettext("For mange forespørsler"), gettext("Vent et minutt, og prøv igjen.")
        case 400 | 413 | 415 | 422:
            return gettext("Forespørselen var ikke riktig utfylt"), gettext("Gå tilbake, og prøv igjen.")
        case _:
            return (
                gettext("Noe gikk galt hos oss"),
                gettext("Prøv igjen om litt. Drift finner årsaken i loggen."),
            )
