"""Merging: old rows and a new transcript in, changes out; no clock and no database."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from webapp.model import ChangeKind, FieldChange, Result, StoredResult, Term, Text
from webapp.names import fold
from webapp.sources.elmo.terms import term_of_completion


@dataclass(slots=True)
class Incoming:
    """A result of a transcript on its way in.

    `institution`: the number of the institution under which it is shown. `parent`: the position, in the same
    sequence, of the row that it belongs to; always an earlier one. `original_institution` as in StoredResult. `key`:
    what makes it the same result from fetch to fetch, below its institution and source.
    """

    institution: int
    result: Result
    parent: int | None = None
    original_institution: str | None = None
    key: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        self.key = _key(self.result)


def _key(result: Result) -> str:
    """The source's own key where it gives one; else category, code without version (or the name) and term or date.
    ELMO has no record key that all sources keep stable."""
    if result.source_key:
        return f"{result.category.value}|{result.source_key}"
    return f"{_what(result)}|{_time(result.term, result.date)}"


def natural_key(result: Result) -> str:
    """What makes it the same result whoever tells of it: category, code without version (or the name) and half of a
    year, since one tells a date where another tells the term."""
    term = result.term or (term_of_completion(result.date) if result.date else None)
    return f"{_what(result)}|{_time(term, result.date)}"


class Match(NamedTuple):
    """What becomes of one incoming result; `known` is its row, None for a new one; `kind` None is unchanged."""

    incoming: Incoming
    known: StoredResult | None
    kind: ChangeKind | None
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True)
class Merge:
    """The outcome: a match for each incoming result in its order, and the rows that are no longer reported."""

    matches: tuple[Match, ...]
    gone: tuple[StoredResult, ...]

    @property
    def changes(self) -> int:
        """How many results are new, changed, gone or back."""
        return sum(match.kind is not None for match in self.matches) + len(self.gone)


def merge(known: Sequence[StoredResult], incoming: Sequence[Incoming], *, is_selection: bool = False) -> Merge:
    """Compare what a source says now with the rows that stand from it.

    `known`: all rows of one person from one source, those no longer reported too. Nothing is ever deleted.
    `is_selection`: the student chose what is told, so that what is left out is not gone, a qualification above a course
    neither.
    """
    if not known:
        return Merge(tuple(Match(item, None, ChangeKind.NEW) for item in incoming), ())
    comparing = _Comparing(known, incoming, is_selection)
    pairs = comparing.pairs()
    matches = tuple(comparing.match(position, pairs.get(position)) for position in range(len(incoming)))
    kept = {row.id for row in pairs.values()}
    gone = [] if is_selection else [row for row in known if row.id not in kept and row.gone_at is None]
    return Merge(matches, tuple(gone))


class _Comparing:
    """The rows that stand, beside what is told now."""

    def __init__(self, known: Sequence[StoredResult], incoming: Sequence[Incoming], is_selection: bool) -> None:
        self._known = sorted(known, key=lambda row: (row.gone_at is not None, row.ordinal))
        self._incoming = incoming
        self._is_selection = is_selection
        self._natural = {row.id: natural_key(row.result) for row in known}
        self._by_id = {row.id: row for row in known}

    def pairs(self) -> dict[int, StoredResult]:
        """Which row each incoming result is, by position. Those with the same key first. Of what is left, an
        institution that is asked in another way than before, or whose results were brought, tells the same results
        with keys of its own or without: those are paired by what they are, where not both have keys that differ."""
        pairs = self._paired(range(len(self._incoming)), self._known, lambda item: item.key, lambda row: row.key)
        taken = {row.id for row in pairs.values()}
        left = [position for position in range(len(self._incoming)) if position not in pairs]
        for has_key in (True, False):
            some = [position for position in left if bool(self._incoming[position].result.source_key) is has_key]
            rows = [row for row in self._known if row.id not in taken and not (has_key and row.result.source_key)]
            more = self._paired(some, rows, lambda item: natural_key(item.result), lambda row: self._natural[row.id])
            taken |= {row.id for row in more.values()}
            pairs |= more
        return pairs

    def _paired(
        self,
        positions: Iterable[int],
        rows: Iterable[StoredResult],
        key_of: Callable[[Incoming], str],
        row_key: Callable[[StoredResult], str],
    ) -> dict[int, StoredResult]:
        """Several may share a key, as two attempts in one term do: those with the same meaning belong together, the
        rest are paired in their order."""
        by_key: dict[tuple[int, str], list[StoredResult]] = defaultdict(list)
        for row in rows:
            by_key[row.institution, row_key(row)].append(row)
        waiting: list[int] = []
        pairs: dict[int, StoredResult] = {}
        for position in positions:
            item = self._incoming[position]
            candidates = by_key[item.institution, key_of(item)]
            same = next((row for row in candidates if not self._differences(row, position)), None)
            if same is None:
                waiting.append(position)
            else:
                candidates.remove(same)
                pairs[position] = same
        for position in waiting:
            item = self._incoming[position]
            if candidates := by_key[item.institution, key_of(item)]:
                pairs[position] = candidates.pop(0)
        return pairs

    def match(self, position: int, row: StoredResult | None) -> Match:
        """What becomes of an incoming result, whose row this is."""
        item = self._incoming[position]
        if row is None:
            return Match(item, None, ChangeKind.NEW)
        fields = self._differences(row, position)
        if row.gone_at is not None:
            return Match(item, row, ChangeKind.BACK, fields)
        return Match(item, row, ChangeKind.CHANGED if fields else None, fields)

    def _differences(self, row: StoredResult, position: int) -> tuple[FieldChange, ...]:
        item = self._incoming[position]
        fields = changed_fields(row.result, item.result)
        above = self._incoming[item.parent] if item.parent is not None else None
        if not self._is_below(row, above):
            fields.append(FieldChange("parent", row.parent_key, above.key if above else None))
        if row.original_institution != item.original_institution:
            fields.append(FieldChange("original_institution", row.original_institution, item.original_institution))
        return tuple(fields)

    def _is_below(self, row: StoredResult, above: Incoming | None) -> bool:
        """Whether a row stands below this already, or below nothing as it should."""
        if above is None:
            return row.parent_key is None or self._is_selection
        if row.parent_key == above.key:
            return True
        parent = self._by_id.get(row.parent_id or 0)
        both = parent is not None and bool(parent.result.source_key) and bool(above.result.source_key)
        return parent is not None and not both and self._natural[parent.id] == natural_key(above.result)


def changed_fields(before: Result, after: Result) -> list[FieldChange]:
    """In which of the fields that mean something two results differ, in the order of the screen."""
    return [
        FieldChange(name, _shown(read(before)), _shown(read(after)))
        for name, read in _MEANING.items()
        if read(before) != read(after)
    ]


#: The fields that mean something to a caseworker; timestamps, distributions and attachments do not.
_MEANING: dict[str, Callable[[Result], object]] = {
    "category": lambda result: result.category,
    "code": lambda result: result.code,
    "version": lambda result: result.version,
    "name": lambda result: dict(result.name),
    "thesis_title": lambda result: dict(result.thesis_title),
    "term": lambda result: (result.term.year, result.term.season) if result.term else None,
    "date": lambda result: result.date,
    "credits": lambda result: result.credits,
    "credit_scheme": lambda result: result.credit_scheme.casefold() if result.credit_scheme else None,
    "grade": lambda result: result.grade,
    "grading_scheme": lambda result: result.grading_scheme,
    "level": lambda result: (result.level.scheme, result.level.value) if result.level else None,
    "nus": lambda result: result.nus,
}


def _shown(value: object) -> str | None:
    if value is None or value == {}:
        return None
    if isinstance(value, dict):
        return _text(value)
    if isinstance(value, tuple):
        return " ".join(str(part) for part in value)
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _text(text: Text) -> str:
    return " / ".join(text[language] for language in sorted(text))


def _what(result: Result) -> str:
    what = result.code or fold(next(iter(result.name.values()), ""))
    return f"{result.category.value}|{what}"


def _time(term: Term | None, day: date | None) -> str:
    if term:
        return f"{term.year}-{term.season.value}"
    return day.isoformat() if day else ""
