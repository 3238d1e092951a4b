"""What the screens ask the database for: no more where there is more to show, and never by reading a table through."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import wait
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlite_utils import Database

from every_door import ADMISSION, address_of, fill, routes_of
from runs import planned
from webapp.config import Settings
from webapp.fetching.by_hand import write_by_hand
from webapp.fetching.ordering import place
from webapp.fetching.reporting import register
from webapp.house import House
from webapp.identity import make_synthetic
from webapp.institutions import REGISTER
from webapp.intake.applying import take_in_admission, take_in_application
from webapp.model import (
    AdmissionRecord,
    ApplicationRecord,
    Case,
    CaseStatus,
    CaseType,
    IntakeKind,
    Invitation,
    Origin,
    Person,
    Purpose,
    Right,
    Role,
    RowByHand,
    RunState,
    UserKind,
)
from webapp.recognition.cases import include, open_case
from webapp.source_settings import ElmoPullSettings
from webapp.store import api_tokens, as_text, cases, imports, invitations, people, runs, users
from webapp.web.factory import create_app
from world import NOTHING, NOW, UIB, UIO, UIT, FakeSource, bachelor, course, found

FEW, MANY = 2, 8
#: What gives out documents of many pages for a while; their pages are asked for too.
DOCUMENTS = {"evidence.pdf", "person_file.as_document", "person_file.with_documents"}
#: Lists that look how many rows there are only where a page has no room for all of them.
COUNT_WHEN_FULL = 1
INSTITUTIONS = (UIB, UIO, UIT, *(n for n in sorted(REGISTER) if n not in (UIB, UIO, UIT)))[:MANY]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(
        update={"sources": tuple(ElmoPullSettings(institution=n, url="http://127.0.0.1:9") for n in INSTITUTIONS)}
    )


@pytest.fixture
def sources() -> dict[int, FakeSource]:
    return {number: FakeSource(NOTHING) for number in INSTITUTIONS}


class World:
    """Kari and others, of whom there is more and more."""

    def __init__(self, house: House, kari: Person, sources: Mapping[int, FakeSource]) -> None:
        self.house, self.kari, self.sources = house, kari, sources
        self.there = fill(house, kari, sources)
        self.size = 1

    def grow(self, size: int) -> None:
        """Let there be so many of everything on every page."""
        for nth in range(self.size, size):
            self._one_more(nth)
        self.size = size

    def _one_more(self, nth: int) -> None:
        house, kari = self.house, self.kari
        store, settings, origin = house.store, house.settings, Origin("kberg", "person", reason="Hun ringte")
        admission = f"{2030 + nth}-HØST-NOM"
        take_in_admission(store, settings, AdmissionRecord(admission, f"Opptak {nth}", "J"), NOW)
        number = make_synthetic(date(1990, 1, 1) + timedelta(days=nth), 0)
        for whose, applied, to in ((number, f"NOM{2000 + nth}", ADMISSION), (None, f"NOM{3000 + nth}", admission)):
            record = ApplicationRecord(applied, whose or kari.identifiers[0], to, consent_given_at="2026-11-01T12:00")
            take_in_application(store, settings, record, NOW)
        other = people.person_with_number(store.db, number)
        assert other
        rows = tuple(course(f"EMNE{each}") for each in range(nth + 1))
        for person in (kari, other):
            self.sources[UIO].answer = found(bachelor(), *rows, number=person.identifiers[0])
            self.sources[INSTITUTIONS[nth]].answer = found(*rows, number=person.identifiers[0])
            order_id = place(store, settings, person, Purpose.RECOGNITION, origin, NOW)
            wait(house.fanout.start(order_id), timeout=10)
            wish = Case(0, person.id, CaseType.INNPASS, CaseStatus.BEING_TREATED, date(2026, 11, 20))
            case_id = open_case(store, settings, wish, "kberg", NOW)
            include(store, case_id, cases.results_of_person(store.db, person.id), "kberg", NOW)
            register(store, person, origin, NOW)
        by_hand = RowByHand(UIB, course(f"HAND{nth}", credit_scheme="studiepoeng"))
        write_by_hand(store, kari.id, by_hand, "kberg", NOW)
        run = planned(store, settings, admission=admission)
        with store.write() as db:
            self._end(db, run.id)
            later = NOW + timedelta(days=1)
            invited = Invitation(0, kari.id, UIO, Purpose.RECOGNITION, NOW, "kberg", later)
            invitations.add(db, invited, f"secret{nth}")
            imports.begin(db, IntakeKind.APPLICATIONS, f"{nth}.csv", True, "kberg", NOW)
            api_tokens.add(db, f"program{nth}", [Right.SEE], later, "kberg", NOW)
            users.add(db, f"bruker{nth}", [Role.CASEWORKER], UserKind.LOCAL, "test", NOW)

    @staticmethod
    def _end(db: Database, run_id: int) -> None:
        """End a run, for one goes at a time."""
        now = as_text(NOW)
        mine = "(SELECT id FROM orders WHERE run_id = ?)"
        db.execute(f"UPDATE fetches SET state = 'done', finished_at = ? WHERE order_id IN {mine}", [now, run_id])
        db.execute("UPDATE orders SET state = 'complete', finished_at = ? WHERE run_id = ?", [now, run_id])
        runs.set_state(db, run_id, RunState.COMPLETE, NOW)


@pytest.fixture
def world(house: House, kari: Person, sources: dict[int, FakeSource]) -> World:
    return World(house, kari, sources)


class Reader:
    """Asks for every page, and hears what each asks the database for."""

    def __init__(self, world: World) -> None:
        app = create_app(world.house)
        self.client: FlaskClient = app.test_client()
        self._connection = world.house.store.db.conn
        self._pages = {
            rule.endpoint: address_of(rule, world.there)
            for method, rule in routes_of(app)
            if method == "GET" and rule.endpoint not in DOCUMENTS
        }
        # What is read once in a process is not asked for again.
        for address in self._pages.values():
            self.client.get(address)

    def queries(self) -> Iterator[tuple[str, list[str]]]:
        """The endpoint of each page with its queries, as they were asked; what triggers do is left out."""
        for endpoint, address in self._pages.items():
            asked: list[str] = []
            self._connection.set_trace_callback(asked.append)
            try:
                assert self.client.get(address).status_code < 500, address
            finally:
                self._connection.set_trace_callback(None)
            yield endpoint, [" ".join(sql.split()) for sql in asked if re.match(r"\s*(SELECT|WITH|INSERT|UPDATE)", sql)]

    def plan(self, sql: str) -> list[str]:
        """How the database would go about a query."""
        return [row[3] for row in self._connection.execute(f"EXPLAIN QUERY PLAN {sql}")]


def kinds(queries: list[str]) -> Counter[str]:
    """How many queries of a kind there are: the same but for their values."""
    return Counter(re.sub(r"'[^']*'|\b\d+\b", "?", sql) for sql in queries)


def test_no_page_asks_more_where_there_is_more_to_show(world: World) -> None:
    world.grow(FEW)
    reader = Reader(world)
    few = dict(reader.queries())
    world.grow(MANY)
    grown = {}
    for endpoint, queries in reader.queries():
        more = kinds(queries) - kinds(few[endpoint])
        counts = [kind for kind in more if kind.startswith("SELECT count(*) AS n FROM (SELECT")]
        if len(queries) - len(few[endpoint]) > (COUNT_WHEN_FULL if counts else 0):
            grown[endpoint] = more
    assert not grown


#: Tables that have a row for each person, answer, result, change or look of years.
BIG = frozenset(
    {"people", "person_identifiers", "applications", "application_alternatives", "cases", "case_results"}
    | {"orders", "order_people", "fetches", "answers", "payloads", "external_studies", "external_results"}
    | {"result_changes", "notices", "notice_institutions", "reports", "invitations", "portal_visits", "deliveries"}
    | {"run_applicants", "trace", "trace_people", "trace_contents"}
)
#: Who reads a big table through all the same, by endpoint and table, and why. So does what gives a whole list out.
READ_THROUGH: Mapping[tuple[str, str], str] = {
    ("legal_basis.show", "applications"): "tells of how many have consented, of all; few open it",
    ("run_preview.show", "applications"): "judges everybody whom the next run may ask about",
    ("run_preview.next_numbers", "applications"): "the same, after the page that shows it",
}


def read_through(sql: str, plan: list[str]) -> Iterator[str]:
    """The big tables that a query reads from end to end. One with a limit stops when its page is full."""
    if re.search(r"\bLIMIT\b", sql):
        return
    for step in plan:
        if scanned := re.match(r"SCAN (\w+)(.*)", step):
            # An index with a condition of its own (orders that are open) holds as few as the page is about.
            name, how = scanned[1], scanned[2]
            called = re.search(rf"\b(\w+) AS {name}\b", sql)
            table = called[1] if called else name
            if table in BIG and not any(index in how for index in PARTIAL):
                yield table


#: Indexes of the few rows that something is still to be done about.
PARTIAL = (
    *("notices_unseen", "reports_open", "orders_open", "answers_set_aside", "runs_unfinished"),
    *("fetches_queued", "fetches_running", "fetches_to_retry"),
)


def test_no_page_reads_a_big_table_through(world: World) -> None:
    world.grow(FEW)
    reader = Reader(world)
    found = {
        (endpoint, table): sql
        for endpoint, queries in reader.queries()
        if not endpoint.endswith("_export")
        for sql in queries
        if sql.startswith(("SELECT", "WITH"))
        for table in read_through(sql, reader.plan(sql))
    }
    unexplained = [f"{key}: {sql}" for key, sql in found.items() if key not in READ_THROUGH]
    assert not unexplained, "\n".join(unexplained)
    assert not set(READ_THROUGH) - set(found), "no longer so"
