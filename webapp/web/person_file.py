"""Innsyn: everything that is kept about a person, to be handed to who asks (GDPR art. 15)."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from webapp.model import Person
from webapp.privacy.whole_file import WholeFile, as_json, as_zip, whole_file
from webapp.web.current import house
from webapp.web.evidence_pdf import PDF_MISSING, pdf_of
from webapp.web.language import gettext
from webapp.web.people_heads import head_of, known_person
from webapp.web.person_file_words import column_name, section_name, value_words
from webapp.web.traced import about
from webapp.web.words import date_of, time_of

routes = Blueprint("person_file", __name__)


@routes.get("/people/<int:person_id>/file")
def show(person_id: int) -> ResponseReturnValue:
    """How much is kept of what, and the file in three forms."""
    person, file = _of(person_id)
    counts = {section_name(name): len(rows) for name, rows in file.sections.items() if rows}
    return render_template("person_file.html", **head_of(person, "file"), counts=counts)


@routes.get("/people/<int:person_id>/file.json")
def as_values(person_id: int) -> ResponseReturnValue:
    """The whole file for a program: docs/privacy.md says what it looks like."""
    return _file(as_json(_of(person_id)[1]), "application/json", person_id, "json")


@routes.get("/people/<int:person_id>/file.zip")
def with_documents(person_id: int) -> ResponseReturnValue:
    """The same with the answers as they came."""
    return _file(as_zip(house().store, person_id, _of(person_id)[1]), "application/zip", person_id, "zip")


@routes.get("/people/<int:person_id>/file.pdf")
def as_document(person_id: int) -> ResponseReturnValue:
    """The whole file for the person, as a tagged PDF."""
    person, file = _of(person_id)
    if PDF_MISSING:
        return render_template("error.html", title=gettext("PDF kan ikke lages her"), advice=gettext(PDF_MISSING)), 503
    page = render_template("person_file_pdf.html", **head_of(person, ""), **_told(file))
    return _file(pdf_of(page), "application/pdf", person_id, "pdf")


def _of(person_id: int) -> tuple[Person, WholeFile]:
    person = known_person(person_id)
    about(person_id)
    return person, whole_file(house().store, person_id, house().clock())


def _told(file: WholeFile) -> Mapping[str, Any]:
    """The sections that hold something, in words."""
    zone = house().settings.zone
    sections = [
        (section_name(name), [_facts(file, row) for row in rows]) for name, rows in file.sections.items() if rows
    ]
    return {"sections": sections, "made": f"{date_of(file.made_at, zone)} {time_of(file.made_at, zone)}"}


def _facts(file: WholeFile, row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a row says, in words, without what is empty."""
    zone = house().settings.zone
    told = ((key, value_words(key, value, file.institutions, zone)) for key, value in row.items())
    return [(column_name(key), words) for key, words in told if words]


def _file(content: str | bytes, mimetype: str, person_id: int, extension: str) -> Response:
    """An answer that is saved under a name which tells nothing of the person."""
    answer = Response(content, mimetype=mimetype)
    answer.headers["Content-Disposition"] = f'attachment; filename="innsyn-{person_id}.{extension}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
