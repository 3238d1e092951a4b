"""A real PostgreSQL as a source, beyond the contract: rights, limits, and what a server does to its connections."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, NullPool, create_engine, text

from postgres import READER, READER_PASSWORD, Cluster, cluster
from tap import Tap, says_nothing
from webapp.config import Settings
from webapp.errors import SourceError, SourceFailure
from webapp.identity import make_synthetic
from webapp.model import Basis, LeftOutReason, Outcome, Purpose, Question, Reply
from webapp.source_settings import DatabaseSettings
from webapp.sources.catalogue import Source, open_source
from webapp.sources.database.connections import Call, Connections
from world import KARI_NUMBER, OLA_NUMBER, UIO

DATABASE = "rettigheter"
PEOPLE = """SELECT nr AS person, fnr AS identifier, etternavn AS family_name, født AS birth_date FROM student
    WHERE fnr IN (:identifiers)"""
RESULTS = "SELECT student AS person, emne AS code, dato AS date FROM resultat WHERE student IN :people"
SETUP = """
    CREATE ROLE skribent LOGIN PASSWORD 'of the writer';
    CREATE TABLE student (nr bigint PRIMARY KEY, fnr char(11), etternavn text, født date);
    CREATE TABLE resultat (student bigint, emne char(12), poeng text, dato timestamptz, bilag bytea);
    CREATE FUNCTION sletter() RETURNS text LANGUAGE sql SECURITY DEFINER
        AS $$ DELETE FROM resultat RETURNING emne $$;
    GRANT SELECT ON student, resultat TO skribent;
    GRANT INSERT, UPDATE, DELETE ON student, resultat TO skribent;
"""
DOCUMENTATION = Path(__file__).parent.parent.parent / "docs" / "database.md"
FORMER_NUMBER = make_synthetic(date(1998, 5, 3), 0, d_number=True)
#: What stands below the views of the documentation.
EXAMPLE = """
    CREATE TABLE student (student_id int PRIMARY KEY, fodselsnummer text, fornavn text, etternavn text, fodt date);
    CREATE TABLE tidligere_fodselsnummer (student_id int, fodselsnummer text);
    CREATE TABLE resultat (student_id int, resultat_id int, grad_id int, emnekode text, emneversjon text, emnenavn text,
        arstall int, termin text, studiepoeng numeric(4, 1), karakter text, bestatt boolean);
    CREATE TABLE grad (student_id int, grad_id int, gradskode text, gradsnavn text, oppnadd date);
