"""FS154.001: the runs, whom each ordered for and left out, and what came from whom."""

from sqlite_utils import Database

from webapp.store.schema.steps import migrations, run


@migrations()
def runs(db: Database) -> None:
    """A run has an order for each purpose, and a fetch of it covers many people.

    A fetch is about the people of its order from `first_person` to `last_person`, of whom `people` (a JSON array of
    ids) names those meant; NULL is all. `whole_outcome`, `whole_failure` and `whole_cause` hold for each of them. When
    a fetch is done and there is neither that nor an answer of the person's own, the answer was as before: nothing was
    there, or it is unchanged. So a run of 100,000 people and 50 sources writes some 50,000 fetches, and answers only
    where there is something to say. A fetch that is `owing` failed, and nobody has been asked in its place.

    In `run_applicants` stand those who were ordered for, and why, and those who were left out for a reason of their
    own. `run_admissions` holds why all applicants of an admission are left out. Whoever of an admission that is not
    left out stands in neither had been asked about already; applications with a rowid above `last_application` came
    later. So an evening's run does not write a row for each of 100,000 who were asked about long ago.
    """
    statements = (
        """CREATE TABLE runs (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            state TEXT NOT NULL,
            scheduled_for TEXT NOT NULL,
            placed_by TEXT NOT NULL,
            admission TEXT REFERENCES admissions (code),
            forced INTEGER NOT NULL,
            judged_at TEXT,
            begun_at TEXT,
            finished_at TEXT,
            seconds REAL NOT NULL DEFAULT 0,
            last_application INTEGER,
            ordered INTEGER NOT NULL DEFAULT 0,
            people INTEGER NOT NULL DEFAULT 0,
            left_out TEXT NOT NULL DEFAULT '{}',
            changed_people INTEGER NOT NULL DEFAULT 0,
            stopped_by TEXT,
            mailed_at TEXT
        ) STRICT""",
        "CREATE UNIQUE INDEX runs_by_evening ON runs (scheduled_for) WHERE NOT forced",
        "CREATE INDEX runs_unfinished ON runs (id) WHERE state IN ('waiting', 'running')",
        """CREATE TABLE run_admissions (
            run_id INTEGER NOT NULL REFERENCES runs (id),
            admission TEXT NOT NULL REFERENCES admissions (code),
            left_out TEXT,
            PRIMARY KEY (run_id, admission)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE run_applicants (
            run_id INTEGER NOT NULL REFERENCES runs (id),
            person_id INTEGER NOT NULL REFERENCES people (id),
            application TEXT REFERENCES applications (applicant_number),
            ordered_for TEXT,
            left_out TEXT
        ) STRICT""",
        # The order log has two lists by applicant number.
        *(
            f"CREATE INDEX run_applicants_{column} ON run_applicants (run_id, application) WHERE {column} IS NOT NULL"
            for column in ("ordered_for", "left_out")
        ),
        "CREATE INDEX run_applicants_by_person ON run_applicants (run_id, person_id)",
        """CREATE TABLE run_sources (
            run_id INTEGER NOT NULL REFERENCES runs (id),
            institution INTEGER NOT NULL REFERENCES institutions (number),
            people INTEGER NOT NULL DEFAULT 0,
            asked INTEGER NOT NULL DEFAULT 0,
            found INTEGER NOT NULL DEFAULT 0,
            no_results INTEGER NOT NULL DEFAULT 0,
            unchanged INTEGER NOT NULL DEFAULT 0,
            failed INTEGER NOT NULL DEFAULT 0,
            no_consent INTEGER NOT NULL DEFAULT 0,
            not_shared INTEGER NOT NULL DEFAULT 0,
            mismatch INTEGER NOT NULL DEFAULT 0,
            seats INTEGER NOT NULL DEFAULT 0,
            down_since TEXT,
            PRIMARY KEY (run_id, institution)
        ) STRICT, WITHOUT ROWID""",
        # One row: evenings until this instant have been dealt with.
        "CREATE TABLE evenings (id INTEGER PRIMARY KEY CHECK (id = 1), dealt_with_until TEXT NOT NULL) STRICT",
        "ALTER TABLE orders ADD COLUMN run_id INTEGER REFERENCES runs (id)",
        "CREATE INDEX orders_by_run ON orders (run_id) WHERE run_id IS NOT NULL",
        "ALTER TABLE fetches ADD COLUMN first_person INTEGER",
        "ALTER TABLE fetches ADD COLUMN last_person INTEGER",
        "ALTER TABLE fetches ADD COLUMN people TEXT",
        "ALTER TABLE fetches ADD COLUMN whole_outcome TEXT",
        "ALTER TABLE fetches ADD COLUMN whole_failure TEXT",
        "ALTER TABLE fetches ADD COLUMN whole_cause TEXT",
        "ALTER TABLE fetches ADD COLUMN owing INTEGER NOT NULL DEFAULT 0",
        """UPDATE fetches SET first_person = order_people.person_id, last_person = order_people.person_id
            FROM order_people WHERE order_people.order_id = fetches.order_id""",
        "CREATE INDEX fetches_by_people ON fetches (order_id, institution, first_person, last_person)",
        """CREATE INDEX fetches_whole ON fetches (order_id, first_person, last_person, whole_outcome)
            WHERE whole_outcome IS NOT NULL""",
        "CREATE INDEX fetches_queued ON fetches (order_id, institution, id) WHERE state = 'queued'",
        "CREATE INDEX fetches_owing ON fetches (institution) WHERE owing",
        "CREATE INDEX answers_set_aside ON answers (person_id) WHERE outcome = 'mismatch'",
        # The hash of the answer that was merged last, so that the same one is not read again.
        "ALTER TABLE external_studies ADD COLUMN merged_payload TEXT",
        "ALTER TABLE applications ADD COLUMN asked_at TEXT",
        """UPDATE applications SET asked_at = latest FROM (
            SELECT application AS number, max(placed_at) AS latest FROM order_people
            JOIN orders ON orders.id = order_id WHERE application IS NOT NULL GROUP BY application)
            WHERE number = applicant_number""",
        """CREATE TABLE reports (
            id INTEGER PRIMARY KEY,
            person_id INTEGER NOT NULL REFERENCES people (id),
            application TEXT REFERENCES applications (applicant_number),
            case_id INTEGER REFERENCES cases (id),
            reported_at TEXT NOT NULL,
            registered_by TEXT NOT NULL,
            place TEXT NOT NULL,
            order_id INTEGER REFERENCES orders (id),
            settled_at TEXT
        ) STRICT""",
        "CREATE INDEX reports_by_person ON reports (person_id, id)",
        "CREATE INDEX reports_open ON reports (person_id) WHERE settled_at IS NULL",
    )
    run(db, *statements)
