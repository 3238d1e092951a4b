"""Kilder: all sources and one of them, switched off and on again."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.errors import Refusal
from webapp.fetching.changing_sources import SourceKeeper, local_minute
from webapp.names import fold
from webapp.source_settings import Downtime, FileSettings, SourceSettings, flat_fields, flat_value
from webapp.sources_file import SourcesFile
from webapp.store import institutions, source_changes, source_health
from webapp.web.current import caseworker, house
from webapp.web.language import gettext, said
from webapp.web.source_form import label_of, value_words
from webapp.web.source_history import change_line
from webapp.web.source_picture import DAYS, by_the_day, by_the_hour, picture_of
from webapp.web.source_rows import (
    SourceRow,
    SourceState,
    last_day,
    secret_words,
    source_row,
    state_names,
    until_words,
)
from webapp.web.words import text_of

routes = Blueprint("sources", __name__)

#: So many of the latest changes are told of a source, and of all.
MOST_CHANGES, MOST_OF_ALL = 50, 10
#: The longest reason that may be given.
LONGEST_REASON = 200


@dataclass(frozen=True)
class PlannedTime:
    """A time in which a source is off, or will be: `begins` as the file has it tells which."""

    begins: str
    words: str
    now: bool


@routes.get("/sources")
def listing() -> ResponseReturnValue:
    """All sources; ?state= chooses those in one state."""
    rows = all_rows()
    counted = Counter(row.state for row in rows)
    chosen = next((state for state in SourceState if state == request.args.get("state")), None)
    names = institutions.choices(house().store.db)
    titles = {number: text_of(name) for number, name in names.items()}
    return render_template(
        "sources.html",
        rows=[row for row in rows if chosen in (None, row.state)],
        count=len(rows),
        chosen=chosen,
        states=[(state, name, counted[state]) for state, name in state_names().items() if counted[state]],
        changes=[change_line(each, titles) for each in source_changes.latest(house().store.db, MOST_OF_ALL)],
        refusal=file_refusal(),
    )


@routes.get("/sources/<int:institution>")
def show(institution: int) -> ResponseReturnValue:
    """One source: how it is set, how it stands, and what was done to it."""
    return page(known(institution))


@routes.get("/sources/<int:institution>/off")
def ask_off(institution: int) -> ResponseReturnValue:
    """Why, until when, and from when."""
    return _off_page(known(institution), {}, {})


@routes.post("/sources/<int:institution>/off")
def put_off(institution: int) -> ResponseReturnValue:
    """Switch the source off, from now or from later on."""
    source = known(institution)
    time, wrong = _time(request.form)
    if time is None:
        return _off_page(source, request.form, wrong), 422
    try:
        keeper().put_off(institution, time, request.form.get("version"))
    except Refusal as refusal:
        return _off_page(source, request.form, {}, said(refusal)), 422
    return back(institution)


@routes.post("/sources/<int:institution>/on")
def put_on(institution: int) -> ResponseReturnValue:
    """Switch the source on, or take away a time that it was to be off."""
    begins = _instant(request.form.get("begins", ""))
    return _done(institution, lambda: keeper().put_on(institution, begins, request.form.get("version")))


@routes.post("/sources/<int:institution>/use")
def use(institution: int) -> ResponseReturnValue:
    """Take the source out of use, or in again."""
    enabled = request.form.get("enabled") == "1"
    return _done(institution, lambda: keeper().put_to_use(institution, enabled, request.form.get("version")))


@routes.get("/sources/<int:institution>/remove")
def ask_remove(institution: int) -> ResponseReturnValue:
    """Is that meant?"""
    return render_template("source_remove.html", **head_of(known(institution)))


@routes.post("/sources/<int:institution>/remove")
def remove(institution: int) -> ResponseReturnValue:
    """Take the source out of sources.toml."""
    source = known(institution)
    try:
        keeper().remove(institution, request.form.get("version"))
    except Refusal as refusal:
        return page(source, said(refusal)), 422
    house().take_sources()
    return redirect(url_for("sources.listing"), 303)


def all_rows() -> list[SourceRow]:
    """All sources by their names."""
    settings, now, db = house().settings, house().clock(), house().store.db
    health, hours = source_health.health(db), last_day(db, now)
    rows = [
        source_row(source, settings, health.get(source.institution), hours.get(source.institution, ()), now)
        for source in settings.sources
    ]
    return sorted(rows, key=lambda row: (fold(row.name), row.number))


def page(source: SourceSettings, refusal: str = "", **more: Any) -> str:
    """The page of a source, with what cannot be done or what was tried."""
    settings, now, db = house().settings, house().clock(), house().store.db
    hours = source_health.hours(db, now - timedelta(days=DAYS), source.institution)
    pictures = {
        gettext("Siste 24 timer"): picture_of(by_the_hour(hours, settings.zone, now)),
        gettext("Siste 30 dager"): picture_of(by_the_day(hours, settings.zone, now)),
    }
    return render_template(
        "source.html",
        **head_of(source),
        pictures=pictures,
        planned=[
            PlannedTime(time.begins.isoformat(), time_words(time), time.covers(now, settings.zone))
            for time in sorted(source.downtime, key=lambda each: each.ends(settings.zone))
            if time.ends(settings.zone) > now
        ],
        shown=_settings_shown(source),
        secret=secret_words(source, settings),
        has_files=isinstance(source, FileSettings) and source.folder is not None,
        changes=[change_line(each) for each in source_changes.latest(db, MOST_CHANGES, source.institution)],
        refusal=refusal or file_refusal(),
        **{"tried": None, "typed": {}, "wrong": {}} | more,
    )


def head_of(source: SourceSettings) -> dict[str, Any]:
    """What every page of a source shows: its row, and the version of the file that a press is about."""
    now, db = house().clock(), house().store.db
    health = source_health.health(db).get(source.institution)
    hours = last_day(db, now, source.institution).get(source.institution, ())
    return {"row": source_row(source, house().settings, health, hours, now), "version": file_version()}


def known(institution: int) -> SourceSettings:
    """The source of an institution, as it is asked now; 404 where there is none."""
    return next((each for each in house().settings.sources if each.institution == institution), None) or abort(404)


def keeper() -> SourceKeeper:
    """What changes sources in the reader's name."""
    return SourceKeeper(house().store, house().settings, caseworker(), house().clock())


