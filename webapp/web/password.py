"""One's own password."""

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.passwords import LEAST_CHARACTERS
from webapp.accounts.signing_in import TooMany, change_password
from webapp.errors import Refusal
from webapp.model import User, UserKind
from webapp.web.access import begin_session
from webapp.web.current import house, user
from webapp.web.language import said
from webapp.web.sign_in import attempt_of_form

routes = Blueprint("password", __name__)


@routes.get("/preferences/password")
def show() -> ResponseReturnValue:
    """The form."""
    return _page(_local_user())


@routes.post("/preferences/password")
def change() -> ResponseReturnValue:
    """Change it, and go on in a new session; all others end."""
    changing, wanted = _local_user(), request.form.get("wanted", "")
    try:
        if wanted != request.form.get("again"):
            raise Refusal("Passordene er ikke like. Skriv det samme to ganger.")
        change_password(house().store, changing, attempt_of_form(changing.name), wanted, house().clock())
    except Refusal as refusal:
        return _page(changing, said(refusal)), 429 if isinstance(refusal, TooMany) else 422
    answer = make_response(redirect(url_for("preferences.show", changed=1), 303))
    begin_session(answer, changing)
    return answer


def _local_user() -> User:
    """Who asks; 404 for those whose password is kept elsewhere."""
    asking = user()
    if asking is None or asking.kind is not UserKind.LOCAL:
        abort(404)
    return asking


def _page(changing: User, refusal: str = "") -> str:
    return render_template("password.html", name=changing.name, least=LEAST_CHARACTERS, refusal=refusal)
