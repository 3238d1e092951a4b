"""Invitations to deliver from a portal, and the visits that students pay to portals with them."""

from sqlite_utils import Database

from webapp.store.schema.steps import migrations, run


@migrations()
def invitations(db: Database) -> None:
    """Of a link and of a session only the hash is kept (SHA-256, hexadecimal): whoever reads the database cannot
    deliver in somebody's place. `portal` and `outcome` are JSON, as model.Portal and model.VisitOutcome.
    """
    statements = (
        """CREATE TABLE invitations (
            id INTEGER PRIMARY KEY,
            person_id INTEGER NOT NULL REFERENCES people (id),
            source INTEGER NOT NULL,
            purpose TEXT NOT NULL,
            application TEXT REFERENCES applications (applicant_number),
            case_id INTEGER REFERENCES cases (id),
            token TEXT NOT NULL UNIQUE,
            made_at TEXT NOT NULL,
            made_by TEXT NOT NULL,
            expires_at TEXT NOT NULL,
            opened_at TEXT,
            withdrawn_at TEXT,
            withdrawn_by TEXT
        ) STRICT""",
        "CREATE INDEX invitations_by_person ON invitations (person_id, id)",
        """CREATE TABLE portal_visits (
            id INTEGER PRIMARY KEY,
            invitation_id INTEGER NOT NULL REFERENCES invitations (id),
            session TEXT NOT NULL UNIQUE,
            portal TEXT NOT NULL,
            begun_at TEXT NOT NULL,
            expires_at TEXT NOT NULL,
            returned_at TEXT,
            outcome TEXT
        ) STRICT""",
        "CREATE INDEX portal_visits_by_invitation ON portal_visits (invitation_id, id)",
    )
    run(db, *statements)
