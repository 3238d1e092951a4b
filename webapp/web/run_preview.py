"""Who a run would order for, and why not the others: before it is ordered, and before it is forced."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.errors import Refusal
from webapp.fetching.evenings import next_run
from webapp.fetching.planning import Judged, Judging, Selection, preview
from webapp.model import Gate, Right, RunKind
from webapp.names import written_name
from webapp.store import admissions, people, run_plans
from webapp.web.current import house, may
from webapp.web.intake_words import count_of
from webapp.web.labels import gate_name, ordered_for_name, run_kind_name
from webapp.web.language import gettext, lazy_gettext, ngettext, said
from webapp.web.lists import YEARS, Filter, day_of
from webapp.web.protection import hidden_name
from webapp.web.run_rows import OWN_GATES, gate_rows, held_back
from webapp.web.run_words import evening_of
from webapp.web.runs import preview_address
from webapp.web.traced import about

T = TypeVar("T")

routes = Blueprint("run_preview", __name__)

#: So many of those who would be ordered for, and of those who would not, are shown; a name finds the others.
MOST_SHOWN = 200
NAME = Filter("name", lazy_gettext("Navn"))


@dataclass(frozen=True)
class Wish:
    """Which run is looked into: its kind, the instant that it is for, an admission or "" for all, and a name."""

    kind: RunKind
    at: datetime
    admission: str = ""
    name: str = ""


@dataclass(frozen=True)
class Applied:
    """A line of a list: whose application, and why it is ordered for or left out; `hidden`: the reader may not
    know whose."""

    application: str
    person_id: int
    name: str
    why: str
    hidden: bool = False


@dataclass
class _Shown:
    """The first of those who would be ordered for, and of those who would not, among people with a name."""

    among: frozenset[int] | None
    ordered: list[Judged] = field(default_factory=list)
    left_out: list[Judged] = field(default_factory=list)

    def look_at(self, judged: list[Judged]) -> None:
        for one in judged:
            who, gate, why = one
            if (why or gate) and (self.among is None or who.person_id in self.among):
                kept = self.ordered if why else self.left_out
                if len(kept) < MOST_SHOWN:
                    kept.append(one)


@routes.get("/jobs/preview")
def show() -> ResponseReturnValue:
    """The numbers, the reasons, and the first of those who are meant."""
    wish, refusals = _wish_of(request.args)
    return _page(wish, refusals), 422 if refusals else 200


@routes.get("/jobs/next")
def next_numbers() -> ResponseReturnValue:
    """How many the next run would order for, as it is now: asked for by the page Jobber once it is there."""
    now = house().clock()
    coming = next_run(house().settings, now) or abort(404)
    selection = preview(judging_of(coming.kind, coming.at, ""))
    return render_template("_jobs_next.html", how_many=how_many(selection), href=preview_address(coming))


@routes.post("/jobs/preview")
def ask() -> ResponseReturnValue:
    """What was filled in, as an address that can be kept."""
    wish, refusals = _wish_of(request.form)
    if refusals:
        return _page(wish, refusals), 422
    address: dict[str, Any] = {"kind": wish.kind.value, "at": wish.at.isoformat(timespec="minutes")}
    address |= {key: value for key, value in (("admission", wish.admission), ("name", wish.name)) if value}
    return redirect(url_for("run_preview.show", **address), 303)


def judging_of(kind: RunKind, at: datetime, admission: str) -> Judging:
    """The rules for a run, put to the data as they are now."""
    return Judging(house().store.db, house().settings, kind, at, house().clock(), admission or None)


def selection_words(selection: Selection) -> Mapping[str, object]:
    """Whom a run would order for, as the templates want it."""
    return {
        "how_many": how_many(selection),
        "gates": gate_rows(selection.left_out),
        "nobody": not selection.ordered,
    }


def how_many(selection: Selection) -> str:
    """In one line how many would be ordered for, and how many are left out for a reason of their own."""
    people, held = selection.people, held_back(selection.left_out)
    asked = ngettext("%(count)s søker", "%(count)s søkere", people, count=count_of(people))
    if selection.ordered != people:
        ordered = selection.ordered
        asked += " " + ngettext("(%(count)s søknad)", "(%(count)s søknader)", ordered, count=count_of(ordered))
    left_out = ngettext("%(count)s holdes utenfor", "%(count)s holdes utenfor", held, count=count_of(held))
    return f"{asked} · {left_out}"


def admission_choices(at: datetime) -> Mapping[str, str]:
    """All admissions by their codes, each with its name and, where it is not open, why."""
    known = judging_of(RunKind.FULL, at, "").gates
    return {
        each.code: " ".join(part for part in (each.code, each.name, _closed(gate)) if part)
        for each, gate in known.items()
    }


def _closed(gate: Gate | None) -> str:
    return f"({gate_name(gate)})" if gate else ""


def _page(wish: Wish, refusals: Mapping[str, str]) -> str:
    zone = house().settings.zone
    judging = judging_of(wish.kind, wish.at, "" if "admission" in refusals else wish.admission)
    among = people.ids_of_people_named(house().store.db, wish.name) if wish.name else None
    shown = _Shown(among)
    selection = preview(judging, shown.look_at)
    named = {who.person_id for who, _, _ in (*shown.ordered, *shown.left_out)}
    about(*named)
    names = people.names_of_people(house().store.db, named)

    def lines(judged: list[Judged], why: Callable[[Judged], str]) -> list[Applied]:
        return [
            Applied("", 0, hidden_name(), why(one), hidden=True)
            if one[0].protected_address and not may(Right.ADMINISTER_CASES)
            else Applied(
                one[0].application,
                one[0].person_id,
                written_name(*names[one[0].person_id]) or gettext("Uten navn"),
                why(one),
            )
            for one in judged
        ]

    return render_template(
        "jobs_preview.html",
        wish=wish,
        refusals=refusals,
        typed=request.form if request.method == "POST" else request.args,
        day=f"{wish.at.astimezone(zone):%d.%m.%Y}",
        when=evening_of(wish.at, zone),
        kinds={each.value: run_kind_name(each) for each in RunKind},
        choices=admission_choices(wish.at),
        admissions=_admission_lines(judging),
        ordered_lines=lines(shown.ordered, lambda one: ordered_for_name(one[2]) if one[2] else ""),
        left_out_lines=lines(shown.left_out, lambda one: gate_name(one[1]) if one[1] else ""),
        most_shown=MOST_SHOWN,
        own_gates=[gate.value for gate in OWN_GATES],
        **selection_words(selection),
    )


def _admission_lines(judging: Judging) -> list[tuple[str, str, str, str, bool]]:
    """Each admission with applicants: code, name, how many, and whether it is open, in words."""
    sizes = run_plans.applicants_by_admission(judging.db)
    return [
        (
            each.code,
            each.name or "",
            count_of(sizes[each.code]),
            gate_name(gate) if gate else gettext("åpent"),
            not gate,
        )
        for each, gate in judging.gates.items()
        if each.code in sizes
    ]


def _wish_of(said_by: Mapping[str, str]) -> tuple[Wish, dict[str, str]]:
    """What is asked for, and what is wrong with which field; without a word, the next evening's run."""
    refusals: dict[str, str] = {}

    def checked(key: str, read: Callable[[str], T], otherwise: T) -> T:
        typed = said_by.get(key, "").strip()
        try:
            return read(typed) if typed else otherwise
        except Refusal as refusal:
            refusals[key] = said(refusal)
            return otherwise

    now = house().clock()
    coming = next_run(house().settings, now)
    kind = next((each for each in RunKind if each == said_by.get("kind")), coming.kind if coming else RunKind.FULL)
    at = checked("at", _instant, coming.at if coming else now)
    return Wish(kind, at, checked("admission", _admission, ""), checked("name", NAME.checked, "")), refusals


def _admission(code: str) -> str:
    if admissions.admission(house().store.db, code) is None:
        raise Refusal("Opptaket %(code)s er ukjent. Skriv koden som 2027-HØST-NOM.", code=code)
    return code


def _instant(typed: str) -> datetime:
    """A day, which means its evening, or an instant in ISO 8601; without an offset, where the institution is."""
    zone = house().settings.zone
    if "T" not in typed:
        return datetime.combine(day_of(typed), house().settings.settings.evening, zone)
    try:
        at = datetime.fromisoformat(typed.replace(" ", "+"))
        if at.year not in YEARS:
            raise ValueError("nobody means that year")
    except ValueError as wrong:
        raise Refusal("Tidspunktet fins ikke. Skriv det som 2026-11-27T20:00.") from wrong
    return at if at.tzinfo else at.replace(tzinfo=zone)
