"""Merging: old rows and a new transcript in, changes out; no clock and no database."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from webapp.model import ChangeKind, FieldChange, Result, StoredResult, Text
from webapp.names import fold


@dataclass(frozen=True)
class Incoming:
    """A result of a transcript on its way in.

    `institution`: the number of the institution under which it is shown. `parent`: the position, in the same
    sequence, of the row that it belongs to; always an earlier one. `original_institution` as in StoredResult.
    """

    institution: int
    result: Result
    parent: int | None = None
    original_institution: str | None = None

    @property
    def key(self) -> str:
        """What makes it the same result from fetch to fetch, below its institution and source.

        The source's own key where it gives one; else category, code without version (or the name) and term or
        date. ELMO has no record key that all sources keep stable.
        """
        if self.result.source_key:
            return f"{self.result.category}|{self.result.source_key}"
        name = next(iter(self.result.name.values()), "")
        return f"{self.result.category}|{self.result.code or fold(name)}|{_time(self.result)}"


@dataclass(frozen=True)
class Match:
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


def merge(known: Sequence[StoredResult], incoming: Sequence[Incoming]) -> Merge:
    """Compare what a source says now with the rows that stand from it.

    `known`: all rows of one person from one source, those no longer reported too. Nothing is ever deleted.
    """
    pairs = _pair(known, incoming)
    matches = tuple(_match(pairs.get(position), incoming, position) for position in range(len(incoming)))
    kept = {row.id for row in pairs.values()}
    return Merge(matches, tuple(row for row in known if row.id not in kept and row.gone_at is None))


def _pair(known: Sequence[StoredResult], incoming: Sequence[Incoming]) -> dict[int, StoredResult]:
    """Which row each incoming result is, by position. Several may share a key, as two attempts in one term do:
    those with the same meaning belong together, the rest are paired in their order."""
    rows: dict[tuple[int, str], list[StoredResult]] = defaultdict(list)
    for row in sorted(known, key=lambda row: (row.gone_at is not None, row.ordinal)):
        rows[row.institution, row.key].append(row)
    waiting: list[int] = []
    pairs: dict[int, StoredResult] = {}
    for position, item in enumerate(incoming):
        candidates = rows[item.institution, item.key]
        same = next((row for row in candidates if not _differences(row, incoming, position)), None)
        if same is None:
            waiting.append(position)
        else:
            candidates.remove(same)
            pairs[position] = same
    for position in waiting:
        candidates = rows[incoming[position].institution, incoming[position].key]
        if candidates:
            pairs[position] = candidates.pop(0)
    return pairs


def _match(row: StoredResult | None, incoming: Sequence[Incoming], position: int) -> Match:
    if row is None:
        return Match(incoming[position], None, ChangeKind.NEW)
    fields = _differences(row, incoming, position)
    if row.gone_at is not None:
        return Match(incoming[position], row, ChangeKind.BACK, fields)
    return Match(incoming[position], row, ChangeKind.CHANGED if fields else None, fields)


def _differences(row: StoredResult, incoming: Sequence[Incoming], position: int) -> tuple[FieldChange, ...]:
    item = incoming[position]
    fields = changed_fields(row.result, item.result)
    parent_key = incoming[item.parent].key if item.parent is not None else None
    if row.parent_key != parent_key:
        fields.append(FieldChange("parent", row.parent_key, parent_key))
    if row.original_institution != item.original_institution:
        fields.append(FieldChange("original_institution", row.original_institution, item.original_institution))
    return tuple(fields)


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


def _time(result: Result) -> str:
    if result.term:
        return f"{result.term.year}-{result.term.season}"
    return result.date.isoformat() if result.date else ""
