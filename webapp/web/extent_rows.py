"""What tab Omfang shows: which rows are ticked, what is to be said of each, and the sum."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from flask import url_for
from sqlite_utils import Database

from webapp.model import Case, ExternalStudy, Inclusion, Person, StoredResult
from webapp.recognition.credits import Counted, Stage, count
from webapp.recognition.overlap import overlaps
from webapp.store import cases, results
from webapp.web.credits import number
from webapp.web.labels import stage_name
from webapp.web.language import gettext, ngettext
from webapp.web.words import moment_of, text_of


@dataclass(frozen=True)
class Note:
    """Something to know of a row; `warning` when it should be looked at, `href` leads to what it speaks of."""

    text: str
    warning: bool = False
    href: str | None = None


@dataclass(frozen=True)
class SumLine:
    """What is ticked at one institution (or with all of them together): studiepoeng by level, and in all."""

    name: str
    by_level: tuple[str, ...]
    total: str


@dataclass(frozen=True)
class Extent:
    """`notes` are by row; `levels` head the columns of `lines`; `summary` is the sum in one sentence; `looked_at`
    are the ticked rows with a warning, id and name; `version` differs whenever a row came, changed or went."""

    ticked: frozenset[int]
    notes: Mapping[int, tuple[Note, ...]]
    levels: tuple[str, ...]
    lines: tuple[SumLine, ...]
    total: SumLine
    summary: str
    looked_at: tuple[tuple[int, str], ...]
    version: str


def extent_of(db: Database, case: Case, person: Person, zone: ZoneInfo, now: datetime) -> Extent:
    """The extent of a case as it is now."""
    studies = results.studies_of(db, person.id)
    rows = {row.id: row for study in studies for row in study.results}
    included = {each.result_id: each for each in cases.inclusions_of(db, case.id)}
    ticked = frozenset(included) & frozenset(rows)
    counted = count(rows.values(), ticked)
    said = _Notes(rows, {study.institution: text_of(study.name) for study in studies}, included, counted, zone, now)
    others, alike = cases.elsewhere(db, case.id), overlaps(rows.values(), ticked)
    notes = {id: tuple(said.of(row, others.get(id, ()), alike.get(id, frozenset()))) for id, row in rows.items()}
    levels = tuple(stage for stage in Stage if any(stage is level for _, level in counted.parts))
    return Extent(
        ticked=ticked,
        notes=notes,
        levels=tuple(stage_name(level) for level in levels),
        lines=tuple(_lines(studies, counted, levels)),
        total=_line(gettext("Sum"), counted.parts, levels),
        summary=_summary(len(ticked), counted.total),
        looked_at=tuple((id, named(row)) for id, row in rows.items() if any(note.warning for note in notes[id])),
        version=_version(rows.values()),
    )


def named(row: StoredResult) -> str:
    """A row in short: its code, else its name."""
    return row.result.code or text_of(row.result.name)


def _version(rows: Collection[StoredResult]) -> str:
    moments = [at for row in rows for at in (row.changed_at, row.gone_at) if at is not None]
    return f"{len(rows)}-{round(max(moments).timestamp() * 1000) if moments else 0}"


def _summary(ticked: int, total: Decimal) -> str:
    rows = ngettext("%(num)d rad inngår", "%(num)d rader inngår", ticked)
    return gettext("%(rows)s: %(credits)s studiepoeng.", rows=rows, credits=number(total))


def _lines(studies: Sequence[ExternalStudy], counted: Counted, levels: Sequence[Stage]) -> Iterator[SumLine]:
    for study in studies:
        parts = {key: value for key, value in counted.parts.items() if key[0] == study.institution}
        if parts:
            yield _line(text_of(study.name), parts, levels)


def _line(name: str, parts: Mapping[tuple[int, Stage], Decimal], levels: Sequence[Stage]) -> SumLine:
    by_level = {level: [value for (_, stage), value in parts.items() if stage is level] for level in levels}
    return SumLine(
        name=name,
        by_level=tuple(number(sum(values, Decimal(0))) if values else "–" for values in by_level.values()),
        total=number(sum(parts.values(), Decimal(0))),
    )


@dataclass(frozen=True)
class _Notes:
    """What is said of the rows of a case."""

    rows: Mapping[int, StoredResult]
    institutions: Mapping[int, str]
    included: Mapping[int, Inclusion]
    counted: Counted
    zone: ZoneInfo
    now: datetime

    def of(self, row: StoredResult, others: Sequence[Case], alike: frozenset[int]) -> Iterator[Note]:
        """All that is to be said of one row: `others` have it too, and the rows `alike` may be the same course."""
        ticked = row.id in self.included
        if ticked and row.gone_at is not None:
            yield Note(gettext("Inngår, men er ikke lenger oppgitt av institusjonen."), warning=True)
        for case in others:
            where = f"{case.id} ({case.type.value}, {case.status.value})"
            said = (
                gettext("Inngår også i sak %(case)s", case=where)
                if ticked
                else gettext("Inngår i sak %(case)s", case=where)
            )
            yield Note(said, ticked, url_for("case_extent.show", case_id=case.id))
        for id in sorted(alike, key=lambda id: (self.institutions[self.rows[id].institution], id)):
            other = self.rows[id]
            what = f"{named(other)} ({self.institutions[other.institution]})"
            yield Note(gettext("Kan være samme emne som %(what)s", what=what), True, f"#row-{id}")
        if (above := self.counted.below.get(row.id)) is not None:
            yield Note(gettext("Regnes ikke med i summen: %(what)s inngår.", what=named(self.rows[above])))
        if row.id in self.counted.without:
            yield Note(gettext("Har ikke omfang i studiepoeng, og teller ikke i summen."))
        if ticked:
            by = self.included[row.id]
            when = moment_of(by.included_at, self.zone, self.now)
            yield Note(gettext("Tatt med %(when)s av %(who)s", when=when, who=by.included_by))