def back(institution: int) -> ResponseReturnValue:
    """To the page of a source, which is asked as the file says now."""
    house().take_sources()
    return redirect(url_for("sources.show", institution=institution), 303)


def file_version() -> str:
    """The version of sources.toml, "" where it cannot be read."""
    try:
        return SourcesFile(house().settings.instance).version
    except Refusal:
        return ""


def file_refusal() -> str:
    """What is wrong with sources.toml as it lies there now: then the sources are asked as they were before."""
    try:
        SourcesFile(house().settings.instance).sources()
    except Refusal as refusal:
        return said(refusal)
    return ""


def time_words(time: Downtime) -> str:
    """A time in which a source is off."""
    zone, settings = house().settings.zone, house().settings
    begins = time.begins if time.begins.tzinfo else time.begins.replace(tzinfo=zone)
    return gettext(
        "Fra %(begins)s til %(until)s: %(reason)s",
        begins=until_words(begins, settings),
        until=until_words(time.ends(zone), settings),
        reason=time.reason,
    )


def _done(institution: int, do: Callable[[], None]) -> ResponseReturnValue:
    source = known(institution)
    try:
        do()
    except Refusal as refusal:
        return page(source, said(refusal)), 422
    return back(institution)


def _off_page(source: SourceSettings, typed: Mapping[str, str], wrong: Mapping[str, str], refusal: str = "") -> str:
    return render_template(
        "source_off.html", **head_of(source), typed=typed, wrong=wrong, refusal=refusal, longest=LONGEST_REASON
    )


def _time(typed: Mapping[str, str]) -> tuple[Downtime | None, dict[str, str]]:
    """The time that a form means, or what is wrong with which field."""
    wrong = dict[str, str]()
    now = local_minute(house().clock(), house().settings.zone)
    begins, until = _local(typed.get("begins", "")), _local(typed.get("until", ""))
    reason = typed.get("reason", "").strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        wrong["reason"] = gettext("Skriv en grunn, høyst %(most)d tegn.", most=LONGEST_REASON)
    if until is None:
        wrong["until"] = gettext("Skriv når kilden er tilbake, som 2026-12-01 08.00.")
    elif until <= max(begins or now, now):
        wrong["until"] = gettext("Slutten må være etter begynnelsen, og ikke ha vært.")
    if begins is None and typed.get("begins", "").strip():
        wrong["begins"] = gettext("Skriv tidspunktet som 2026-12-01 08.00, eller la feltet stå tomt.")
    if wrong or until is None:
        return None, wrong
    return Downtime(begins=begins or now, until=until, reason=reason), {}


def _local(typed: str) -> datetime | None:
    at = _instant(typed)
    return local_minute(at, house().settings.zone) if at and at.tzinfo else at


def _instant(typed: str) -> datetime | None:
    """A local time as a browser sends it, or as a person writes it: 2026-12-01T08:00, 2026-12-01 08.00."""
    try:
        return datetime.fromisoformat(typed.strip().replace(".", ":"))
    except ValueError:
        return None


def _settings_shown(source: SourceSettings) -> list[tuple[str, str, bool]]:
    """What is set: label, value, and whether it is as it would be anyway; protocol and times stand elsewhere."""
    return [
        (label_of(type(source), name), value_words(flat_value(source, name)), flat_value(source, name) == info.default)
        for name, info in flat_fields(type(source)).items()
        if name not in ("protocol", "downtime") and flat_value(source, name) is not None
    ]
