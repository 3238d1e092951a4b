"""Chance that falls out the same each time."""

from random import Random


def chance(*what: object) -> Random:
    """A generator that depends on `what` alone: seeded with text, it is the same in every process."""
    return Random(" ".join(map(str, what)))  # noqa: S311  # for a demonstration, nothing is kept secret by it
