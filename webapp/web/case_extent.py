"""Tab Omfang of a recognition case: what is part of it (Inngår), what that comes to, and what to look at twice."""

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.errors import Refusal
from webapp.model import Case, Person
from webapp.recognition.cases import exclude, include
from webapp.web.cases import case_page, known_case
from webapp.web.current import caseworker, house
from webapp.web.extent_rows import Extent, extent_of
from webapp.web.language import said

routes = Blueprint("case_extent", __name__)


@routes.get("/cases/<int:case_id>/extent")
def show(case_id: int) -> ResponseReturnValue:
    """All results of the person, each with its tick, and the sum below."""
    return _page(*known_case(case_id))


@routes.get("/cases/<int:case_id>/extent/arrived")
def arrived(case_id: int) -> ResponseReturnValue:
    """Whether a fetch changed the rows since the tab was opened, whose version of them is `shown`."""
    case, person = known_case(case_id)
    other = _extent(case, person).version != request.args.get("shown")
    return render_template("_extent_arrived.html", case=case, arrived=other)


@routes.post("/cases/<int:case_id>/extent")
def save(case_id: int) -> ResponseReturnValue:
    """Save all ticks of the page. Only what its reader changed is written, so that two do not undo each other."""
    case, person = known_case(case_id)
    ticked, was = (frozenset(request.form.getlist(name, type=int)) for name in ("included", "was"))
    try:
        exclude(house().store, case_id, was - ticked)
        include(house().store, case_id, ticked - was, caseworker(), house().clock())
    except Refusal as refusal:
        return _page(case, person, said(refusal)), 422
    return redirect(url_for("case_extent.show", case_id=case_id, _anchor="extent-sum"), 303)


@routes.post("/cases/<int:case_id>/extent/<int:result_id>")
def tick(case_id: int, result_id: int) -> ResponseReturnValue:
    """Save one tick as it is set or taken; the sum and what is said of the rows follow it."""
    case, person = known_case(case_id)
    try:
        if result_id in request.form.getlist("included", type=int):
            include(house().store, case_id, [result_id], caseworker(), house().clock())
        else:
            exclude(house().store, case_id, [result_id])
    except Refusal as refusal:
        # The page shows what is no longer so: it is drawn again as it is.
        answer = make_response(_page(case, person, said(refusal), template="_extent.html"), 422)
        answer.headers.update({"HX-Retarget": "#extent", "HX-Reswap": "outerHTML"})
        return answer
    return render_template("_extent_news.html", extent=_extent(case, person))


def _page(case: Case, person: Person, refusal: str = "", template: str = "case_extent.html") -> str:
    return case_page(template, case, person, extent=_extent(case, person), extent_refusal=refusal)


def _extent(case: Case, person: Person) -> Extent:
    return extent_of(house().store.db, case, person, house().settings.zone, house().clock())
