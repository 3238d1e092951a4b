"""What a caseworker works in: applications and cases, notices and rows by hand, files on their way in."""

from sqlite_utils import Database

from webapp.store.schema.steps import migrations, run


@migrations()
def applications_and_cases(db: Database) -> None:
    """What the job is ordered from: applications with their alternatives, and recognition cases.

    `folded_name` is the person's, kept by a trigger, so that a list of 120,000 is one table with an index for each
    order. `fetched_at` and `result_changed_at` are when an order about the person last ended and a notice was raised.
    """
    run(
        db,
        "ALTER TABLE applications ADD COLUMN folded_name TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE applications ADD COLUMN unhandled INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE applications ADD COLUMN fetched_at TEXT",
        "ALTER TABLE applications ADD COLUMN result_changed_at TEXT",
        "ALTER TABLE applications ADD COLUMN finished_at TEXT",
        "ALTER TABLE applications ADD COLUMN finished_by TEXT",
        "UPDATE applications SET folded_name = (SELECT folded_name FROM people WHERE people.id = person_id)",
        *(
            # The name stands in each, so that a filter on it reads the index alone.
            f"CREATE INDEX applications_by_{column} ON applications ({column}, applicant_number, folded_name)"
            for column in ("admission", "unhandled", "consent_given_at", "fetched_at", "result_changed_at")
        ),
        "CREATE INDEX applications_by_folded_name ON applications (folded_name, applicant_number)",
        """CREATE TABLE application_alternatives (
            application TEXT NOT NULL REFERENCES applications (applicant_number),
            priority INTEGER NOT NULL,
            code TEXT NOT NULL,
            name TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (application, priority)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE cases (
            id INTEGER PRIMARY KEY,
            person_id INTEGER NOT NULL REFERENCES people (id),
            folded_name TEXT NOT NULL DEFAULT '',
            type TEXT NOT NULL,
            status TEXT NOT NULL,
            applied_on TEXT NOT NULL,
            place TEXT NOT NULL DEFAULT '',
            responsible TEXT NOT NULL DEFAULT '',
            journal_number TEXT NOT NULL DEFAULT '',
            application_text TEXT NOT NULL DEFAULT '',
            note TEXT NOT NULL DEFAULT '',
            version INTEGER NOT NULL DEFAULT 1,
            fetched_at TEXT,
            result_changed_at TEXT,
            created_at TEXT NOT NULL,
            created_by TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            changed_by TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX cases_by_person ON cases (person_id)",
        *(
            f"CREATE INDEX cases_by_{column} ON cases ({column}, id)"
            for column in (
                *("folded_name", "type", "status", "applied_on", "place", "responsible", "journal_number"),
                *("fetched_at", "result_changed_at"),
            )
        ),
        """CREATE INDEX cases_active_by_responsible ON cases (responsible COLLATE NOCASE, id)
            WHERE status NOT IN ('BEHANDLET', 'TRUKKET')""",
        *(
            f"""CREATE TRIGGER {table}_named AFTER UPDATE OF folded_name ON people BEGIN
                UPDATE {table} SET folded_name = new.folded_name WHERE person_id = new.id;
            END"""
            for table in ("applications", "cases")
        ),
        *(
            # What is known of the person already stands in a new one from the beginning.
            f"""CREATE TRIGGER {table}_at_first AFTER INSERT ON {table} BEGIN
                UPDATE {table} SET folded_name = (SELECT folded_name FROM people WHERE id = new.person_id),
                    fetched_at = coalesce(fetched_at, (SELECT max(finished_at) FROM order_people
                        JOIN orders ON orders.id = order_id WHERE person_id = new.person_id))
                WHERE rowid = new.rowid;
            END"""
            for table in ("applications", "cases")
        ),
        "ALTER TABLE orders ADD COLUMN case_id INTEGER REFERENCES cases (id)",
        "CREATE INDEX orders_by_placed_at ON orders (placed_at)",
        "CREATE INDEX answers_by_answered_at ON answers (answered_at)",
        "CREATE INDEX fetches_by_institution ON fetches (institution, finished_at)",
        """CREATE TABLE case_results (
            case_id INTEGER NOT NULL REFERENCES cases (id),
            result_id INTEGER NOT NULL REFERENCES external_results (id),
            included_at TEXT NOT NULL,
            included_by TEXT NOT NULL,
            PRIMARY KEY (case_id, result_id)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX case_results_by_result ON case_results (result_id)",
    )


@migrations()
def notices_and_rows_by_hand(db: Database) -> None:
    """What a caseworker must be told, and rows that a caseworker writes.

    A person has at most one notice that nobody has seen; a later change joins it. `result_changes.changed_by` is the
    caseworker of a change by hand, or who ordered the fetch.
    """
    run(
        db,
        """CREATE TABLE notices (
            id INTEGER PRIMARY KEY,
            person_id INTEGER NOT NULL REFERENCES people (id),
            raised_at TEXT NOT NULL,
            seen_at TEXT,
            seen_by TEXT
        ) STRICT""",
        "CREATE UNIQUE INDEX notices_unseen ON notices (person_id) WHERE seen_at IS NULL",
        "CREATE INDEX notices_unseen_by_time ON notices (raised_at, id) WHERE seen_at IS NULL",
        "CREATE INDEX notices_by_time ON notices (raised_at, id)",
        "CREATE INDEX notices_by_person ON notices (person_id, raised_at)",
        """CREATE TABLE notice_institutions (
            notice_id INTEGER NOT NULL REFERENCES notices (id),
            institution INTEGER NOT NULL REFERENCES institutions (number),
            PRIMARY KEY (notice_id, institution)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX notice_institutions_by_institution ON notice_institutions (institution)",
        "ALTER TABLE result_changes ADD COLUMN institution INTEGER REFERENCES institutions (number)",
        "ALTER TABLE result_changes ADD COLUMN changed_by TEXT",
        "ALTER TABLE result_changes ADD COLUMN notice_id INTEGER REFERENCES notices (id)",
        """UPDATE result_changes SET institution = (SELECT institution FROM external_studies
            JOIN external_results ON study_id = external_studies.id WHERE external_results.id = result_id),
            changed_by = (SELECT placed_by FROM orders JOIN fetches ON order_id = orders.id
                WHERE fetches.id = fetch_id)""",
        "CREATE INDEX result_changes_by_time ON result_changes (changed_at, id)",
        "CREATE INDEX result_changes_by_institution ON result_changes (institution, changed_at, id)",
        "CREATE INDEX result_changes_by_caseworker ON result_changes (changed_by, changed_at, id)",
        "CREATE INDEX result_changes_by_kind ON result_changes (kind, changed_at, id)",
        "CREATE INDEX result_changes_by_notice ON result_changes (notice_id) WHERE notice_id IS NOT NULL",
        # Sentences became values, so that each reader has them in their own language.
        """UPDATE answers SET decision = json_object('accepted', json(iif(decision LIKE 'Godtatt%', 'true', 'false')),
            'by', substr(decision, instr(decision, ' av ') + 4, instr(decision, ': ') - instr(decision, ' av ') - 4),
            'reason', substr(decision, instr(decision, ': ') + 2)) WHERE decision IS NOT NULL""",
        "ALTER TABLE external_studies ADD COLUMN note TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE external_studies ADD COLUMN created_by TEXT",
        "ALTER TABLE external_studies ADD COLUMN edited_at TEXT",
        "ALTER TABLE external_studies ADD COLUMN edited_by TEXT",
        "ALTER TABLE external_results ADD COLUMN changed_by TEXT",
    )


@migrations()
def imports(db: Database) -> None:
    """Files of applicants on their way in, so that a screen can follow one."""
    run(
        db,
        """CREATE TABLE imports (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            file_name TEXT NOT NULL,
            dry_run INTEGER NOT NULL,
            state TEXT NOT NULL,
            done REAL NOT NULL DEFAULT 0,
            report TEXT,
            started_by TEXT NOT NULL,
            started_at TEXT NOT NULL,
            finished_at TEXT
        ) STRICT""",
    )
