"""The trace: who did what about whom, when and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Act(StrEnum):
    """What was done."""

    LOOKED = "looked"
    SEARCHED = "searched"
    NUMBER_SHOWN = "number-shown"
    ORDERED = "ordered"
    CHANGED = "changed"
    EXPORTED = "exported"
    PRINTED = "printed"
    ADMINISTERED = "administered"
    ERASED = "erased"
    SIGNED_IN = "signed-in"
    SIGNED_OUT = "signed-out"
    REFUSED = "refused"


@dataclass(frozen=True)
class TraceEntry:
    """One entry. `door`: the endpoint or command that was used; `people`: the ids of those whom it was about;
    `content`: why, and what else is worth knowing, never an identity number. The content goes when a person is erased,
    the rest stays."""

    at: datetime
    by: str
    act: Act
    door: str
    people: tuple[int, ...] = ()
    content: Mapping[str, str] = field(default_factory=dict)
