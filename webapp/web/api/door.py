"""What every request below /api must keep to, and what every answer there says of itself."""

from typing import Any

from apiflask import APIFlask
from flask import Response, abort, current_app, request
from flask_babel import get_locale
from werkzeug.exceptions import BadRequest
from werkzeug.routing import IntegerConverter

from webapp.web.api.problems import below_api, problem
from webapp.web.api.shapes import ID_DIGITS
from webapp.web.language import gettext

VERSION = "1"
#: A thousand applications are about half a megabyte.
MOST_BYTES = 8 * 1024 * 1024


class RowId(IntegerConverter):
    """An id in an address; one that SQLite could not count to leads nowhere (404)."""

    regex = f"[0-9]{{1,{ID_DIGITS}}}"


def keep_door(app: APIFlask) -> None:
    """Put the door before and after every request below /api."""
    app.before_request(_meet)
    app.after_request(_sign)


def _meet() -> Response | None:
    if not below_api():
        return None
    if request.headers.get("API-Version", VERSION) != VERSION:
        return problem(400, gettext("Her fins bare versjon %(version)s av grensesnittet.", version=VERSION))
    request.max_content_length = MOST_BYTES
    view = current_app.view_functions.get(request.endpoint or "")
    # APIFlask would take null for an object without fields.
    return problem(422) if getattr(view, "_spec", {}).get("body") and _read_body() is None else None


def _read_body() -> Any:
    """The body as JSON, read once and for all. Raises 400, 413 and 415."""
    try:
        return request.get_json()
    except (RecursionError, UnicodeDecodeError):  # nested too deep to be read
        abort(BadRequest.code)


def _sign(answer: Response) -> Response:
    if below_api():
        answer.headers["API-Version"] = VERSION
        answer.headers["Content-Language"] = str(get_locale())
        answer.headers["Cache-Control"] = "private, no-store"
        answer.headers["Vary"] = "Accept-Language, API-Version, Cookie"
    return answer
