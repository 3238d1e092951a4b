"""The migrations of the one database, to which each module of this folder adds its steps."""

from sqlite_utils import Database, Migrations

migrations = Migrations("eksternstudium")


def run(db: Database, *statements: str) -> None:
    """Run the statements of a step."""
    for statement in statements:
        db.execute(statement)


def names() -> list[str]:
    """The steps in their order: all that an empty database lacks."""
    return [step.name for step in migrations.pending(Database(memory=True))]


def is_ours(db: Database) -> bool:
    """Whether a database has taken the steps of this program, all of them and no other."""
    return {step.name for step in migrations.applied(db)} == set(names())
