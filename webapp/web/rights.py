"""Who may do what; asked at the door."""

from flask import abort


def may_see_answers() -> bool:
    """Whether the reader may see answers as they came, which tell more than was taken in. Until there is a sign-in,
    whoever reaches the screens is the only user of the machine, and may."""
    return True


def demand_answers() -> None:
    """Turn away, with 403, a reader who may not see answers as they came."""
    if not may_see_answers():
        abort(403)
