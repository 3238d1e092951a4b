"""Person eksternstudium: results as they are kept, and how they come to change."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from webapp.model.transcript import LeftOut, Result, Text


class ChangeKind(StrEnum):
    """What a merge did to a result. BACK: it was no longer reported and now is again."""

    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"
    BACK = "back"


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
    `gone_at`: since when the source no longer reports it.
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


@dataclass(frozen=True)
class ExternalStudy:
    """One row of Person eksternstudium: a person and an institution, with its results in document order."""

    id: int
    institution: int
    name: Text
    fetched_at: datetime | None
    changed_at: datetime
    results: tuple[StoredResult, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
