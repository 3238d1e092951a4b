"""An instance of the size of a large institution: 100,000 people, 120,000 applications and a million results.

Written straight into the tables: what stands there is what the program would write, at a size that it would need
hours of fetching for. It is built once and kept below .bench/; a change of the schema builds it anew.
"""

import hashlib
import json
import random
import shutil
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from sqlite_utils import Database

from webapp.demo import NETWORK_TOML, demo_people
from webapp.identity import parse
from webapp.institutions import REGISTER
from webapp.names import fold
from webapp.store import Store, as_text, schema
from webapp.store.institutions import remember

FOLDER = Path(__file__).parent.parent / ".bench" / "screens"
NOW = datetime(2026, 11, 24, 8, 14, tzinfo=UTC)
PEOPLE, RESULTS_EACH = 100_000, 10
SECOND_APPLICATIONS = 20_000
CASES = 20_000
#: Orders of single people, each with a fetch and an answer from every source; a run's are another matter.
ORDERS = 4_000
UNSEEN = 30_000
ADMISSIONS = [
    (f"{year}-{season}-{kind}", year, season, kind)
    for year in (2026, 2027)
    for season, kind in (("VÅR", "MASTER"), ("HØST", "NOM"), ("HØST", "LOK"))
]
CASEWORKERS = ["kberg", "oli", "mhansen", "slie", "tdahl"]
INSTITUTIONS = sorted(number for number, one in REGISTER.items() if one.merged_into is None)


def large_instance() -> Path:
    """The folder of the instance; it is built when it is not there."""
    written = [*sorted(Path(schema.__file__).parent.glob("*.py")), Path(__file__)]
    version = hashlib.sha256(b"".join(file.read_bytes() for file in written)).hexdigest()[:12]
    folder = FOLDER / version
    if not (folder / "built").exists():
        shutil.rmtree(FOLDER, ignore_errors=True)
        began = time.monotonic()
        _build(folder)
        (folder / "built").touch()
        print(f"built an instance of {PEOPLE:,} people in {time.monotonic() - began:.0f} s")
    return folder


def _build(folder: Path) -> None:
    store = Store(folder / "eksternstudium.sqlite")
    chance = random.Random(154)
    sources = (
        f'[[source]]\ninstitution = {number}\nprotocol = "elmo-pull"\nurl = "http://127.0.0.1:9"'
        for number in INSTITUTIONS
    )
    (folder / "settings.toml").write_text(NETWORK_TOML)
    (folder / "sources.toml").write_text("\n".join(sources))
    with store.write() as db:
        remember(db, REGISTER.values())
        _many(db, "admissions", ((*one, None, "J", None) for one in ADMISSIONS))
        add_people(db, PEOPLE)
        _applications(db, chance)
        _cases(db, chance)
        _orders(db, chance)
        _results(db, chance)
        _notices(db, chance)
    store.db.execute("ANALYZE")
    store.db.conn.commit()
    store.close()


