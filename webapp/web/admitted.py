"""Whether an applicant was admitted (opptatt): it decides how long results are kept."""

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp.store import applications
from webapp.web.applications import known_application
from webapp.web.current import house

routes = Blueprint("admitted", __name__)

#: What the form may say.
_SAID = {"J": True, "N": False, "": None}


@routes.post("/applications/<applicant_number>/admitted")
def tell(applicant_number: str) -> ResponseReturnValue:
    """Note it, or that nobody knows yet."""
    known_application(applicant_number)
    said = request.form.get("admitted")
    if said not in _SAID:
        abort(400)
    with house().store.write() as db:
        applications.set_admitted(db, applicant_number, _SAID[said])
    return redirect(url_for("applications.show", applicant_number=applicant_number), 303)
