"""What was done to a source, by whom."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from webapp.model.study import FieldChange


class SourceChangeKind(StrEnum):
    """What was done. TRIED: somebody asked it about a person, out of all orders."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    OFF = "off"
    ON = "on"
    TRIED = "tried"


@dataclass(frozen=True)
class SourceChange:
    """What was done to the source of an institution. `fields`: which settings, named as in sources.toml, before and
    after; of OFF and ON, `from`, `until` (ISO 8601, local where there is no zone) and `reason` of the time."""

    institution: int
    changed_at: datetime
    changed_by: str
    kind: SourceChangeKind
    fields: tuple[FieldChange, ...] = ()
