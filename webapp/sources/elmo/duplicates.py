"""The same attempt told twice in one study: below its degree and loose beside it, as Finnish files do."""

from dataclasses import replace
from typing import Any

from lxml.etree import _Element

from webapp.model import Result

#: A result with what is below it, as values that can be compared and hashed.
_Branch = tuple[Any, ...]


def without_duplicates(
    rows: list[tuple[Result, _Element]],
) -> tuple[tuple[Result, ...], list[_Element]]:
    """The results without those at the top that also stand, with all that is below them, inside another.

    Returns the results, their parents counted anew, and the elements of the tops that were dropped.
    """
    if not _may_hold_some(rows):
        return tuple(result for result, _ in rows), []
    branches = _branches([result for result, _ in rows])
    nested = {branches[i] for i, (result, _) in enumerate(rows) if result.parent is not None}
    places: dict[int, int] = {}
    kept: list[Result] = []
    dropped: list[_Element] = []
    for i, (result, element) in enumerate(rows):
        if result.parent is None and branches[i] in nested:
            dropped.append(element)
        elif result.parent is None or result.parent in places:
            places[i] = len(kept)
            kept.append(_moved(result, places))
    return tuple(kept), dropped


def _may_hold_some(rows: list[tuple[Result, _Element]]) -> bool:
    """Whether a result at the top shares key or code with one inside another: in most documents none does."""
    at_top: set[str | None] = set()
    inside: set[str | None] = set()
    for result, _ in rows:
        (at_top if result.parent is None else inside).add(result.source_key or result.code)
    return not at_top.isdisjoint(inside)


def _moved(result: Result, places: dict[int, int]) -> Result:
    if result.parent is None or places[result.parent] == result.parent:
        return result
    return replace(result, parent=places[result.parent])


def _branches(results: list[Result]) -> list[_Branch]:
    below: list[list[_Branch]] = [[] for _ in results]
    branches: list[_Branch] = [()] * len(results)
    for i in range(len(results) - 1, -1, -1):
        branches[i] = (_identity(results[i]), *reversed(below[i]))
        if (parent := results[i].parent) is not None:
            below[parent].append(branches[i])
    return branches


def _identity(result: Result) -> _Branch:
    """The source's own key of the record where it has one, else all that is said of the attempt."""
    if result.source_key is not None:
        return (result.source_key,)
    return (
        result.category,
        result.code,
        result.version,
        tuple(sorted(result.name.items())),
        result.term,
        result.date,
        result.credits,
        result.grade,
    )
