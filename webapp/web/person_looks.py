"""Hvem har sett: everyone who looked at a person, ordered, changed or took something out, for the person who asks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from flask import Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from webapp.model import Act
from webapp.store import people, trace_reading
from webapp.web.current import house
from webapp.web.evidence_pdf import PDF_MISSING, pdf_of
from webapp.web.export import export
from webapp.web.language import gettext
from webapp.web.people_rows import person_row
from webapp.web.trace_words import act_name, place_name, why_words
from webapp.web.traced import about
from webapp.web.words import date_of, time_of


@dataclass(frozen=True)
class Look:
    """What somebody did about a person on one day, `times` over: when (the first and the last time), where and why."""

    when: str
    who: str
    act: str
    where: str
    why: str
    times: int


def looks_of(person_id: int) -> tuple[Look, ...]:
    """What everyone did about a person, the newest first; the same by the same on the same day is one."""
    zone = house().settings.zone
    rows = [
        row | {"at": datetime.fromisoformat(row["at"]).astimezone(zone)}
        for row in trace_reading.of_person(house().store.db, person_id)
    ]
    return tuple(look for _, day in groupby(rows, key=lambda row: row["at"].date()) for look in _of_day(list(day)))


def _of_day(rows: list[dict[str, Any]]) -> Iterator[Look]:
    alike: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        alike.setdefault((row["by"], row["act"]), []).append(row)
    for (by, act), each in alike.items():
        zone = house().settings.zone
        times = dict.fromkeys(time_of(row["at"], zone) for row in (each[-1], each[0]))
        name = each[0]["display_name"]
        yield Look(
            when=f"{date_of(each[0]['at'], zone)} {'–'.join(times)}",
            who=f"{name} ({by})" if name else by,
            act=act_name(Act(act)),
            where=", ".join(dict.fromkeys(place_name(row["door"]) for row in each)),
            why="; ".join(dict.fromkeys(filter(None, (why_words(row["content"]) for row in each)))),
            times=len(each),
        )


def looks_shown(person_id: int) -> dict[str, Any]:
    """What the page and the PDF need; 404 for somebody who never was here. One who was erased has no name any more."""
    db, zone = house().store.db, house().settings.zone
    person, looks, begun = people.person(db, person_id), looks_of(person_id), trace_reading.begun_at(db)
    if person is None and not looks:
        abort(404)
    about(person_id)
    return {
        "person_id": person_id,
        "name": person_row(person).name if person else gettext("#%(id)d, slettet", id=person_id),
        "looks": looks,
        "begun": date_of(datetime.fromisoformat(begun), zone) if begun else "",
        "printed": date_of(house().clock(), zone),
        "instance": request.host,
    }


def looks_file(person_id: int, form: str) -> ResponseReturnValue:
    """The same as a file in the form "pdf", "csv" or "xlsx", whose name tells nothing of the person."""
    shown = looks_shown(person_id)
    if form != "pdf":
        titles = (
            gettext("Når"),
            gettext("Hvem"),
            gettext("Hva"),
            gettext("Hvor"),
            gettext("Hvorfor"),
            gettext("Ganger"),
        )
        rows = ((each.when, each.who, each.act, each.where, each.why, str(each.times)) for each in shown["looks"])
        return export("hvem-har-sett", form, titles, rows)
    if PDF_MISSING:
        return render_template("error.html", title=gettext("PDF kan ikke lages her"), advice=gettext(PDF_MISSING)), 503
    answer = Response(pdf_of(render_template("looks_pdf.html", **shown)), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = 'attachment; filename="hvem-har-sett.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
