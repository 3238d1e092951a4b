"""Last opp fil: a document is brought on a person, previewed, and then taken in or discarded."""

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from webapp.errors import Refusal, UnreadableElmo
from webapp.fetching.delivering import deliver, stands_for_portals
from webapp.identity import mask
from webapp.model import Delivery, Origin, Outcome, Person, Purpose, Upload
from webapp.sources.deliveries import open_delivery
from webapp.sources.elmo.envelope import ARMOUR_LIMIT_BYTES
from webapp.sources.file import trusted_by_any
from webapp.store import deliveries, institutions, orders
from webapp.web.current import caseworker, house
from webapp.web.labels import purpose_name
from webapp.web.language import gettext, said
from webapp.web.people_heads import head_of, known_person
from webapp.web.upload_rows import upload_view
from webapp.web.words import text_of

routes = Blueprint("uploads", __name__)

#: Names are shown, and no longer than that.
LONGEST_NAME = 200


@routes.get("/people/<int:person_id>/uploads")
def new(person_id: int) -> ResponseReturnValue:
    """The form."""
    return _form(known_person(person_id))


@routes.post("/people/<int:person_id>/uploads")
def send(person_id: int) -> ResponseReturnValue:
    """Keep the document, and go on to its preview."""
    person = known_person(person_id)
    request.max_content_length = ARMOUR_LIMIT_BYTES + 100_000
    try:
        file = request.files.get("file")
        body = file.read() if file else b""
    except RequestEntityTooLarge:
        most = ARMOUR_LIMIT_BYTES // 1_000_000
        return _form(person, gettext("Filen er større enn %(most)d MB.", most=most)), 422
    if file is None or not file.filename:
        return _form(person, gettext("Velg en fil.")), 422
    try:
        open_delivery(body, (), house().clock())
    except UnreadableElmo as error:
        return _form(person, gettext(str(error))), 422
    return redirect(kept(person, file.filename, body), 303)


@routes.get("/people/<int:person_id>/uploads/<int:upload_id>")
def show(person_id: int, upload_id: int) -> ResponseReturnValue:
    """The preview; ?under=NUMBER says where issuers without a number stand, ?selection that the student chose."""
    person = known_person(person_id)
    return _preview(person, _known(person, upload_id), request.args)


@routes.post("/people/<int:person_id>/uploads/<int:upload_id>")
def take(person_id: int, upload_id: int) -> ResponseReturnValue:
    """Ta inn: merge the document like any other answer, or set it aside when it is about somebody else."""
    person = known_person(person_id)
    upload = _known(person, upload_id)
    purpose = next((p for p in Purpose if p == request.form.get("purpose")), None) or abort(400)
    settings, now = house().settings, house().clock()
    in_force = settings.basis_at(purpose, now)
    delivery = _opened(upload, "selection" in request.form)
    try:
        order_id = deliver(
            house().store,
            settings,
            person,
            delivery,
            Origin(caseworker(), "file"),
            purpose,
            in_force.basis,
            now,
            basis_text=in_force.text,
            under=_under(request.form.get("under", "")),
        )
    except Refusal as refusal:
        return _preview(person, upload, request.form, said(refusal)), 422
    with house().store.write() as db:
        deliveries.discard(db, upload.id)
    for line in orders.lines_of(house().store.db, order_id):
        if line.answer and line.answer.outcome is Outcome.MISMATCH:
            return redirect(url_for("setaside.show", fetch_id=line.fetch.id), 303)
    return redirect(url_for("person.show", person_id=person.id, _anchor="orders"), 303)


@routes.post("/people/<int:person_id>/uploads/<int:upload_id>/discard")
def discard(person_id: int, upload_id: int) -> ResponseReturnValue:
    """Forkast: nothing of the document is kept."""
    person = known_person(person_id)
    upload = _known(person, upload_id)
    with house().store.write() as db:
        deliveries.discard(db, upload.id)
    return redirect(url_for("person.show", person_id=person.id), 303)


def kept(person: Person, name: str, body: bytes) -> str:
    """Keep a document until it is taken in or discarded; returns the address of its preview."""
    with house().store.write() as db:
        upload_id = deliveries.put(db, person.id, name[-LONGEST_NAME:], body, caseworker(), house().clock())
    return url_for("uploads.show", person_id=person.id, upload_id=upload_id)


def _form(person: Person, refusal: str = "") -> str:
    return render_template("upload.html", **head_of(person, ""), refusal=refusal)


def _preview(person: Person, upload: Upload, typed: Any, refusal: str = "") -> str:
    chosen = typed.get("under", "") if "under" in typed else str(stands_for_portals(house().settings) or "")
    delivery = _opened(upload, "selection" in typed)
    names = institutions.choices(house().store.db)
    return render_template(
        "upload_preview.html",
        **head_of(person, ""),
        upload=upload,
        name=mask(upload.name),
        view=upload_view(person, delivery, _under(chosen)),
        institutions={number: text_of(name) for number, name in names.items()},
        under=chosen,
        selection=delivery.is_selection,
        purposes={purpose: purpose_name(purpose) for purpose in (Purpose.RECOGNITION, Purpose.ADMISSION)},
        purpose=typed.get("purpose", Purpose.RECOGNITION),
        refusal=refusal,
    )


def _opened(upload: Upload, is_selection: bool) -> Delivery:
    return open_delivery(upload.body, trusted_by_any(house().settings), house().clock(), is_selection)


def _under(text: str) -> int | None:
    known = institutions.choices(house().store.db)
    return next((number for number in known if str(number) == text), None)


def _known(person: Person, upload_id: int) -> Upload:
    """A document that waits; 404 when it has been taken in or discarded, or has waited too long."""
    return deliveries.upload(house().store.db, upload_id, person.id, house().clock()) or abort(404)
