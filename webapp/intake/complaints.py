"""What is wrong with what comes in: gathered cell by cell, and shown to whoever can put it right."""

import re
from collections.abc import Callable
from typing import TypeVar

from webapp.errors import Refusal
from webapp.model import Complaint

#: So many complaints are kept, the first by line; the rest are counted.
MOST_SHOWN = 1000
T = TypeVar("T")


class NotTakenIn(Refusal):
    """A record that cannot be taken in. Its sentence is that of the first complaint; `complaints` has them all."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        super().__init__(complaints[0].sentence, **complaints[0].values)
        self.complaints = complaints


class Complaints:
    """The complaints of one import, in memory that does not grow with their number."""

    def __init__(self) -> None:
        self.count = 0
        self._kept: list[Complaint] = []

    def add(self, complaint: Complaint) -> None:
        """Count a complaint, and keep it if it is among the first."""
        self.count += 1
        self._kept.append(complaint)
        if len(self._kept) >= 2 * MOST_SHOWN:
            self._kept = list(self.first())

    def refuse(self, refusal: Refusal, line: int = 0, field: str = "") -> None:
        """Add what a refusal says."""
        self.add(Complaint(line, field, refusal.sentence, refusal.values))

    def first(self) -> tuple[Complaint, ...]:
        """The first of them by line."""
        return tuple(sorted(self._kept, key=lambda complaint: complaint.line)[:MOST_SHOWN])

    def cell(self, line: int, field: str, check: Callable[[str], T], text: str | None) -> T | None:
        """What `check` makes of a cell; None where there is none, or where the check refuses it."""
        if text is None:
            return None
        try:
            return check(text)
        except Refusal as refusal:
            self.refuse(refusal, line, field)
            return None


def quoted(text: str) -> str:
    """Something of a file as it may be repeated: short, and never what could be an identity number."""
    if len(re.sub(r"\D", "", text)) > 8:
        return "…"
    text = re.sub(r"[^\w\s.:+/-]", "?", text.strip())
    return text if len(text) <= 40 else f"{text[:40]}…"
