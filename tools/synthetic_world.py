"""An instance for pictures: synthetic people with applications, asked about in the demo network."""

from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from itertools import cycle
from pathlib import Path
from threading import Event
from unittest.mock import patch

from synthetic_portals import SOURCE, make_invitations, write_registry
from synthetic_runs import write_runs
from synthetic_sources import write_sources

from webapp.demo import NETWORK_TOML, demo_people, feed_toml, lay_beside, prepare_network, running_network, sources_toml
from webapp.fetching import pace
from webapp.fetching.importing import carry_out
from webapp.fetching.ordering import place
from webapp.fetching.reporting import register
from webapp.fetching.run_lock import run_lock
from webapp.house import House, open_house
from webapp.identity import parse
from webapp.model import (
    Admission,
    Case,
    CaseStatus,
    CaseType,
    IntakeKind,
    Origin,
    Purpose,
    Right,
    Role,
    RunKind,
    RunWish,
    Season,
    UserKind,
)
from webapp.recognition.cases import include, open_case, set_status
from webapp.store import api_tokens, as_text, cases, people, runs, users
from webapp.store.admissions import remember_admission

NOW = datetime(2026, 11, 24, 8, 14, tzinfo=UTC)
PEOPLE, APPLICANTS, ASKED_ABOUT = 200, 140, 3
#: Institutions answer at once, but for the one that never does: an order takes its ten seconds.
LATENCY = 0.05
CASEWORKER = "kberg"
ADMISSIONS = (
    Admission(2027, Season.AUTUMN, "NOM", "Samordna opptak høsten 2027", True, date(2027, 4, 15)),
    Admission(2027, Season.AUTUMN, "MASTER", "Masteropptak høsten 2027", True, date(2027, 3, 1)),
    Admission(2027, Season.SPRING, "LOK", "Lokalt opptak våren 2027", True, date(2026, 11, 1)),
)


@contextmanager
def synthetic_world(folder: Path) -> Iterator[House]:
    """An opened instance below `folder`, with the network that its sources are in; the clock stands at NOW."""
    instance = folder / "instance"
    instance.mkdir(parents=True)
    shelf = prepare_network(folder, people=PEOPLE)
    with running_network(shelf, latency_scale=LATENCY) as addresses:
        sources = sources_toml(addresses.base_url, addresses.dead_url, lay_beside(shelf)) + SOURCE
        (instance / "sources.toml").write_text(sources, encoding="utf-8")
        settings = "test_instance = true\n" + NETWORK_TOML + feed_toml(addresses.base_url)
        (instance / "settings.toml").write_text(settings, encoding="utf-8")
        write_registry(instance)
        house = open_house(instance, lambda: NOW)
        try:
            _fill(house)
            with run_lock(instance):
                yield house
        finally:
            house.close()


def _fill(house: House) -> None:
    with house.store.write() as db:
        for admission in ADMISSIONS:
            remember_admission(db, admission)
        ids = [
            people.register(db, [parse(n) for n in who.identifiers], who.given_names, who.family_name, NOW)
            for who in demo_people(count=PEOPLE)
        ]
        for place_in_line, (person_id, admission) in enumerate(zip(ids[:APPLICANTS], cycle(ADMISSIONS))):
            _apply(db, 4_100_000 + 37 * place_in_line, person_id, admission, place_in_line)
    _carry_out_run(house)
    for person_id in ids[:ASKED_ABOUT]:
        person = people.person(house.store.db, person_id)
        assert person is not None
        order = place(house.store, house.settings, person, Purpose.ADMISSION, Origin(CASEWORKER, "person"), NOW)
        wait(house.fanout.start(order))
    _report(house, ids[1])
    make_invitations(house, ids[2], CASEWORKER, NOW)
    _open_cases(house, ids)
    for kind, file in (
        (IntakeKind.APPLICATIONS, "sokernummer;fodselsnummer;opptak\n4200001;123;2027-HØST-NOM\n;;2027-HØST-X\n"),
        (IntakeKind.ADMISSIONS, "opptak;navn;saksbehandlingsfase\n2027-HØST-LOK;Lokalt opptak;J\n"),
    ):
        house.importer.start(kind, BytesIO(file.encode()), f"{kind.value}.csv", False, CASEWORKER)
    house.importer.settle(10)
    with house.store.write() as db:
        write_runs(db, house.settings, NOW, CASEWORKER)
    write_sources(house, NOW, CASEWORKER)
    _let_in(house)


def _let_in(house: House) -> None:
    """Users in their roles, and a program."""
    with house.store.write() as db:
        users.add(db, CASEWORKER, [Role.CASEWORKER, Role.CASE_ADMINISTRATOR], UserKind.OIDC, "ola", NOW, "Kari Berg")
        users.add(db, "ola", [Role.SYSTEM_ADMINISTRATOR], UserKind.LOCAL, "user add", NOW, "Ola Vik")
        users.add(db, "siri", [Role.AUDITOR], UserKind.LOCAL, "ola", NOW, "Siri Lund")
        api_tokens.add(db, "studentweb", [Right.SEE, Right.WORK], NOW + timedelta(days=90), "ola", NOW)


def _carry_out_run(house: House) -> None:
    """A run for one admission, with the whole of its order log."""
    at = NOW - timedelta(days=9)
    with house.store.write() as db:
        run_id = runs.add(db, RunWish(RunKind.FULL, at, CASEWORKER, ADMISSIONS[1].code))
    with patch.object(pace, "DOWN_SECONDS", 1.0):
        carry_out(house.store, house.settings, run_id, lambda: at, Event())


def _report(house: House, person_id: int) -> None:
    """Have a person who was asked about report new results."""
    person = people.person(house.store.db, person_id)
    assert person is not None
    register(house.store, person, Origin(CASEWORKER, "person"), NOW - timedelta(days=1))


def _open_cases(house: House, ids: list[int]) -> None:
    """Cases of those who were asked about; the first has most of its results included."""
    for place_in_line, person_id in enumerate(ids[: 3 * ASKED_ABOUT]):
        status = list(CaseStatus)[(place_in_line + 1) % 3]
        wish = Case(0, person_id, CaseType.INNPASS, CaseStatus.BEING_TREATED, NOW.date(), "MN", CASEWORKER, "2026/1407")
        case_id = open_case(house.store, house.settings, wish, CASEWORKER, NOW)
        if place_in_line == 0:
            rows = sorted(cases.results_of_person(house.store.db, person_id))
            include(house.store, case_id, rows[:20], CASEWORKER, NOW)
        elif status is not CaseStatus.BEING_TREATED:
            set_status(house.store, case_id, status, CASEWORKER, NOW)


def _apply(db, number: int, person_id: int, admission: Admission, place_in_line: int) -> None:  # type: ignore[no-untyped-def]
    given = NOW - timedelta(days=40 - place_in_line % 30, minutes=17 * place_in_line)
    withdrawn = given + timedelta(days=3) if place_in_line % 23 == 22 else None
    db["applications"].insert(
        {
            "applicant_number": str(number),
            "person_id": person_id,
            "admission": admission.code,
            "consent_given_at": None if place_in_line % 11 == 10 else as_text(given),
            "consent_withdrawn_at": as_text(withdrawn) if withdrawn else None,
        }
    )
    for priority, (code, name) in enumerate((("185 5005", "Biovitenskap"), ("184 2310", "Biologi")), start=1):
        db["application_alternatives"].insert(
            {"application": str(number), "priority": priority, "code": code, "name": name}
        )
