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


class TraceFault(StrEnum):
    """What can be wrong with the trace: an entry that was changed, or whose content, or whose people in the index were;
    one that lacks, or was put in; a content that went without an erasure; an end that was cut off or is another."""

    CHANGED = "changed"
    LACKING = "lacking"
    CHAIN = "chain"
    CONTENT_CHANGED = "content-changed"
    CONTENT_LACKING = "content-lacking"
    PEOPLE = "people"
    END = "end"


@dataclass(frozen=True)
class TraceHead:
    """How far the chain goes: the number of its last entry (0 when there is none) and that entry's hash."""

    number: int
    hash: str


@dataclass(frozen=True)
class TraceVerdict:
    """What a verification came to. `head`: how far the chain held; `fault` and `fault_at`: what was found first, and at
    which entry; None when nothing was."""

    head: TraceHead
    fault: TraceFault | None = None
    fault_at: int | None = None
