"""Person eksternstudium: results as they are kept, and how they come to change."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from webapp.model.transcript import LeftOut, Result, Text


class ChangeKind(StrEnum):
    """What became of a result. By a merge: NEW, CHANGED, GONE (no longer reported) and BACK (reported again); by a
    caseworker's hand: WRITTEN, EDITED and REMOVED."""

    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"
    BACK = "back"
    WRITTEN = "written"
    EDITED = "edited"
    REMOVED = "removed"


@dataclass(frozen=True)
class FieldChange:
    """One field of a result before and after, as text; None is absent."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Cause:
    """Why results changed: the caseworker who ordered the fetch or wrote the row, the fetch, and the notice that
    tells of it. A change by hand has neither of the latter two."""

    by: str
    fetch_id: int | None = None
    notice_id: int | None = None


@dataclass(frozen=True)
class StoredResult:
    """A result as a row of Person eksternstudium.

    `result.parent` is None here; `parent_id` names the row that it belongs to, `parent_key` that row's key.
    `original_institution`: the issuer's name where it is another than the row's institution, as after a merger.
    `gone_at`: since when the source no longer reports it, or when a row by hand was removed.
    `by_hand`: a caseworker wrote it; all others are read-only.
    """

    id: int
    institution: int
    key: str
    ordinal: int
    position: int
    result: Result
    parent_id: int | None = None
    parent_key: str | None = None
    original_institution: str | None = None
    changed_at: datetime | None = None
    gone_at: datetime | None = None
    by_hand: bool = False


@dataclass(frozen=True)
class RowByHand:
    """A row as a caseworker writes it. `parent_id`: the qualification at the same institution that it belongs to."""

    institution: int
    result: Result
    parent_id: int | None = None


@dataclass(frozen=True)
class ExternalStudy:
    """One row of Person eksternstudium: a person and an institution, with its results in document order.

    `fetched_at`: when the institution last answered; `changed_at`: when a fetch last changed something.
    `edited_at` and `edited_by`: when a caseworker last wrote a row or the note, and who.
    """

    id: int
    institution: int
    name: Text
    fetched_at: datetime | None
    changed_at: datetime
    results: tuple[StoredResult, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    note: str = ""
    created_at: datetime | None = None
    created_by: str | None = None
    edited_at: datetime | None = None
    edited_by: str | None = None