def _many(db: Database, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Insert rows in the order of a table's columns; those that they lack keep their defaults."""
    waiting = iter(rows)
    columns = [column.name for column in db[table].columns]
    while batch := list(islice(waiting, 10_000)):
        names = ", ".join(columns[: len(batch[0])])
        places = ", ".join("?" for _ in batch[0])
        db.conn.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", batch)


def _at(days: float) -> str:
    return as_text(NOW - timedelta(days=days))


def add_people(db: Database, count: int) -> None:
    """Write the first people of the demo network, with ids from 1 on."""
    everybody = demo_people(count=count)
    _many(
        db,
        "people",
        (
            (
                id,
                person.given_names,
                person.family_name,
                person.birth_date.isoformat(),
                fold(f"{person.family_name} {person.given_names}"),
                0,
                _at(90),
            )
            for id, person in enumerate(everybody, 1)
        ),
    )
    _many(
        db,
        "person_identifiers",
        (
            (number, id, parse(number).kind.value, int(place == 0), _at(90))
            for id, person in enumerate(everybody, 1)
            for place, number in enumerate(person.identifiers)
        ),
    )


def _applications(db: Database, chance: random.Random) -> None:
    people = [*range(1, PEOPLE + 1), *chance.sample(range(1, PEOPLE + 1), SECOND_APPLICATIONS)]
    db.conn.executemany(
        """INSERT INTO applications (applicant_number, person_id, admission, consent_given_at, consent_withdrawn_at,
            unhandled, fetched_at, result_changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            (
                f"{admission[-1][:3]}{number:06}",
                person,
                admission[0],
                _at(chance.uniform(20, 60)) if chance.random() < 0.9 else None,
                _at(chance.uniform(1, 19)) if chance.random() < 0.02 else None,
                int(chance.random() < 0.2),
                _at(chance.uniform(0, 60)) if chance.random() < 0.95 else None,
                _at(chance.uniform(0, 60)) if chance.random() < 0.5 else None,
            )
            for number, person in enumerate(people, 1)
            for admission in [chance.choices(ADMISSIONS, (1, 5, 2, 1, 8, 3))[0]]
        ),
    )


def _cases(db: Database, chance: random.Random) -> None:
    types = ("INNPASS", "FORHÅND", "FORKUNNSK", "REALKOMP", "ANNET")
    states = ("UBEHANDLET", "BEHANDLES", "BEHANDLET", "MANGEL", "TRUKKET")
    db.conn.executemany(
        """INSERT INTO cases (person_id, type, status, applied_on, place, responsible, journal_number, created_at,
            created_by, changed_at, changed_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            (
                chance.randrange(1, PEOPLE + 1),
                chance.choice(types),
                chance.choice(states),
                _at(chance.uniform(1, 900))[:10],
                chance.choice(("MN", "HF", "SV", "UV")),
                chance.choice(CASEWORKERS),
                f"2026/{number}",
                _at(800),
                "kberg",
                _at(5),
                "kberg",
            )
            for number in range(CASES)
        ),
    )


def _orders(db: Database, chance: random.Random) -> None:
    people = chance.sample(range(1, PEOPLE + 1), ORDERS)
    times = [_at(chance.uniform(0, 5)) for _ in people]
    _many(
        db,
        "orders",
        (
            (id, "recognition", "statute", at, chance.choice(CASEWORKERS), "person", "complete", at, at)
            for id, at in enumerate(times, 1)
        ),
    )
    _many(db, "order_people", ((id, person) for id, person in enumerate(people, 1)))
    fetches = [
        (number, id, institution, at)
        for number, (id, at, institution) in enumerate(
            ((id, at, institution) for id, at in enumerate(times, 1) for institution in INSTITUTIONS), 1
        )
    ]
    _many(db, "fetches", ((number, id, one, "done", None, 1, at, at, None) for number, id, one, at in fetches))
    db.execute(
        """UPDATE fetches SET first_person = person_id, last_person = person_id FROM order_people
        WHERE order_people.order_id = fetches.order_id"""
    )
    db.conn.executemany(
        "INSERT INTO answers (fetch_id, person_id, outcome, seconds, answered_at) VALUES (?, ?, ?, ?, ?)",
        (
            (
                number,
                people[id - 1],
                chance.choices(("nothing", "found", "failed"), (90, 8, 2))[0],
                chance.lognormvariate(-2, 0.5),
                at,
            )
            for number, id, _, at in fetches
        ),
    )


def _results(db: Database, chance: random.Random) -> None:
    """For everybody one institution, with a degree and the courses below it; each new once, some changed since."""
    studies = [(id, id, chance.choice(INSTITUTIONS)) for id in range(1, PEOPLE + 1)]
    _many(db, "external_studies", ((*study, None, _at(40), _at(10), _at(3)) for study in studies))
    _many(db, "external_results", _rows(studies, chance))
    db.conn.executemany(
        """INSERT INTO result_changes (result_id, person_id, kind, fields, changed_at, institution, changed_by)
        VALUES (?, ?, ?, ?, ?, ?, ?)""",
        (
            (
                (study - 1) * RESULTS_EACH + place + 1,
                person,
                kind,
                json.dumps([["grade", "D", "B"]]) if kind == "changed" else "[]",
                _at(chance.uniform(0, 60)),
                institution,
                chance.choice(CASEWORKERS),
            )
            for study, person, institution in studies
            for place in range(RESULTS_EACH)
            for kind in [chance.choices(("new", "changed", "gone"), (90, 9, 1))[0]]
        ),
    )


def _rows(studies: Iterable[tuple[int, int, int]], chance: random.Random) -> Iterator[tuple[object, ...]]:
    for study, _, institution in studies:
        head = (study - 1) * RESULTS_EACH + 1
        for place in range(RESULTS_EACH):
            degree = place == 0
            code = f"BA{study % 97}" if degree else f"EMN{place}{chance.randrange(100, 999)}"
            yield (
                head + place,
                study,
                institution,
                f"{'KVALIFIKASJON' if degree else 'EMNE'}|{code}|2024",
                0,
                None if degree else head,
                place,
                "KVALIFIKASJON" if degree else "EMNE",
                code,
                None,
                json.dumps({"nb": f"{'Bachelor i' if degree else 'Emne om'} noe, nummer {code}", "en": f"On {code}"}),
                "{}",
                2024,
                "VÅR",
                0,
                None,
                "180" if degree else "10",
                "ECTS",
                None if degree else chance.choice("ABCDE"),
                None if degree else "30",
                "EQF",
                "6",
                None,
                None,
                None,
                None,
                _at(40),
                _at(10),
            )


def _notices(db: Database, chance: random.Random) -> None:
    people = chance.sample(range(1, PEOPLE + 1), UNSEEN)
    _many(db, "notices", ((id, person, _at(chance.uniform(0, 60))) for id, person in enumerate(people, 1)))
    db.execute(
        """INSERT INTO notice_institutions SELECT notices.id, institution FROM notices
        JOIN external_studies USING (person_id)"""
    )
    db.execute(
        """UPDATE result_changes SET notice_id = notices.id FROM notices
        WHERE notices.person_id = result_changes.person_id AND result_id % 10 < 4"""
    )
