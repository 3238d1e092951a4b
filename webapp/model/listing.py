"""What is wanted of a list, whatever it lists."""

from collections.abc import Mapping
from dataclasses import dataclass, field

#: How many rows a page may have.
PAGE_SIZES = (50, 500, 1000)
#: More hits than this ask to narrow the search; only the first of them are shown.
MOST_HITS = 1000


@dataclass(frozen=True)
class Listing:
    """Filters (key to value, checked already), the column to sort by, and which page, counted from 1."""

    sort: str
    descending: bool = False
    filters: Mapping[str, str] = field(default_factory=dict)
    rows: int = PAGE_SIZES[0]
    page: int = 1
