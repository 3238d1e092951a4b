"""Person eksternstudium as its screen shows it: a row per institution, its results in groups below."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from webapp.model import Category, ChangeKind, ExternalStudy, FieldChange, LeftOut, Result, StoredResult, Text
from webapp.recognition.credits import total
from webapp.web.credits import extent, number
from webapp.web.labels import category_name, reason_name, term_name
from webapp.web.language import gettext
from webapp.web.words import changes_of, date_of, moment_of, text_of, time_of

#: The order in which an original text is chosen; English has a place of its own.
_ORIGINAL = ("nb", "nn", "se")

#: What an institution's latest change was: how each result changed, and in which fields.
Changes = Sequence[tuple[ChangeKind, Sequence[FieldChange]]]


@dataclass(frozen=True)
class Words:
    """A text to show, and its language where that is not the page's."""

    text: str
    language: str | None = None


@dataclass(frozen=True)
class ResultRow:
    """A result; `depth` is how far below its group's head it stands, `gone` since when it is no longer reported."""

    id: int
    category: str
    code: str
    version: str
    url: str | None
    name: Words | None
    english: Words | None
    thesis: Words | None
    english_thesis: Words | None
    term: str
    derived: bool
    date: str
    extent: str
    grade: str
    scale: str
    original: str
    depth: int
    gone: str
    fresh: bool
    by_hand: bool = False


@dataclass(frozen=True)
class Group:
    """A qualification (or another row with rows below it) and its rows, or with `title` the loose courses."""

    title: str
    rows: tuple[ResultRow, ...]


@dataclass(frozen=True)
class LeftOutRow:
    """A row of an answer that was not taken in."""

    code: str
    name: str
    reason: str


@dataclass(frozen=True)
class StudyRow:
    """A person's studies at one institution.

    `asked`: a fetch has told of it, it is not by hand alone. `version`: what a page that shows the row as it is says
    to prove it. `touched`: the page shows it otherwise or not at all; `fresh`: what is new in it came with its last
    fetch, and is to light up.
    """

    institution: int
    version: str
    name: str
    qualifications: str
    courses: str
    credits: str
    fetched: str
    changed: str
    changed_at: str
    groups: tuple[Group, ...]
    left_out: tuple[LeftOutRow, ...]
    note: str = ""
    created: str = ""
    last_changed: str = ""
    asked: bool = True
    touched: bool = True
    fresh: bool = False


def study_rows(
    studies: Iterable[ExternalStudy],
    changes: Mapping[int, Changes],
    zone: ZoneInfo,
    now: datetime,
    shown: frozenset[str] | None = None,
) -> tuple[StudyRow, ...]:
    """The rows of a person's studies, in their order; `changes` by study. `shown`: the versions that a page shows
    already, None when it is being opened: then nothing lights up."""
    return tuple(_study_row(study, changes.get(study.id, ()), zone, now, shown) for study in studies)


def _study_row(
    study: ExternalStudy, changes: Changes, zone: ZoneInfo, now: datetime, shown: frozenset[str] | None
) -> StudyRow:
    version = version_of(study)
    touched = shown is None or version not in shown
    fresh = shown is not None and touched and study.changed_at == study.fetched_at
    reported = [row.result.category for row in study.results if row.gone_at is None]
    credits = total(study.results)
    by_hand_last = study.edited_at is not None and (not study.fetched_at or study.edited_at > study.changed_at)
    return StudyRow(
        institution=study.institution,
        version=version,
        name=text_of(study.name),
        qualifications=_count(reported.count(Category.QUALIFICATION)),
        courses=_count(reported.count(Category.COURSE)),
        credits=number(credits) if credits is not None else "–",
        fetched=moment_of(study.fetched_at, zone, now) if study.fetched_at else "–",
        changed=gettext("for hånd") if by_hand_last else _change(changes),
        changed_at=moment_of(study.edited_at if by_hand_last and study.edited_at else study.changed_at, zone, now),
        groups=tuple(_groups(study, zone, study.changed_at if fresh else None)),
        left_out=left_out_rows(study.left_out),
        note=study.note,
        created=_created(study, zone),
        last_changed=_last_changed(study, zone),
        asked=study.fetched_at is not None,
        touched=touched,
        fresh=fresh,
    )


def version_of(study: ExternalStudy) -> str:
    """A short text that differs whenever the row was touched by a fetch or by hand."""
    at = max(study.changed_at, study.fetched_at or study.changed_at, study.edited_at or study.changed_at)
    return f"{study.id}-{round(at.timestamp() * 1000)}"


