"""Rights within a page, beside that of its door."""

from webapp.model import Right
from webapp.web.access import NotAllowed
from webapp.web.current import may
from webapp.web.doors import DOORS


def opens(endpoint: str) -> bool:
    """Whether the door of an endpoint opens for the reader: what leads to one that does not is not shown."""
    right = DOORS.get(endpoint)
    return right is Right.OPEN or (right is not None and may(right))


def may_see_answers() -> bool:
    """Whether the reader may see answers as they came, which tell more than was taken in."""
    return may(Right.WORK)


def demand_answers() -> None:
    """Turn away, with 403, a reader who may not see answers as they came."""
    if not may_see_answers():
        raise NotAllowed
