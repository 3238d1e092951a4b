"""A student of FS as a transcript: what is announced, valid and passed, in the order of FS."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import TypeVar

from pydantic import ValidationError

from webapp.errors import N_, UnreadableElmo
from webapp.model import (
    Institution,
    LeftOut,
    LeftOutReason,
    Result,
    Study,
    Transcript,
)
from webapp.sources.fs_graphql import shapes
from webapp.sources.fs_graphql.shapes import each_of
from webapp.sources.fs_graphql.things import (
    clean,
    course_group_of,
    course_of,
    institution_of,
    learner_of,
    qualification_of,
    text_of,
)

PROTOCOL = "fs-graphql/1"

_Identified = TypeVar("_Identified", bound=shapes.Identified)


def read_students(payload: bytes) -> Transcript:
    """The transcript in an answer as it is kept. Raises UnreadableElmo."""
    try:
        return transcript_of(shapes.PAYLOAD.validate_json(payload).students)
    except ValidationError:
        # From None: what did not fit may be a name.
        raise UnreadableElmo(N_("Svaret fra FS har ikke den formen som er avtalt.")) from None


def transcript_of(students: Sequence[shapes.Student]) -> Transcript:
    """One person's records at an institution as one transcript."""
    own = institution_of(next((each.larested for each in students if each.larested), None))
    qualifications = _each_once(each for student in students for each in each_of(student.oppnaddKvalifikasjon))
    # What is not announced leaves no trace, and nor does what has been replaced.
    outcomes = [
        each
        for each in _each_once(each for student in students for each in each_of(student.resultaterV2.nodes))
        if each.erKunngjort and each.erGyldig
    ]
    reasons = {each.id: _reason_to_leave_out(each) for each in outcomes}
    table = _Table(own, [each for each in qualifications if each.erKunngjort])
    table.take([each for each in outcomes if reasons[each.id] is None])
    left_out = tuple(_left_out(each.emne, reason) for each in outcomes if (reason := reasons[each.id]))
    return Transcript(
        learner_of([each.personProfil for each in students if each.personProfil]), table.studies, left_out
    )


def _each_once(given: Iterable[_Identified]) -> list[_Identified]:
    """Each id once: pages may overlap when something came in between."""
    return list({each.id: each for each in given}.values())


def _reason_to_leave_out(outcome: shapes.Outcome) -> LeftOutReason | None:
    status = outcome.vurderingsresultatstatus
    passed = status.erBestatt if status else None
    if passed is False:
        return LeftOutReason.FAILED
    # erOppnadd is false while a complaint is pending.
    return None if passed and outcome.erOppnadd else LeftOutReason.UNCERTAIN


def _left_out(course: shapes.Course | None, reason: LeftOutReason) -> LeftOut:
    return LeftOut(clean(course.kode) if course else None, text_of(course.navnAlleSprak) if course else {}, reason)


@dataclass
class _Row:
    """A result in the making, which takes the place of its parent, with those that belong to it."""

    make: Callable[[int | None], Result]
    is_course: bool
    parts: list["_Row"] = field(default_factory=list)


class _Table:
    """The rows of a transcript: each institution's qualifications, then its groups, then its loose courses."""

    def __init__(self, own: Institution, qualifications: Sequence[shapes.Qualification]) -> None:
        self._own = own
        self._qualifications = qualifications
        self._institutions: dict[object, Institution] = {_key(own): own}
        self._loose: dict[object, list[_Row]] = {_key(own): []}
        self._rows: dict[tuple[object, str], _Row] = {}

    def take(self, outcomes: Sequence[shapes.Outcome]) -> None:
        """Enter the qualifications, the groups and these results."""
        homes = {each.id: self._home(each.opprinneligLarested) for each in outcomes}
        links = {each.id: each.qualifications for each in outcomes}
        homes_of_parts: dict[str, set[object]] = {each.id: set() for each in self._qualifications}
        for id, qualifications in links.items():
            for each in qualifications & homes_of_parts.keys():
                homes_of_parts[each].add(homes[id])
        for qualification in self._qualifications:
            # FS does not say where it was achieved, but where its courses were.
            of_parts = homes_of_parts[qualification.id]
            home = of_parts.pop() if len(of_parts) == 1 else _key(self._own)
            self._enter(home, qualification.id, _Row(partial(qualification_of, qualification), False), ())
        for qualification in self._qualifications:
            for listed in each_of(qualification.emnesamlingIKvalifikasjon):
                if listed.protokollfoertEmnesamling:
                    self._group(listed.protokollfoertEmnesamling, frozenset({qualification.id}))
        for outcome in outcomes:
            link = links[outcome.id]
            groups = [self._group(each, link) for each in each_of(outcome.protokollFoerteEmnesamlinger)]
            parents = (*(group for group in groups if group), *self._in_order(link))
            self._enter(homes[outcome.id], outcome.id, _Row(partial(course_of, outcome), True), parents)

    @property
    def studies(self) -> tuple[Study, ...]:
        """What each institution says; one without anything is there only if there is no other."""
        studies = [Study(self._institutions[home], _in_a_row(rows)) for home, rows in self._loose.items()]
        return tuple(study for study in studies if study.results) or (Study(self._own),)

    def _home(self, original: shapes.Organisation | None) -> object:
        """The key of the institution that something stands under: that of before a merger, else the source's own."""
        if original is None:
            return _key(self._own)
        institution = institution_of(original)
        home = _key(institution)
        self._institutions.setdefault(home, institution)
        self._loose.setdefault(home, [])
        return home

    def _in_order(self, ids: frozenset[str]) -> Sequence[str]:
        return [each.id for each in self._qualifications if each.id in ids]

    def _group(self, recorded: shapes.RecordedGroup, qualifications: frozenset[str]) -> str | None:
        """Enter a group that was not entered before; returns its key, None when it is not valid."""
        if not recorded.erGyldig or recorded.emnesamling is None:
            return None
        home = self._home(recorded.opprinneligLarested)
        group = recorded.emnesamling
        key = f"emnesamling:{clean(group.kode) or next(iter(text_of(group.navnAlleSprak).values()), '')}"
        if (home, key) not in self._rows:
            parents = qualifications | {each.id for each in each_of(recorded.oppnaddeKvalifikasjoner)}
            row = _Row(partial(course_group_of, recorded, group, key), False)
            self._enter(home, key, row, self._in_order(parents))
        return key

    def _enter(self, home: object, key: str, row: _Row, parents: Iterable[str]) -> None:
        """Enter a row below the first of its parents that stands under the same institution."""
        self._rows[home, key] = row
        for parent in parents:
            if above := self._rows.get((home, parent)):
                above.parts.append(row)
                return
        self._loose[home].append(row)


_IS_COURSE = attrgetter("is_course")


def _in_a_row(rows: Sequence[_Row]) -> tuple[Result, ...]:
    """Each row with those that belong to it right below; loose courses last, as parts go before them."""
    results: list[Result] = []

    def add(row: _Row, parent: int | None) -> None:
        place = len(results)
        results.append(row.make(parent))
        for part in sorted(row.parts, key=_IS_COURSE) if row.parts else ():
            add(part, place)

    for row in sorted(rows, key=_IS_COURSE):
        add(row, None)
    return tuple(results)


def _key(institution: Institution) -> object:
    return institution.number if institution.number is not None else tuple(sorted(institution.name.items()))
