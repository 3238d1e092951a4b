"""Consents that were withdrawn, found quickly."""

from sqlite_utils import Database

from webapp.store.schema.steps import migrations, run


@migrations()
def withdrawn_consents(db: Database) -> None:
    """They are few: a run looks for them before each question."""
    run(
        db,
        """CREATE INDEX applications_withdrawn ON applications (person_id, consent_withdrawn_at)
        WHERE consent_withdrawn_at IS NOT NULL""",
    )
