"""Overlap: the same course more than once in a case, which a caseworker must know of before it is counted twice."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from anyascii import anyascii

from webapp.model import Category, StoredResult

_BETWEEN_WORDS = re.compile(r"[^a-z0-9]+")


def overlaps(rows: Iterable[StoredResult], ticked: Collection[int]) -> Mapping[int, frozenset[int]]:
    """The ticked courses that look like another ticked one, and which: the same code, or the same name in one of the
    languages. Whether they are the same is for the caseworker to say."""
    alike: dict[tuple[str, str], set[int]] = defaultdict(set)
    for row in rows:
        if row.id in ticked and row.result.category is Category.COURSE:
            for mark in _marks(row):
                alike[mark].add(row.id)
    found: dict[int, set[int]] = defaultdict(set)
    for ids in alike.values():
        for id in ids:
            found[id] |= ids - {id}
    return {id: frozenset(others) for id, others in found.items() if others}


def _marks(row: StoredResult) -> Iterable[tuple[str, str]]:
    """What a course is recognised by. Digits stay in its name: Fysikk 1 is not Fysikk 2."""
    written = [("code", row.result.code or ""), *(("name", name) for name in row.result.name.values())]
    for kind, text in written:
        if folded := _BETWEEN_WORDS.sub(" ", anyascii(text).lower()).strip():
            yield kind, folded.replace(" ", "") if kind == "code" else folded
