"""What is said of the people who are asked about: decided first, kept in the trace, and then sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from webapp.provider.opt_outs import opted_out
from webapp.provider.shelf import Entry, Sharer, Shelf


class Said(StrEnum):
    """What is said of a person. OPTED_OUT is for the trace alone: the asker hears the same as NOTHING, since anything
    else would reveal that the person is known there."""

    FOUND = "found"
    NOTHING = "nothing"
    NO_CONSENT = "no-consent"
    OPTED_OUT = "opted-out"
    NOT_SHARED = "not-shared"
    NOT_ALLOWED = "not-allowed"


@dataclass(frozen=True)
class Decision:
    """What is said of one person, with what was found."""

    said: Said
    entry: Entry | None = None


def decisions(shelf: Shelf, sharer: Sharer, whom: Sequence[Sequence[str]]) -> list[Decision]:
    """What an institution that shares says of each of the people, who are known by their identity numbers."""
    numbers = [number for person in whom for number in person]
    entries = shelf.entries(sharer.number, numbers)
    silent = opted_out(shelf.db, sharer.number, numbers)
    return [_decision(sharer, entries, silent, person) for person in whom]


def _decision(sharer: Sharer, entries: dict[str, Entry], silent: frozenset[str], person: Sequence[str]) -> Decision:
    if not silent.isdisjoint(person):
        return Decision(Said.OPTED_OUT)
    # Current numbers stand before former ones.
    entry = next((entries[number] for number in person if number in entries), None)
    if entry is None:
        return Decision(Said.NOTHING)
    if sharer.requires_consent and not entry.consent:
        return Decision(Said.NO_CONSENT)
    return Decision(Said.FOUND, entry)
