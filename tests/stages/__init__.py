"""Where the contract of the protocols is played: a source of each protocol, and the world behind it.

Each module of this package is one protocol's stage, with a function `stage(folder)` that opens it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Self

from webapp.errors import SourceFailure
from webapp.model import Outcome, Question, Reply, Transcript
from webapp.sources.catalogue import Source

#: How long a source in trouble is waited for, in seconds.
PATIENCE = 0.8


class Trouble(StrEnum):
    """What can be wrong with a source."""

    GONE = "gone"
    SILENT = "silent"
    DRIPPING = "dripping"
    RUBBISH = "rubbish"
    CUT_OFF = "cut off"
    TOO_LARGE = "too large"
    UNSAFE = "unsafe"
    REFUSED = "refused"
    OVERLOADED = "overloaded"
    BROKEN = "broken"


class Stage(ABC):
    """UiO as a source of one protocol, opened by the catalogue, with a limit of PATIENCE seconds.

    `failures`: what each trouble must end in, where that is another than the contract's own list says; there must be a
    reason beside it. `nothing`: what is said of somebody about whom the world behind holds nothing.
    """

    source: Source
    failures: Mapping[Trouble, frozenset[SourceFailure]] = MappingProxyType({})
    nothing: Outcome = Outcome.NOTHING

    @abstractmethod
    def holds(self, *transcripts: Transcript) -> None:
        """From now on the world behind holds these and nothing else, each under all numbers of its learner."""

    @abstractmethod
    def spoil(self, number: str) -> None:
        """What is held about the person with this number cannot be understood any more; all else can."""

    @abstractmethod
    def suffer(self, trouble: Trouble | None) -> None:
        """From now on this trouble is there; None: it is over."""

    @abstractmethod
    def close(self) -> None:
        """The world behind ends, and the source is closed."""

    def ask(self, question: Question) -> Reply:
        """Ask as an order does."""
        return self.source.look_up(question)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


#: The stage of each protocol, by the module's name.
STAGES: dict[str, Callable[[Path], Stage]] = {
    module.name: import_module(f"{__name__}.{module.name}").stage for module in iter_modules(__path__)
}
