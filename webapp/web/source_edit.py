"""Kilder: a new source, and one that is written anew. First the protocol is chosen, then comes its form."""

from collections.abc import Mapping

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.errors import Refusal
from webapp.source_settings import PROTOCOLS, SourceSettings
from webapp.sources_file import SourcesFile
from webapp.store import institutions
from webapp.web.current import house
from webapp.web.language import gettext, said
from webapp.web.source_form import WrongSource, groups_of, read_source, typed_of
from webapp.web.source_rows import protocol_name
from webapp.web.sources import back, file_refusal, file_version, head_of, keeper, known
from webapp.web.words import text_of

routes = Blueprint("source_edit", __name__)


@routes.get("/sources/new")
def choose() -> ResponseReturnValue:
    """Which protocol does the new source speak?"""
    return render_template("source_protocol.html", row=None, protocols=_protocols(), chosen="", refusal=file_refusal())


@routes.get("/sources/new/<protocol>")
def new(protocol: str) -> ResponseReturnValue:
    """The form of a new source."""
    return _form(protocol, typed_of(None, _model(protocol)))


@routes.post("/sources/new/<protocol>")
def create(protocol: str) -> ResponseReturnValue:
    """Add the source, and go on to it."""
    try:
        source = read_source(_model(protocol), request.form)
        keeper().add(source, request.form.get("version"))
    except WrongSource as wrong:
        return _form(protocol, request.form, wrong=wrong.fields, version=request.form.get("version")), 422
    except Refusal as refusal:
        return _form(protocol, request.form, refusal=said(refusal)), 422
    return back(source.institution)


@routes.get("/sources/<int:institution>/protocol")
def choose_other(institution: int) -> ResponseReturnValue:
    """Which other protocol does the source speak from now on?"""
    source = known(institution)
    head = head_of(source)
    return render_template(
        "source_protocol.html", **head, protocols=_protocols(), chosen=source.protocol, refusal=file_refusal()
    )


@routes.get("/sources/<int:institution>/edit")
def edit(institution: int) -> ResponseReturnValue:
    """The form of a source that is there; ?protocol= has it speak another one."""
    source = _in_file(institution)
    protocol = request.args.get("protocol", source.protocol)
    return _form(protocol, typed_of(source, _model(protocol)), source)


@routes.post("/sources/<int:institution>/edit")
def change(institution: int) -> ResponseReturnValue:
    """Write the source anew; where the file was changed meanwhile, show what stands there now beside what was typed."""
    source = _in_file(institution)
    protocol = request.args.get("protocol", source.protocol)
    typed = {**request.form, "institution": str(institution)}
    try:
        wish = read_source(_model(protocol), typed, source.downtime)
        keeper().change(wish, request.form.get("version"))
    except WrongSource as wrong:
        return _form(protocol, typed, source, wrong.fields, version=request.form.get("version")), 422
    except Refusal as refusal:
        now = typed_of(source, _model(protocol))
        others = {name: now[name] for name in now if now[name] != typed.get(name, "")}
        return _form(protocol, typed, source, refusal=said(refusal), others=others), 422
    return back(institution)


def _form(
    protocol: str,
    typed: Mapping[str, str],
    source: SourceSettings | None = None,
    wrong: Mapping[str, str] | None = None,
    refusal: str = "",
    version: str | None = None,
    others: Mapping[str, str] | None = None,
) -> str:
    model = _model(protocol)
    known_names = institutions.choices(house().store.db)
    taken = {each.institution for each in house().settings.sources}
    return render_template(
        "source_form.html",
        source=source,
        protocol=protocol,
        protocol_name=protocol_name(model),
        groups=groups_of(model, typed, wrong or {}),
        wrong=wrong or {},
        refusal=refusal or file_refusal(),
        version=version if version is not None else file_version(),
        others=others or {},
        institutions={number: text_of(name) for number, name in known_names.items() if number not in taken},
        leave=url_for("sources.show", institution=source.institution) if source else url_for("sources.listing"),
    )


def _model(protocol: str) -> type[SourceSettings]:
    return PROTOCOLS.get(protocol) or abort(404)


def _in_file(institution: int) -> SourceSettings:
    """The source as the file has it, which may be newer than how it is asked."""
    try:
        sources = SourcesFile(house().settings.instance).sources()
    except Refusal:
        sources = house().settings.sources
    return next((each for each in sources if each.institution == institution), None) or abort(404)


def _protocols() -> list[tuple[str, str, str]]:
    """Each protocol: its key, its name, and for whom it is."""
    words = {
        "elmo-pull": gettext("Institusjonen svarer med ELMO på en adresse, slik docs/protocol.md beskriver."),
        "fs-graphql": gettext("Institusjonens FS spørres gjennom GraphQL."),
        "database": gettext("En database med visninger som kan leses."),
        "file": gettext("Ingen maskin kan spørres: filer legges i en mappe eller lastes opp på en person."),
        "emrex": gettext("Studentene leverer selv fra en nasjonal portal."),
    }
    return [(key, protocol_name(model), words.get(key, "")) for key, model in PROTOCOLS.items()]
