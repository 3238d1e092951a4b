"""What a view says of itself for the trace: whom its answer is about, and what else is worth knowing.

The entry itself is left after the request (webapp.web.trace_keeping); what it says that was done is the door's
(webapp.web.trace_doors).
"""

from flask import g

from webapp.identity import mask


def about(*people: int) -> None:
    """Note that the answer is about these people, by their ids."""
    g.setdefault("traced_people", set()).update(people)


def told(**content: object) -> None:
    """Note what else is worth knowing: why, or what of it. Identity numbers in it are masked."""
    g.setdefault("traced_content", {}).update({key: mask(str(value)) for key, value in content.items()})


def noted() -> tuple[set[int], dict[str, str]]:
    """Whom the answer is about, and what else is worth knowing, as far as views have said."""
    return g.get("traced_people", set()), g.get("traced_content", {})