"""
EXAMPLE_ROWS = (
    "INSERT INTO student VALUES (1, :kari, 'Kari', 'Nordmann', '1998-05-03')",
    "INSERT INTO tidligere_fodselsnummer VALUES (1, :before)",
    "INSERT INTO grad VALUES (1, 17, 'BIO3', 'Bachelor i biologi', '2021-06-20')",
    "INSERT INTO resultat VALUES (1, 1, 17, 'BIO100', '1', 'Innføring i biologi', 2019, 'HØST', 10, 'B', true)",
    "INSERT INTO resultat VALUES (1, 2, 17, 'MAT100', '1', 'Matematikk', 2019, 'HØST', 10, 'F', false)",
)


@pytest.fixture(scope="module")
def server() -> Cluster:
    found = cluster()
    with create_engine(found.url(), isolation_level="AUTOCOMMIT", poolclass=NullPool).connect() as db:
        db.execute(text(f"CREATE DATABASE {DATABASE}"))
    return found


@pytest.fixture(scope="module")
def owner(server: Cluster) -> Iterator[Engine]:
    """Whoever owns the database of the institution."""
    engine = create_engine(server.url(database=DATABASE), isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        db.exec_driver_sql(SETUP)
    yield engine
    engine.dispose()


@pytest.fixture
def opened(server: Cluster, owner: Engine, tmp_path: Path) -> Iterator[Callable[..., Source]]:
    """Opens it with further settings, for somebody who could write, with Kari and Ola in it."""
    with owner.connect() as db:
        db.execute(text("TRUNCATE student, resultat"))
        people = [(1, KARI_NUMBER), (2, OLA_NUMBER)]
        for number, identifier in people:
            values = {"nr": number, "fnr": identifier, "born": date(1998, 5, 3)}
            db.execute(text("INSERT INTO student VALUES (:nr, :fnr, 'Nordmann', :born)"), values)
            db.execute(text("INSERT INTO resultat VALUES (:nr, 'BIO100', '10', '2020-06-01 10:00', '')"), values)
    sources: list[Source] = []

    def opened(user: str = "skribent", password: str = "of the writer", port: int = 0, **more: Any) -> Source:
        (tmp_path / "hemmelig").write_text(password)
        values: dict[str, Any] = {
            "institution": UIO,
            "url": f"postgresql://{user}@127.0.0.1:{port or server.port}/{DATABASE}?sslmode=disable",
            "secret_file": Path("hemmelig"),
            "timeout_seconds": 5,
            "people_sql": PEOPLE,
            "results_sql": RESULTS,
        }
        attempts = more.pop("attempts", 1)
        sources.append(open_source(DatabaseSettings(**(values | more)), Settings(instance=tmp_path), attempts))
        return sources[-1]

    yield opened
    for source in sources:
        source.close()


def question(number: str = KARI_NUMBER) -> Question:
    return Question((number,), Purpose.ADMISSION, Basis.STATUTE, "6f2d0a52-0f35-4b5e-9d0c-2a4f8f0c5a11")


def failure_of(source: Source) -> SourceFailure:
    with pytest.raises(SourceError) as caught:
        source.look_up(question())
    assert KARI_NUMBER not in str(caught.value)
    return caught.value.failure


def both(source: Source) -> tuple[Reply | SourceError, Reply | SourceError]:
    replies = dict(source.look_up_many({"kari": question(), "ola": question(OLA_NUMBER)}))
    return replies["kari"], replies["ola"]


def test_columns_of_many_types_are_read(opened: Callable[..., Source]) -> None:
    reply = opened().look_up(question())
    assert reply.transcript is not None
    assert reply.transcript.learner.birth_date == date(1998, 5, 3)
    [result] = reply.transcript.studies[0].results
    assert (result.code, result.date) == ("BIO100", date(2020, 6, 1))


@pytest.mark.parametrize(
    ("sql", "failure"),
    [
        ("SELECT student AS person, sletter() AS code FROM resultat WHERE student IN :people", "wrongly-set-up"),
        ("DELETE FROM resultat WHERE student IN :people RETURNING student AS person", "bad-request"),
        (
            "WITH gone AS (DELETE FROM resultat WHERE student IN :people RETURNING *) "
            "SELECT student AS person, emne AS code FROM gone",
            "bad-request",
        ),
    ],
    ids=["function", "delete", "with"],
)
def test_whoever_may_write_cannot(opened: Callable[..., Source], owner: Engine, sql: str, failure: str) -> None:
    source = opened(results_sql=sql)
    assert failure_of(source) == failure
    with owner.connect() as db:
        assert db.execute(text("SELECT count(*) FROM resultat")).scalar() == 2


def test_no_statement_makes_it_a_transaction_that_writes(opened: Callable[..., Source]) -> None:
    switch = "SELECT nr AS person, fnr AS identifier, set_config('transaction_read_only', 'off', true) FROM student"
    assert failure_of(opened(people_sql=f"{switch} WHERE fnr IN :identifiers")) is SourceFailure.WRONGLY_SET_UP


def test_the_server_keeps_the_limit_too(opened: Callable[..., Source]) -> None:
    shown = "current_setting('statement_timeout') || ' ' || current_setting('transaction_isolation')"
    source = opened(results_sql=f"SELECT student AS person, {shown} AS code FROM resultat WHERE student IN :people")
    reply = source.look_up(question())
    assert reply.transcript is not None
    assert reply.transcript.studies[0].results[0].code == "5s repeatable read"


def connected(owner: Engine, state: str = "%") -> int:
    """How many connections of ours the server has, in a state that is like this."""
    with owner.connect() as db:
        count = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'skribent' AND state LIKE :state"
        return int(db.execute(text(count), {"state": state}).scalar_one())


def wait_until_none_is_connected(owner: Engine, state: str = "%") -> None:
    ends = time.monotonic() + 10
    while connected(owner, state) and time.monotonic() < ends:
        time.sleep(0.02)
    assert connected(owner, state) == 0


def test_a_query_that_is_given_up_ends_at_the_server(opened: Callable[..., Source], owner: Engine) -> None:
    slow = "SELECT student AS person, pg_sleep(30)::text AS code FROM resultat WHERE student IN :people"
    assert failure_of(opened(results_sql=slow, timeout_seconds=0.3)) is SourceFailure.TIMEOUT
    wait_until_none_is_connected(owner, "active")


def test_what_is_in_use_when_all_is_closed_is_closed_when_it_is_let_go(
    server: Cluster, owner: Engine, tmp_path: Path
) -> None:
    connections = Connections(server.url("skribent", "of the writer", DATABASE), 5, 2, tmp_path)

    def work(call: Call[int]) -> int:
        with connections.connection(call):
            connections.close()
            return connected(owner)

    assert Call(work).answer(10) == 1
    wait_until_none_is_connected(owner)


@pytest.mark.parametrize(
    ("who", "failure"),
    [
        ({"password": "gammelt"}, SourceFailure.UNAUTHORIZED),
        ({"user": "ukjent"}, SourceFailure.UNAUTHORIZED),
        ({"user": READER, "password": READER_PASSWORD}, SourceFailure.FORBIDDEN),
        ({"people_sql": None, "results_sql": None}, SourceFailure.NOT_FOUND),
        ({"results_sql": "SELECT nosuch FROM resultat WHERE student IN :people"}, SourceFailure.NOT_UNDERSTOOD),
        ({"port": 1}, SourceFailure.UNREACHABLE),
        ({"url": "postgresql://skribent@127.0.0.1:{port}/borte?sslmode=disable"}, SourceFailure.NOT_FOUND),
        ({"url": "postgresql://skribent@127.0.0.1:{port}/rettigheter?sslmode=require"}, SourceFailure.INSECURE),
    ],
    ids=["password", "user", "right", "view", "column", "port", "database", "TLS"],
)
def test_each_refusal_is_told_apart(
    opened: Callable[..., Source], server: Cluster, who: dict[str, Any], failure: SourceFailure
) -> None:
    if "url" in who:
        who = {"url": who["url"].replace("{port}", str(server.port))}
    assert failure_of(opened(**who)) is failure


def test_a_row_that_the_database_breaks_over_is_one_persons_failure(
    opened: Callable[..., Source], owner: Engine
) -> None:
    with owner.connect() as db:
        db.execute(text("UPDATE resultat SET poeng = 'ti' WHERE student = 2"))
    points = "SELECT student AS person, emne AS code, poeng::numeric AS credits FROM resultat WHERE student IN :people"
    kari, ola = both(opened(results_sql=points))
    assert isinstance(kari, Reply)
    assert kari.outcome is Outcome.FOUND
    assert isinstance(ola, SourceError)
    assert ola.failure is SourceFailure.SERVER_ERROR


def test_a_value_that_the_driver_cannot_read_is_one_persons_failure(
    opened: Callable[..., Source], owner: Engine
) -> None:
    with owner.connect() as db:
        db.execute(text("UPDATE student SET født = 'infinity' WHERE nr = 2"))
    kari, ola = both(opened())
    assert isinstance(kari, Reply)
    assert isinstance(ola, SourceError)
    assert ola.failure is SourceFailure.NOT_UNDERSTOOD


def test_bytes_are_no_text(opened: Callable[..., Source]) -> None:
    source = opened(results_sql="SELECT student AS person, bilag AS code FROM resultat WHERE student IN :people")
    assert failure_of(source) is SourceFailure.NOT_UNDERSTOOD


def test_a_connection_that_died_while_nobody_asked_is_made_anew(opened: Callable[..., Source], owner: Engine) -> None:
    source = opened()
    assert source.look_up(question()).outcome is Outcome.FOUND
    with owner.connect() as db:
        db.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'skribent'"))
    assert source.look_up(question()).outcome is Outcome.FOUND


def test_what_passes_is_asked_again(opened: Callable[..., Source], server: Cluster) -> None:
    with Tap(server.port) as tap:
        tap.cut_after = 10
        threading.Timer(0.15, lambda: setattr(tap, "cut_after", None)).start()
        assert opened(port=tap.port, attempts=5).look_up(question()).outcome is Outcome.FOUND


def test_no_more_are_connected_than_there_are_seats(opened: Callable[..., Source], owner: Engine) -> None:
    slow = "SELECT student AS person, pg_sleep(0.05)::text || 'x' AS code FROM resultat WHERE student IN :people"
    wait_until_none_is_connected(owner)
    source = opened(results_sql=slow, seats=2)
    askers = [threading.Thread(target=source.look_up, args=[question()], daemon=True) for _ in range(6)]
    for asker in askers:
        asker.start()
    most, ends = 0, time.monotonic() + 30
    while any(asker.is_alive() for asker in askers):
        most = max(most, connected(owner))
        assert time.monotonic() < ends
    assert most == 2


def test_a_source_that_is_closed_lets_go_of_those_who_wait(opened: Callable[..., Source]) -> None:
    with Tap() as tap:
        tap.voice = says_nothing
        source = opened(port=tap.port, timeout_seconds=60)
        threading.Timer(0.2, source.close).start()
        began = time.monotonic()
        assert failure_of(source) is SourceFailure.BROKEN_OFF
        assert time.monotonic() - began < 10


def test_the_example_of_the_documentation_works(server: Cluster, tmp_path: Path) -> None:
    blocks = re.findall(r"```sql\n(.*?)```", DOCUMENTATION.read_text(encoding="utf-8"), re.DOTALL)
    admin = create_engine(server.url(), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with admin.connect() as db:
        db.execute(text("CREATE DATABASE eksempel"))
    example = create_engine(server.url(database="eksempel"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with example.connect() as db:
        for sql in (EXAMPLE, *blocks):
            db.exec_driver_sql(sql.replace("change this", READER_PASSWORD))
        values = {"kari": KARI_NUMBER, "before": FORMER_NUMBER}
        for statement in EXAMPLE_ROWS:
            db.execute(text(statement), values)
    (tmp_path / "hemmelig").write_text(READER_PASSWORD)
    url = f"postgresql://eksternstudium@127.0.0.1:{server.port}/eksempel"
    settings = DatabaseSettings(institution=UIO, url=url, secret_file=Path("hemmelig"))
    source = open_source(settings, Settings(instance=tmp_path))
    assert source.describe().facts.keys() == {"Databasetype"}
    transcript = source.look_up(question(FORMER_NUMBER)).transcript
    source.close()
    assert transcript is not None
    assert sorted(transcript.learner.national_identifiers) == sorted([KARI_NUMBER, FORMER_NUMBER])
    results = transcript.studies[0].results
    assert [(each.code, each.parent, each.credits) for each in results] == [("BIO3", None, 180), ("BIO100", 0, 10)]
    assert [(row.code, row.reason) for row in transcript.left_out] == [("MAT100", LeftOutReason.FAILED)]
