"""Why an order was placed, on which legal text, and how a consent was withdrawn."""

from sqlite_utils import Database

from webapp.store.schema.steps import migrations, run


@migrations()
def reasons_and_legal_text(db: Database) -> None:
    """`reason`: what the caseworker said it is for; `basis_text`: the section of the act, or the text of the consent,
    that was in force when the order was placed. `consent_withdrawn_by` is who noted a withdrawal here, "" where it came
    with the application, and `consent_withdrawn_how` is how it reached us."""
    run(
        db,
        "ALTER TABLE orders ADD COLUMN reason TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE orders ADD COLUMN basis_text TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE applications ADD COLUMN consent_withdrawn_by TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE applications ADD COLUMN consent_withdrawn_how TEXT NOT NULL DEFAULT ''",
    )
