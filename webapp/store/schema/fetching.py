"""People and institutions, orders and what came of them, and Person eksternstudium."""

from sqlite_utils import Database

from webapp.store.schema.steps import migrations, run


@migrations()
def people_and_institutions(db: Database) -> None:
    """Who is asked about, and who is asked."""
    run(
        db,
        """CREATE TABLE institutions (
            number INTEGER PRIMARY KEY,
            names TEXT NOT NULL,
            schac TEXT,
            erasmus TEXT,
            merged_into INTEGER REFERENCES institutions (number)
        ) STRICT""",
        """CREATE TABLE people (
            id INTEGER PRIMARY KEY,
            given_names TEXT,
            family_name TEXT,
            birth_date TEXT,
            folded_name TEXT NOT NULL DEFAULT '',
            protected_address INTEGER NOT NULL DEFAULT 0,
            created_at TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX people_by_name ON people (folded_name)",
        "CREATE INDEX people_by_birth_date ON people (birth_date)",
        """CREATE TABLE person_identifiers (
            number TEXT PRIMARY KEY,
            person_id INTEGER NOT NULL REFERENCES people (id),
            kind TEXT NOT NULL,
            is_current INTEGER NOT NULL,
            registered_at TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX person_identifiers_by_person ON person_identifiers (person_id)",
        """CREATE TABLE admissions (
            code TEXT PRIMARY KEY,
            year INTEGER NOT NULL,
            season TEXT NOT NULL,
            type TEXT NOT NULL,
            name TEXT,
            processing_phase TEXT NOT NULL DEFAULT 'N',
            deadline TEXT
        ) STRICT""",
        """CREATE TABLE applications (
            applicant_number TEXT PRIMARY KEY,
            person_id INTEGER NOT NULL REFERENCES people (id),
            admission TEXT NOT NULL REFERENCES admissions (code),
            consent_given_at TEXT,
            consent_withdrawn_at TEXT
        ) STRICT""",
        "CREATE INDEX applications_by_person ON applications (person_id)",
    )


@migrations()
def orders_and_fetches(db: Database) -> None:
    """What was asked, of whom, and what came back."""
    run(
        db,
        """CREATE TABLE orders (
            id INTEGER PRIMARY KEY,
            purpose TEXT NOT NULL,
            basis TEXT NOT NULL,
            placed_at TEXT NOT NULL,
            placed_by TEXT NOT NULL,
            placed_from TEXT NOT NULL,
            state TEXT NOT NULL,
            opened_at TEXT NOT NULL,
            finished_at TEXT
        ) STRICT""",
        "CREATE INDEX orders_open ON orders (state) WHERE state = 'open'",
        """CREATE TABLE order_people (
            order_id INTEGER NOT NULL REFERENCES orders (id),
            person_id INTEGER NOT NULL REFERENCES people (id),
            application TEXT REFERENCES applications (applicant_number),
            left_out TEXT,
            PRIMARY KEY (order_id, person_id)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX order_people_by_person ON order_people (person_id)",
        """CREATE TABLE fetches (
            id INTEGER PRIMARY KEY,
            order_id INTEGER NOT NULL REFERENCES orders (id),
            institution INTEGER NOT NULL REFERENCES institutions (number),
            state TEXT NOT NULL,
            claimant TEXT,
            attempts INTEGER NOT NULL DEFAULT 0,
            started_at TEXT,
            finished_at TEXT,
            retry_at TEXT
        ) STRICT""",
        "CREATE INDEX fetches_by_order ON fetches (order_id, state)",
        "CREATE INDEX fetches_running ON fetches (claimant) WHERE state = 'running'",
        "CREATE INDEX fetches_to_retry ON fetches (retry_at) WHERE retry_at IS NOT NULL",
        """CREATE TABLE payloads (
            hash TEXT PRIMARY KEY,
            body BLOB NOT NULL,
            size INTEGER NOT NULL,
            stored_at TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE answers (
            fetch_id INTEGER NOT NULL REFERENCES fetches (id),
            person_id INTEGER NOT NULL REFERENCES people (id),
            outcome TEXT NOT NULL,
            results INTEGER NOT NULL DEFAULT 0,
            changes INTEGER NOT NULL DEFAULT 0,
            failure TEXT,
            cause TEXT,
            left_out TEXT NOT NULL DEFAULT '[]',
            findings TEXT NOT NULL DEFAULT '[]',
            payload TEXT REFERENCES payloads (hash),
            seconds REAL NOT NULL,
            answered_at TEXT NOT NULL,
            decision TEXT,
            PRIMARY KEY (fetch_id, person_id)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX answers_by_person ON answers (person_id)",
    )


@migrations()
def external_studies(db: Database) -> None:
    """Person eksternstudium: what the institutions stand behind, and how it came to change."""
    run(
        db,
        """CREATE TABLE external_studies (
            id INTEGER PRIMARY KEY,
            person_id INTEGER NOT NULL REFERENCES people (id),
            institution INTEGER NOT NULL REFERENCES institutions (number),
            etag TEXT,
            created_at TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            fetched_at TEXT,
            UNIQUE (person_id, institution)
        ) STRICT""",
        """CREATE TABLE external_results (
            id INTEGER PRIMARY KEY,
            study_id INTEGER NOT NULL REFERENCES external_studies (id),
            source INTEGER REFERENCES institutions (number),
            key TEXT NOT NULL,
            ordinal INTEGER NOT NULL,
            parent_id INTEGER REFERENCES external_results (id),
            position INTEGER NOT NULL,
            category TEXT NOT NULL,
            code TEXT,
            version TEXT,
            names TEXT NOT NULL,
            thesis_titles TEXT NOT NULL,
            term_year INTEGER,
            term_season TEXT,
            term_derived INTEGER,
            date TEXT,
            credits TEXT,
            credit_scheme TEXT,
            grade TEXT,
            grading_scheme TEXT,
            level_scheme TEXT,
            level TEXT,
            nus TEXT,
            url TEXT,
            source_key TEXT,
            original_institution TEXT,
            created_at TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            gone_at TEXT,
            UNIQUE (study_id, source, key, ordinal)
        ) STRICT""",
        "CREATE INDEX external_results_by_parent ON external_results (parent_id)",
        """CREATE TABLE result_changes (
            id INTEGER PRIMARY KEY,
            result_id INTEGER NOT NULL REFERENCES external_results (id),
            person_id INTEGER NOT NULL REFERENCES people (id),
            fetch_id INTEGER REFERENCES fetches (id),
            kind TEXT NOT NULL,
            fields TEXT NOT NULL,
            changed_at TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX result_changes_by_person ON result_changes (person_id, changed_at)",
        "CREATE INDEX result_changes_by_result ON result_changes (result_id)",
        "CREATE INDEX result_changes_by_fetch ON result_changes (fetch_id)",
    )
