"""The files in the folder of a source: about whom each is, and whether it has been fetched."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from webapp.errors import SENTENCES, SourceError, SourceFailure, UnreadableElmo
from webapp.identity import mask
from webapp.model import Person, SignatureState
from webapp.sources.deliveries import open_delivery
from webapp.sources.file import FileSource
from webapp.sources.folder import FolderFile
from webapp.store import deliveries, people
from webapp.web.current import house
from webapp.web.language import gettext
from webapp.web.people_heads import known_institution
from webapp.web.people_rows import PersonRow, person_row
from webapp.web.protection import demand_seen, is_hidden
from webapp.web.traced import about
from webapp.web.upload_rows import SignatureRow, learner_words, signature_row
from webapp.web.uploads import kept
from webapp.web.words import failure_sentence, moment_of

routes = Blueprint("source_files", __name__)

#: So many of the newest files are listed.
MOST_LISTED = 200


@dataclass(frozen=True)
class FileRow:
    """A file of the folder; `raw`: its name as the folder has it, which may hold a number. `person` is None when nobody
    is registered under its numbers."""

    name: str
    raw: str
    changed: str
    about: str
    person: PersonRow | None
    signature: SignatureRow | None
    icon: str
    told: str
    readable: bool


@routes.get("/sources/<int:institution>/files")
def listing(institution: int) -> ResponseReturnValue:
    """The newest files."""
    source, refusal = _known(institution), ""
    files: Sequence[FolderFile] = ()
    try:
        files = source.files()
    except SourceError as error:
        refusal = gettext(SENTENCES[error.failure], seconds=1)
    return render_template(
        "source_files.html",
        institution=institution,
        name=known_institution(institution),
        rows=[_row(institution, file) for file in files[:MOST_LISTED]],
        all=len(files),
        refusal=refusal,
    )


@routes.post("/sources/<int:institution>/files")
def show(institution: int) -> ResponseReturnValue:
    """Preview a file on the person that it is about."""
    source = _known(institution)
    try:
        file = next((each for each in source.files() if each.name == request.form.get("name")), None) or abort(404)
        person = _person(file) or abort(404)
        demand_seen(person)
        body = source.content(file.name)
        open_delivery(body, (), house().clock())
    except SourceError as error:
        return _not_shown(failure_sentence(error.failure, 0))
    except UnreadableElmo as error:
        return _not_shown(gettext(str(error)))
    return redirect(kept(person, file.name, body), 303)


def _row(institution: int, file: FolderFile) -> FileRow:
    person = _person(file)
    icon, told = _state(institution, file)
    hidden = person is not None and is_hidden(person)
    return FileRow(
        name="" if hidden else mask(file.name),
        raw="" if hidden else file.name,
        changed=moment_of(file.changed_at, house().settings.zone, house().clock()),
        about="" if hidden else learner_words(file.learner) or ", ".join(mask(number) for number in file.numbers),
        person=person_row(person) if person is not None else None,
        signature=signature_row(file.signature) if file.signature else None,
        icon=icon,
        told=told,
        readable=file.payload is not None and not hidden,
    )


def _state(institution: int, file: FolderFile) -> tuple[str, str]:
    if file.waits:
        return "queued", gettext("Venter: filen er kanskje ikke ferdig skrevet")
    if file.failure is not None:
        return "failed", failure_sentence(file.failure, 0)
    if file.signature and file.signature.state is SignatureState.INVALID:
        return "failed", failure_sentence(SourceFailure.BAD_SIGNATURE, 0)
    fetched = deliveries.fetched_at(house().store.db, institution, file.payload or "")
    if fetched is not None:
        return "found", gettext("Hentet %(when)s", when=moment_of(fetched, house().settings.zone, house().clock()))
    return "awaited", gettext("Ikke hentet ennå")


def _person(file: FolderFile) -> Person | None:
    found = (people.person_with_number(house().store.db, number) for number in file.numbers)
    person = next((person for person in found if person is not None), None)
    if person is not None:
        about(person.id)
    return person


def _known(institution: int) -> FileSource:
    """The source, when it is a folder that can be asked; 404 otherwise."""
    source = house().fanout.source(institution)
    return source if isinstance(source, FileSource) else abort(404)


def _not_shown(advice: str) -> ResponseReturnValue:
    return render_template("error.html", title=gettext("Filen kan ikke vises"), advice=advice), 422
