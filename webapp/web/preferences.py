"""How the screens are for one reader: language, colours, and the columns of lists; the browser remembers it."""

import re

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from webapp.model import UserKind
from webapp.web.current import is_secure, user
from webapp.web.language import LANGUAGES, lazy_gettext
from webapp.web.lists import COLUMNS_COOKIE
from webapp.web.own_paths import own_path
from webapp.web.reader import COOKIE as LANGUAGE_COOKIE

routes = Blueprint("preferences", __name__)

SCHEME_COOKIE = "scheme"
#: Colour schemes: as the system has it, light or dark.
SCHEMES = {"auto": lazy_gettext("Som systemet"), "light": lazy_gettext("Lys"), "dark": lazy_gettext("Mørk")}
YEAR_SECONDS = 365 * 24 * 3600
#: What lists and their columns are called; anything else would be told to the browser as the name of a cookie.
_KEY = re.compile(r"[a-z][a-z_-]{0,40}")


@routes.get("/preferences")
def show() -> ResponseReturnValue:
    """What can be chosen, and the keys that lead past the mouse."""
    asking = user()
    return render_template(
        "preferences.html",
        languages=LANGUAGES,
        schemes=SCHEMES,
        has_password=asking is not None and asking.kind is UserKind.LOCAL,
        is_changed="changed" in request.args,
    )


@routes.post("/preferences")
def save() -> ResponseReturnValue:
    """Remember what was chosen; what is not known is passed over."""
    answer = make_response(redirect(url_for("preferences.show"), 303))
    for cookie, allowed in ((LANGUAGE_COOKIE, LANGUAGES), (SCHEME_COOKIE, SCHEMES)):
        if (value := request.form.get(cookie, "")) in allowed:
            _remember(answer, cookie, value)
    return answer


@routes.post("/preferences/columns/<name>")
def columns(name: str) -> ResponseReturnValue:
    """Remember which columns of a list are shown, and go back to it."""
    if not _KEY.fullmatch(name):
        abort(404)
    chosen = [column for column in request.form.getlist("column") if _KEY.fullmatch(column)]
    answer = make_response(redirect(own_path(request.form.get("next", "")) or url_for("start.show"), 303))
    _remember(answer, COLUMNS_COOKIE + name, ".".join(chosen))
    return answer


def chosen_scheme() -> str:
    """The colour scheme that the reader chose."""
    chosen = request.cookies.get(SCHEME_COOKIE, "")
    return chosen if chosen in SCHEMES else "auto"


def _remember(answer: Response, cookie: str, value: str) -> None:
    answer.set_cookie(cookie, value, max_age=YEAR_SECONDS, httponly=True, samesite="Lax", secure=is_secure())
