"""What the same few short texts mean, that stand in every document: types, languages and terms."""

from collections.abc import Callable
from typing import TypeVar

_Text = TypeVar("_Text", str, str | None)
_Meaning = TypeVar("_Meaning")

#: Longer texts are understood anew each time: what a hostile document holds shall not stay in memory.
LONGEST = 100
MOST = 1024


def remembered(read: Callable[[_Text], _Meaning]) -> Callable[[_Text], _Meaning]:
    """A function of a text alone, that keeps what short texts meant."""
    return _Kept(read).__getitem__


class _Kept(dict[_Text, _Meaning]):
    """What texts meant. A dictionary is looked up in at a third of the cost of an lru_cache behind a function of ours;
    a full one is emptied, so that what a hostile document left there is gone too."""

    def __init__(self, read: Callable[[_Text], _Meaning]) -> None:
        super().__init__()
        self._read: Callable[[_Text], _Meaning] = read

    def __missing__(self, text: _Text) -> _Meaning:
        meaning = self._read(text)
        if text is None or len(text) <= LONGEST:
            if len(self) >= MOST:
                self.clear()
            self[text] = meaning
        return meaning