def _created(study: ExternalStudy, zone: ZoneInfo) -> str:
    """When the institution's row was made, and by whom where that is known."""
    if study.created_at is None:
        return ""
    when = f"{date_of(study.created_at, zone)} {time_of(study.created_at, zone)}"
    return gettext("%(when)s av %(who)s", when=when, who=study.created_by) if study.created_by else when


def _last_changed(study: ExternalStudy, zone: ZoneInfo) -> str:
    """When the institution's row last changed, and by whose hand or that it was by a fetch."""
    if study.edited_at is not None and (not study.fetched_at or study.edited_at > study.changed_at):
        when = f"{date_of(study.edited_at, zone)} {time_of(study.edited_at, zone)}"
        return gettext("%(when)s av %(who)s", when=when, who=study.edited_by)
    when = f"{date_of(study.changed_at, zone)} {time_of(study.changed_at, zone)}"
    return gettext("%(when)s ved henting", when=when)


def left_out_rows(rows: Iterable[LeftOut]) -> tuple[LeftOutRow, ...]:
    """Rows that were not taken in, with the reason in words."""
    return tuple(LeftOutRow(row.code or "", text_of(row.name), reason_name(row.reason)) for row in rows)


def _count(number: int) -> str:
    return str(number) if number else "–"


def _change(changes: Changes) -> str:
    """The latest change in a few words; a single new grade says from what to what."""
    if len(changes) == 1:
        grade = next((field for field in changes[0][1] if field.field == "grade"), None)
        if grade is not None:
            return f"{grade.before or '–'} → {grade.after or '–'}"
    kinds: dict[ChangeKind, int] = defaultdict(int)
    for kind, _ in changes:
        kinds[kind] += 1
    return changes_of(kinds)


def _groups(study: ExternalStudy, zone: ZoneInfo, fresh_since: datetime | None) -> Iterator[Group]:
    ids = {row.id for row in study.results}
    below: dict[int | None, list[StoredResult]] = defaultdict(list)
    for row in study.results:
        below[row.parent_id if row.parent_id in ids else None].append(row)
    loose: list[ResultRow] = []
    for top in below[None]:
        rows = tuple(_rows(top, below, zone, fresh_since, depth=0))
        if below.get(top.id) or top.result.category is Category.QUALIFICATION:
            yield Group("", rows)
        else:
            loose.extend(rows)
    if loose:
        yield Group(gettext("Enkeltemner"), tuple(loose))


def _rows(
    row: StoredResult,
    below: Mapping[int | None, Sequence[StoredResult]],
    zone: ZoneInfo,
    fresh_since: datetime | None,
    depth: int,
    around: str | None = None,
) -> Iterator[ResultRow]:
    """A result and all that is below it; `around` is the original institution that the row above has told."""
    original = row.original_institution
    fresh = fresh_since is not None and row.changed_at == fresh_since
    yield _result_row(row, zone, original if original != around else None, depth, fresh)
    for child in below.get(row.id, ()):
        yield from _rows(child, below, zone, fresh_since, depth + 1, original)


def _result_row(row: StoredResult, zone: ZoneInfo, original: str | None, depth: int, fresh: bool) -> ResultRow:
    result = row.result
    name, english = _both(result.name)
    thesis, english_thesis = _both(result.thesis_title)
    return ResultRow(
        id=row.id,
        category=category_name(result.category),
        code=result.code or "",
        version=result.version or "",
        url=result.url if (result.url or "").startswith(("https://", "http://")) else None,
        name=name,
        english=english,
        thesis=thesis,
        english_thesis=english_thesis,
        term=term_name(result.term) if result.term else "",
        derived=bool(result.term and result.term.derived),
        date=_date(result),
        extent=extent(result.credits, result.credit_scheme),
        grade=result.grade or "",
        scale=result.grading_scheme or "",
        original=original or "",
        depth=depth,
        gone=date_of(row.gone_at, zone) if row.gone_at else "",
        fresh=fresh,
        by_hand=row.by_hand,
    )


def _date(result: Result) -> str:
    """The date where it says more than the term: the day of a qualification, and what a derived term came from."""
    tells = result.category is Category.QUALIFICATION or result.term is None or result.term.derived
    return f"{result.date:%d.%m.%Y}" if result.date and tells else ""


def _both(text: Text) -> tuple[Words | None, Words | None]:
    """A text in its original language and in English; the second is None when it says the same."""
    others = [language for language in (*_ORIGINAL, *text) if language != "en" and text.get(language)]
    english = Words(text["en"], "en") if text.get("en") else None
    if not others:
        return english, None
    original = Words(text[others[0]], others[0] if others[0] != "nb" else None)
    return original, english if english and english.text != original.text else None
