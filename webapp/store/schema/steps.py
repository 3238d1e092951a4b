"""The migrations of the one database, to which each module of this folder adds its steps."""

from collections.abc import Collection

from sqlite_utils import Database, Migrations

migrations = Migrations("eksternstudium")


def run(db: Database, *statements: str) -> None:
    """Run the statements of a step."""
    for statement in statements:
        db.execute(statement)


def names() -> list[str]:
    """The steps in their order: all that an empty database lacks."""
    return [step.name for step in migrations.pending(Database(memory=True))]


def taken(db: Database) -> tuple[str, ...]:
    """The steps that a database has taken, in that order."""
    return tuple(step.name for step in migrations.applied(db))


def unknown(steps: Collection[str]) -> list[str]:
    """Those of some steps that this program does not know: a newer one has taken them."""
    return sorted(set(steps) - set(names()))


def is_ours(steps: Collection[str]) -> bool:
    """Whether these are the steps of this program, all of them and no other."""
    return set(steps) == set(names())
