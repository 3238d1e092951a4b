"""What the same few short texts mean, that stand in every document: types, languages and terms."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

_Text = TypeVar("_Text", str, str | None)
_Meaning = TypeVar("_Meaning")

#: Longer texts are understood anew each time: what a hostile document holds shall not stay in memory.
LONGEST = 64
MOST = 1024


def remembered(read: Callable[[_Text], _Meaning]) -> Callable[[_Text], _Meaning]:
    """A function of a text alone, that keeps what the latest short texts meant."""
    kept = lru_cache(maxsize=MOST)(read)

    @wraps(read)
    def reading(text: _Text) -> _Meaning:
        return kept(text) if text is None or len(text) <= LONGEST else read(text)

    return reading
