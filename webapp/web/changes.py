"""Endringer: the worklist of those for whom a fetch changed something, until somebody has seen it.

It is one list for the whole office: what one caseworker has seen, nobody else has to open again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp.names import written_name
from webapp.store import admissions, institutions, notices, worklist
from webapp.store.worklist import Notice, Told
from webapp.web.change_words import told_words
from webapp.web.current import caseworker, house, is_secure
from webapp.web.language import gettext, lazy_gettext, ngettext
from webapp.web.lists import Cell, Column, Filter, ListScreen, Row
from webapp.web.preferences import YEAR_SECONDS
from webapp.web.protection import demand_open
from webapp.web.rights import opens
from webapp.web.traced import about
from webapp.web.words import date_of, moment_of, text_of, time_of

routes = Blueprint("changes", __name__)

#: SQLite's numbers have 64 bits.
MOST_DIGITS = 18
#: Where the browser keeps when its reader was here last.
VISITED_COOKIE = "changes-visited"


@dataclass(frozen=True)
class ChangeLine:
    """A line of Endringer as its own template shows it; `rest` is how many changes are not among `told`."""

    id: int
    person_id: int
    name: str
    told: tuple[str, ...]
    rest: int
    links: tuple[tuple[str, str], ...]


def _row(row: dict[str, Any]) -> Row:
    notice = worklist.notice_of(row)
    line = _line(notice)
    more = [gettext("og %(number)d til", number=line.rest)] if line.rest else []
    cells = {
        "name": Cell(line.name, href=url_for("person.show", person_id=notice.person_id)),
        "of": Cell(", ".join(words for words, _ in line.links)),
        "institution": Cell(", ".join(text_of(name) for name in notice.institutions)),
        "what": Cell("; ".join([*line.told, *more])),
        "when": Cell(_moment(notice.raised_at)),
        "seen": Cell(_seen(notice)),
    }
    return Row(cells, value=f"{notice.id}@{row['raised_at']}", more=line)


def _line(notice: Notice) -> ChangeLine:
    applications = [
        (gettext("Søknad %(number)s", number=f"{number} ({admission})"), _application(number))
        for number, admission in notice.applications
    ]
    cases = [
        (gettext("Sak %(number)s", number=f"{id} {type} ({status})"), url_for("cases.show", case_id=id))
        for id, type, status in notice.cases
    ]
    return ChangeLine(
        id=notice.id,
        person_id=notice.person_id,
        name=written_name(notice.given_names, notice.family_name) or gettext("Uten navn"),
        told=tuple(_words(told) for told in notice.told),
        rest=notice.changes - len(notice.told),
        links=(*applications, *cases),
    )


def _application(number: str) -> str:
    return url_for("applications.show", applicant_number=number)


def _words(told: Told) -> str:
    return told_words(told.kind, told.fields, told.category, told.code, text_of(told.name))


def _seen(notice: Notice) -> str:
    if notice.seen_at is None:
        return ""
    return gettext("%(when)s av %(who)s", when=_moment(notice.seen_at), who=notice.seen_by)


def _moment(at: datetime) -> str:
    return moment_of(at, house().settings.zone, house().clock())


def _admissions() -> Mapping[str, str]:
    return {admission.code: admission.code for admission in admissions.admissions(house().store.db)}


def _institutions() -> Mapping[str, str]:
    return {str(number): text_of(name) for number, name in institutions.choices(house().store.db).items()}


def _context() -> dict[str, Any]:
    visited = _visited()
    zone = house().settings.zone
    return {
        "seen": False,
        "rows_template": "_change_rows.html",
        "ticks": "mark" if opens("changes.mark") else "",
        "empty": gettext(
            "Ingen endringer siden sist du var her, %(date)s kl. %(hour)s.",
            date=date_of(visited, zone),
            hour=time_of(visited, zone),
        )
        if visited
        else gettext("Ingen endringer."),
        "told": _told(*(request.args.get(key, 0, type=int) for key in ("marked", "newer"))),
        "focus": request.args.get("place", type=int),
    }


def _told(marked: int, newer: int) -> tuple[str, ...]:
    """What became of a wish to mark lines as seen."""
    sentences = (
        ngettext("%(num)d linje er merket som sett.", "%(num)d linjer er merket som sett.", marked) if marked else "",
        ngettext(
            "%(num)d linje har fått noe nytt siden du åpnet siden, og står igjen.",
            "%(num)d linjer har fått noe nytt siden du åpnet siden, og står igjen.",
            newer,
        )
        if newer
        else "",
    )
    return tuple(sentence for sentence in sentences if sentence)


_COLUMNS = (
    Column("name", lazy_gettext("Navn"), (Filter("name", lazy_gettext("Navn")),), sortable=False, fixed=True),
    Column(
        "of",
        lazy_gettext("Søknad eller sak"),
        (
            Filter("admission", lazy_gettext("Opptak"), _admissions),
            Filter("responsible", lazy_gettext("Ansvarlig for saken")),
        ),
        sortable=False,
    ),
    Column(
        "institution",
        lazy_gettext("Institusjon"),
        (Filter("institution", lazy_gettext("Institusjon"), _institutions),),
        sortable=False,
    ),
    Column("what", lazy_gettext("Hva som er endret"), sortable=False, fixed=True),
    Column("when", lazy_gettext("Når"), (Filter("raised_from", lazy_gettext("Fra og med"), date=True),)),
)
UNSEEN = ListScreen(
    name="changes",
    title=lazy_gettext("Endringer"),
    endpoint="changes.listing",
    columns=_COLUMNS,
    query=worklist.UNSEEN,
    row=_row,
    sort="when",
    descending=True,
    template="changes.html",
    context=_context,
)
SEEN = replace(
    UNSEEN,
    name="changes-seen",
    endpoint="changes.seen",
    columns=(*_COLUMNS, Column("seen", lazy_gettext("Sett"), sortable=False)),
    query=worklist.SEEN,
    context=lambda: {"seen": True, "rows_template": "_change_rows.html"},
)


@routes.route("/changes", methods=["GET", "POST"])
def listing() -> ResponseReturnValue:
    """What nobody has seen yet."""
    answer = make_response(UNSEEN.respond())
    now = house().clock().isoformat(timespec="minutes")
    answer.set_cookie(VISITED_COOKIE, now, max_age=YEAR_SECONDS, httponly=True, samesite="Lax", secure=is_secure())
    return answer


@routes.get("/changes.<form>")
def listing_export(form: str) -> ResponseReturnValue:
    """All that nobody has seen and that fits, as a file."""
    return UNSEEN.export(form)


@routes.route("/changes/seen", methods=["GET", "POST"])
def seen() -> ResponseReturnValue:
    """What somebody has seen, with who and when."""
    return SEEN.respond()


@routes.get("/changes/seen.<form>")
def seen_export(form: str) -> ResponseReturnValue:
    """All that somebody has seen and that fits, as a file."""
    return SEEN.export(form)


@routes.post("/changes/mark")
def mark() -> ResponseReturnValue:
    """Sett: mark the line that the button stands in, or all that are ticked, and go back to the same list: there the
    line that now stands in its place is the next one."""
    one = request.form.get("one")
    shown = tuple(_shown([one] if one else request.form.getlist("chosen")))
    for notice_id, _ in shown:
        demand_open(notice_id=notice_id)
    with house().store.write() as db:
        about(*notices.people_of(db, [notice_id for notice_id, _ in shown]))
        newer = notices.newer(db, shown)
        marked = notices.mark_seen(db, shown, caseworker(), house().clock())
    told: dict[str, Any] = {"marked": marked, "newer": newer, "place": one.rpartition("@")[2] if one else None}
    wish, _ = UNSEEN.wish_of(request.args)
    return redirect(url_for("changes.listing", **UNSEEN.arguments(wish), **told), 303)


def _shown(values: Iterable[str]) -> Iterable[tuple[int, str]]:
    """Notices as the page showed them: the id, and when it was raised."""
    for value in values:
        id, raised_at, *_ = [*value.split("@"), ""]
        if id.isdecimal() and len(id) <= MOST_DIGITS:
            yield int(id), raised_at


def _visited() -> datetime | None:
    try:
        return datetime.fromisoformat(request.cookies.get(VISITED_COOKIE, ""))
    except ValueError:
        return None
