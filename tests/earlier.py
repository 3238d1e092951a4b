"""Instances as each step of the schema left them, with facts in every table that there was.

A step that makes a table, or changes what stands in one, adds its facts here: the steps after it are tried on them.
"""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from webapp.store.schema import migrations
from webapp.store.schema.steps import names
from world import KARI_NUMBER

AT, DAY, KBERG = "2026-11-24T08:14:00.000+00:00", "2026-11-24", "kberg"
ADMISSION, HASH = "2027-HØST-NOM", "9f" * 32
UNTIL = "2027-11-24T08:14:00.000+00:00"

Facts = tuple[tuple[str, dict[str, Any]], ...]


def _result(id: int, code: str, **more: object) -> dict[str, Any]:
    names = json.dumps({"nb": f"Emne {code}"})
    row = {"id": id, "study_id": 1, "source": 185, "key": code, "ordinal": 0, "position": id, "category": "EMNE"}
    row |= {"code": code, "names": names, "thesis_titles": "{}", "term_year": 2020, "term_season": "VÅR"}
    return row | {"credits": "10", "credit_scheme": "ECTS", "grade": "B", "created_at": AT, "changed_at": AT} | more


#: What stands in the tables of each step: Kari, her application and case, what UiO said of her, and all around it.
FACTS: dict[str, Facts] = {
    "people_and_institutions": (
        ("institutions", {"number": 185, "names": '{"nb":"Universitetet i Oslo"}', "schac": "uio.no"}),
        ("institutions", {"number": 184, "names": '{"nb":"Universitetet i Bergen"}', "merged_into": 185}),
        (
            "people",
            {"id": 7, "given_names": "Kari", "family_name": "Nordmann", "birth_date": "1998-05-03"}
            | {"folded_name": "kari nordmann", "created_at": AT},
        ),
        (
            "person_identifiers",
            {"number": KARI_NUMBER, "person_id": 7, "kind": "FNR", "is_current": 1, "registered_at": AT},
        ),
        ("admissions", {"code": ADMISSION, "year": 2027, "season": "HØST", "type": "NOM", "processing_phase": "J"}),
        (
            "applications",
            {"applicant_number": "N1", "person_id": 7, "admission": ADMISSION, "consent_given_at": AT}
            | {"consent_withdrawn_at": UNTIL},
        ),
    ),
    "orders_and_fetches": (
        (
            "orders",
            {"id": 3, "purpose": "recognition", "basis": "statute", "placed_at": AT, "placed_by": KBERG}
            | {"placed_from": "person", "state": "complete", "opened_at": AT, "finished_at": AT},
        ),
        ("order_people", {"order_id": 3, "person_id": 7, "application": "N1"}),
        ("fetches", {"id": 5, "order_id": 3, "institution": 185, "state": "done", "attempts": 1, "finished_at": AT}),
        ("fetches", {"id": 6, "order_id": 3, "institution": 184, "state": "failed", "attempts": 2, "retry_at": UNTIL}),
        ("payloads", {"hash": HASH, "body": b"\x78\x9c\x00", "size": 4000, "stored_at": AT}),
        (
            "answers",
            {"fetch_id": 5, "person_id": 7, "outcome": "found", "results": 2, "changes": 2, "payload": HASH}
            | {"seconds": 0.25, "answered_at": AT, "decision": "Godtatt av kberg: Nytt nummer: se journalen"},
        ),
    ),
    "external_studies": (
        (
            "external_studies",
            {"id": 1, "person_id": 7, "institution": 185, "etag": '"a"', "created_at": AT, "changed_at": AT},
        ),
        ("external_results", _result(1, "BIO3", category="KVALIFIKASJON")),
        ("external_results", _result(2, "MAT1100", parent_id=1)),
        *(
            (
                "result_changes",
                {"id": id, "result_id": id, "person_id": 7, "fetch_id": 5, "kind": "new", "fields": "[]"}
                | {"changed_at": AT},
            )
            for id in (1, 2)
        ),
    ),
    "applications_and_cases": (
        ("application_alternatives", {"application": "N1", "priority": 1, "code": "MAT-B", "name": "Matematikk"}),
        (
            "cases",
            {"id": 4, "person_id": 7, "type": "INNPASS", "status": "BEHANDLES", "applied_on": DAY, "place": "MN"}
            | {"created_at": AT, "created_by": KBERG, "changed_at": AT, "changed_by": KBERG},
        ),
        ("case_results", {"case_id": 4, "result_id": 2, "included_at": AT, "included_by": KBERG}),
    ),
    "notices_and_rows_by_hand": (
        ("notices", {"id": 2, "person_id": 7, "raised_at": AT}),
        ("notice_institutions", {"notice_id": 2, "institution": 185}),
    ),
    "imports": (
        (
            "imports",
            {"id": 1, "kind": "applications", "file_name": "søkere.csv", "dry_run": 0, "state": "done", "done": 1.0}
            | {"started_by": KBERG, "started_at": AT, "finished_at": AT},
        ),
    ),
    "runs": (
        (
            "runs",
            {"id": 8, "kind": "full", "state": "complete", "scheduled_for": AT, "placed_by": KBERG, "forced": 0}
            | {"admission": ADMISSION, "judged_at": AT, "begun_at": AT, "finished_at": AT, "ordered": 1, "people": 1},
        ),
        ("run_admissions", {"run_id": 8, "admission": ADMISSION, "left_out": "cut-off"}),
        ("run_applicants", {"run_id": 8, "person_id": 7, "application": "N1", "ordered_for": "full"}),
        ("run_sources", {"run_id": 8, "institution": 185, "people": 1, "asked": 1, "found": 1}),
        ("evenings", {"id": 1, "dealt_with_until": AT}),
        (
            "reports",
            {"id": 1, "person_id": 7, "application": "N1", "case_id": 4, "reported_at": AT, "registered_by": KBERG}
            | {"place": "person", "order_id": 3},
        ),
    ),
    "source_health": (
        ("source_hours", {"hour": "2026-11-24T08", "institution": 185, "answered": 1, "times": '{"0.25":1}'}),
        ("source_health", {"institution": 185, "answered_at": AT, "certificate_until": UNTIL}),
    ),
    "source_changes": (
        (
            "source_changes",
            {"id": 1, "institution": 185, "changed_at": AT, "changed_by": KBERG, "kind": "added", "fields": "[]"},
        ),
    ),
    "uploads": (
        ("deliveries", {"order_id": 3, "is_selection": 1, "under": 184, "signature": "valid", "signer": "uio.no"}),
        (
            "uploads",
            {"id": 1, "person_id": 7, "name": "vitnemål.xml", "body": b"<elmo/>", "uploaded_by": KBERG}
            | {"uploaded_at": AT},
        ),
    ),
    "invitations": (
        (
            "invitations",
            {"id": 1, "person_id": 7, "source": 185, "purpose": "admission", "application": "N1", "token": HASH}
            | {"made_at": AT, "made_by": KBERG, "expires_at": UNTIL},
        ),
        (
            "portal_visits",
            {"id": 1, "invitation_id": 1, "session": HASH, "portal": "{}", "begun_at": AT, "expires_at": UNTIL},
        ),
    ),
    "users_and_sessions": (
        (
            "users",
            {"id": 1, "name": KBERG, "display_name": "Kari Berg", "kind": "local", "roles": "caseworker"}
            | {"created_at": AT, "created_by": "drift"},
        ),
        (
            "sessions",
            {"id": 1, "user_id": 1, "token": HASH, "begun_at": AT, "seen_at": AT, "ends_at": UNTIL},
        ),
    ),
    "trace": (
        (
            "trace",
            {"id": 1, "at": AT, "by": KBERG, "act": "looked", "door": "person.show", "people": "[7]", "digest": HASH}
            | {"previous": "", "hash": HASH},
        ),
        ("trace_people", {"person_id": 7, "entry_id": 1}),
        ("trace_contents", {"entry_id": 1, "salt": "s", "content": "{}"}),
    ),
    "trace_verifications": (("trace_verifications", {"id": 1, "at": AT, "entries": 1, "head": HASH}),),
    "api_tokens": (
        (
            "api_tokens",
            {"id": 1, "name": "studentportal", "prefix": "eks_1", "token": HASH, "scopes": '["see"]'}
            | {"ends_at": UNTIL, "created_at": AT, "created_by": KBERG},
        ),
    ),
    "retention": (("purges", {"id": 1, "begun_at": AT, "finished_at": AT, "by": KBERG, "purged": "{}"}),),
    "local_accounts": (
        ("accounts", {"user_id": 1, "password": "$argon2", "one_time_secret": "A", "last_step": 1, "changed_at": AT}),
        ("setup_links", {"user_id": 1, "token": HASH, "one_time_secret": "A", "ends_at": UNTIL}),
        ("sign_in_attempts", {"subject": HASH, "failures": 1, "last_at": AT}),
    ),
    "openid_visits": (
        (
            "openid_visits",
            {"state": HASH, "browser": HASH, "nonce": "n", "verifier": "v", "next": "/", "expires_at": UNTIL},
        ),
    ),
    "purge_preview": (("purge_preview", {"id": 1, "at": AT, "preview": "{}"}),),
    "upgrades": (("upgrades", {"id": 1, "version": "0.1.0", "at": AT, "steps": "[]"}),),
}


def instance_at(path: Path, step: str) -> None:
    """Make the database at `path` as it was when `step` was the last one: each step's facts came when it was."""
    db = Database(path)
    db.conn.execute("PRAGMA journal_mode = WAL")
    db.conn.execute("PRAGMA synchronous = OFF")  # nobody pulls the plug on it
    db.conn.execute("PRAGMA foreign_keys = ON")
    for name, after in pairwise([*names(), None]):
        migrations.apply(db, stop_before=after)
        with db.atomic():
            for table, row in FACTS.get(str(name), ()):
                marks = ", ".join("?" * len(row))
                db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))
        if name == step:
            break
    db.close()


def rows_by_table(db: Database) -> dict[str, list[dict[str, Any]]]:
    """All that stands in a database, but for what sqlite-utils notes."""
    return {name: list(db.query(f"SELECT * FROM {name}")) for name in db.table_names() if not name.startswith("_")}
