"""A database as a source, beyond the contract: SQL of its own, rows of every kind, and what may be set wrongly."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import date
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine, event

from webapp.config import Settings
from webapp.errors import Refusal, SourceError, SourceFailure, UnreadableElmo
from webapp.identity import make_synthetic
from webapp.model import Basis, Category, LeftOutReason, Level, Outcome, Purpose, Question, Reply, Result, Season, Term
from webapp.source_settings import DatabaseSettings
from webapp.sources import database
from webapp.sources.catalogue import Source, open_source, read_payload
from webapp.sources.database.payloads import payload_of
from webapp.sources.database.reading import read_rows
from webapp.sources.database.rows import COLUMNS
from world import KARI_NUMBER, OLA_NUMBER, UIO

DOCUMENTATION = Path(__file__).parent.parent.parent / "docs" / "database.md"
PERSON = {"person": 1, "identifier": KARI_NUMBER, "family_name": "Nordmann"}
COURSE = {"person": 1, "code": "BIO100", "term_year": 2019, "term_season": "HØST", "status": "passed"}
TABLES = """
    CREATE TABLE student (nr INTEGER, fnr TEXT, fornavn TEXT, etternavn TEXT);
    CREATE TABLE resultat (student INTEGER, emne TEXT, aar INTEGER, karakter TEXT);
    CREATE VIEW shared_people AS SELECT nr AS person, fnr AS identifier, etternavn AS family_name FROM student;
    CREATE VIEW shared_results AS SELECT student AS person, emne AS code, karakter AS grade FROM resultat;
    CREATE VIEW shared_qualifications AS SELECT student AS person, emne AS code FROM resultat WHERE 1 = 0;
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The database of an institution: Kari, number 1, and Ola, number 2, with a course each."""
    file = tmp_path / "studier.sqlite"
    with closing(sqlite3.connect(file)) as db, db:
        db.executescript(TABLES)
        people = [(1, KARI_NUMBER, "Kari", "Nordmann"), (2, OLA_NUMBER, "Ola", "Nordmann")]
        db.executemany("INSERT INTO student VALUES (?, ?, ?, ?)", people)
        db.executemany("INSERT INTO resultat VALUES (?, ?, 2020, ?)", [(1, "BIO100", "B"), (2, "KJM100", "C")])
    return file


@pytest.fixture
def opened(file: Path) -> Iterator[Callable[..., Source]]:
    """Opens that database with further settings."""
    sources: list[Source] = []

    def opened(**more: Any) -> Source:
        values = {"institution": UIO, "url": f"sqlite:///{file.name}", "timeout_seconds": 5} | more
        sources.append(open_source(DatabaseSettings(**values), Settings(instance=file.parent)))
        return sources[-1]

    yield opened
    for source in sources:
        source.close()


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """What is sent to databases."""
    sent: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield sent
    event.remove(Engine, "before_cursor_execute", note)


def question(*numbers: str) -> Question:
    return Question(numbers or (KARI_NUMBER,), Purpose.ADMISSION, Basis.STATUTE, "6f2d0a52-0f35-4b5e-9d0c-2a4f8f0c5a11")


def results_of(reply: Reply) -> tuple[Result, ...]:
    assert reply.transcript is not None
    return tuple(result for study in reply.transcript.studies for result in study.results)


def failure_of(source: Source) -> SourceFailure:
    with pytest.raises(SourceError) as caught:
        source.look_up(question())
    return caught.value.failure


def read(
    *results: Mapping[str, Any], qualifications: tuple[Mapping[str, Any], ...] = (), people: tuple[Any, ...] = (PERSON,)
) -> Any:
    """What rows become."""
    rows = {"people": people, "results": results, "qualifications": qualifications}
    return read_rows(payload_of(UIO, rows))


def codes(transcript: Any) -> list[tuple[str | None, int | None]]:
    return [(result.code, result.parent) for study in transcript.studies for result in study.results]


def test_sql_of_its_own_leaves_out_what_it_leaves_out(opened: Callable[..., Source]) -> None:
    source = opened(
        people_sql="SELECT nr AS person, fnr AS identifier FROM student WHERE fnr IN (:identifiers);",
        results_sql="SELECT student AS PERSON, emne AS Code, aar AS year FROM resultat WHERE student IN ( :people )",
    )
    reply = source.look_up(question())
    assert results_of(reply) == (Result(Category.COURSE, "BIO100"),)
    assert reply.transcript is not None
    assert reply.transcript.learner.family_name is None


def test_sql_of_its_own_may_know_why_and_for_whom_it_is_asked(opened: Callable[..., Source]) -> None:
    people = "SELECT nr AS person, fnr AS identifier FROM student WHERE fnr IN :identifiers"
    told = "SELECT student AS person, :purpose AS code, :basis AS version, :institution AS nus FROM resultat"
    reply = opened(people_sql=people, results_sql=f"{told} WHERE student IN :people").look_up(question())
    [result] = results_of(reply)
    assert (result.code, result.version, result.nus) == ("admission", "statute", str(UIO))


def test_where_sql_of_results_is_given_the_view_of_qualifications_is_not_asked(
    opened: Callable[..., Source], statements: list[str]
) -> None:
    opened(results_sql="SELECT student AS person, emne AS code FROM resultat WHERE student IN :people").look_up(
        question()
    )
    asked = " ".join(statements)
    assert "shared_people" in asked
    assert "shared_results" not in asked
    assert "shared_qualifications" not in asked


@pytest.mark.parametrize(
    "wrong",
    [
        {"people_sql": "SELECT * FROM student"},
        {"results_sql": "SELECT * FROM resultat"},
        {"url": "postgresql://leser:hemmelig@db.example.no/fs"},
        {"url": "postgresql://db.example.no/fs?user=leser&password=hemmelig"},
        {"url": "mysql://db.example.no/fs?passwd=hemmelig"},
        {"url": "db.example.no"},
    ],
    ids=lambda wrong: next(iter(wrong.values()))[:40],
)
def test_settings_that_would_ask_about_everybody_or_tell_a_secret_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        DatabaseSettings(**({"institution": UIO, "url": "sqlite:///a.sqlite"} | wrong))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"results_sql": "SELECT :people, :navn"}, ":navn"),
        ({"url": "mysql+pymysql://db.example.no/fs"}, "pymysql"),
        ({"url": "dbase://db.example.no/fs"}, "SQLAlchemy-adresse"),
        ({"url": "postgresql://db.example.no:port/fs"}, "SQLAlchemy-adresse"),
        ({"secret_env": "IKKE_SATT"}, "IKKE_SATT"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_database_that_cannot_be_opened_says_what_to_do(
    opened: Callable[..., Source], wrong: dict[str, str], said: str
) -> None:
    with pytest.raises(Refusal) as caught:
        opened(**wrong)
    assert said in str(caught.value)
    assert "db.example.no" not in str(caught.value)


def test_without_the_extra_it_is_said_what_to_install(
    opened: Callable[..., Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> object:
        raise ModuleNotFoundError(name="sqlalchemy")

    monkeypatch.setattr(database, "import_module", absent)
    with pytest.raises(Refusal, match=r"eksternstudium\[database\]"):
        opened()
    monkeypatch.setattr(database, "import_module", import_module)


def test_no_identifier_is_ever_sql(opened: Callable[..., Source], file: Path, statements: list[str]) -> None:
    evil = ["' OR '1'='1", "0) OR 1=1 --", "'; DROP TABLE student; --", ":people", "%(x)s", "\\"]
    source = opened()
    replies = dict(source.look_up_many({text: question(text) for text in evil}))
    assert {reply.outcome for reply in replies.values() if isinstance(reply, Reply)} == {Outcome.NOTHING}
    assert len(replies) == len(evil)
    assert not any(text in statement for text in evil[:3] for statement in statements)
    assert source.look_up(question()).outcome is Outcome.FOUND


def test_a_file_is_never_written(opened: Callable[..., Source], file: Path) -> None:
    before = file.read_bytes()
    writing = "DELETE FROM resultat WHERE student IN :people RETURNING student AS person, emne AS code"
    source = opened(results_sql=writing)
    assert failure_of(source) is SourceFailure.WRONGLY_SET_UP
    assert file.read_bytes() == before
    assert sorted(path.name for path in file.parent.iterdir()) == [file.name]


def test_a_file_that_is_exchanged_is_seen_at_once(opened: Callable[..., Source], file: Path) -> None:
    source = opened()
    assert source.look_up(question()).outcome is Outcome.FOUND
    fresh = file.with_suffix(".new")
    with closing(sqlite3.connect(fresh)) as db, db:
        db.executescript(TABLES)
    fresh.replace(file)
    assert source.look_up(question()).outcome is Outcome.NOTHING


def test_a_chunk_takes_three_queries_however_many_it_has(opened: Callable[..., Source], statements: list[str]) -> None:
    strangers = [make_synthetic(date(1980, 1 + n % 12, 1 + n // 12 % 28), n // 336) for n in range(998)]
    numbers = [KARI_NUMBER, OLA_NUMBER, *strangers]
    replies = dict(opened().look_up_many({number: question(number) for number in numbers}))
    found = [number for number, reply in replies.items() if isinstance(reply, Reply) and reply.transcript]
    assert len(replies) == 1000
    assert sorted(found) == sorted([KARI_NUMBER, OLA_NUMBER])
    # 500 at a time; the second chunk finds nobody, and asks for nothing more.
    assert sum(statement.startswith("SELECT") for statement in statements) == 3 + 1


def test_a_text_that_is_none_is_one_persons_failure(opened: Callable[..., Source], file: Path) -> None:
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE resultat SET emne = CAST(x'ff' AS TEXT) WHERE student = 2")
    replies = dict(opened().look_up_many({number: question(number) for number in (KARI_NUMBER, OLA_NUMBER)}))
    kari, ola = replies[KARI_NUMBER], replies[OLA_NUMBER]
    assert isinstance(kari, Reply)
    assert kari.outcome is Outcome.FOUND
    assert isinstance(ola, SourceError)
    assert ola.failure is SourceFailure.NOT_UNDERSTOOD


def test_a_view_that_breaks_over_everybody_is_not_asked_about_each(
    opened: Callable[..., Source], file: Path, statements: list[str]
) -> None:
    numbers = [make_synthetic(date(1970 + n // 28, 1, 1 + n % 28), 0) for n in range(500)]
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("DELETE FROM student")
        people = list(enumerate(numbers, start=10))
        db.executemany("INSERT INTO student VALUES (?, ?, NULL, NULL)", people)
        db.executemany("INSERT INTO resultat VALUES (?, CAST(x'ff' AS TEXT), 2020, 'B')", [(nr,) for nr, _ in people])
    replies = list(opened().look_up_many({number: question(number) for number in numbers}))
    assert sorted(ref for ref, _ in replies) == sorted(numbers)
    assert all(isinstance(reply, SourceError) for _, reply in replies)
    assert len(statements) < 300


@pytest.mark.parametrize(
    ("view", "sql", "failure"),
    [
        ("shared_results", None, SourceFailure.NOT_FOUND),
        ("shared_results", "SELECT emne AS code FROM resultat", SourceFailure.NOT_UNDERSTOOD),
        ("shared_people", "SELECT nr AS person, fnr FROM student", SourceFailure.NOT_UNDERSTOOD),
        ("shared_results", "SELECT nosuch(emne) AS code, student AS person FROM resultat", SourceFailure.BAD_REQUEST),
    ],
)
def test_views_that_lack_something_say_which_failure(
    opened: Callable[..., Source], file: Path, view: str, sql: str | None, failure: SourceFailure
) -> None:
    with closing(sqlite3.connect(file)) as db, db:
        db.execute(f"DROP VIEW {view}")
        if sql:
            db.execute(f"CREATE VIEW {view} AS {sql}")
    source = opened()
    assert failure_of(source) is failure
    with pytest.raises(SourceError) as caught:
        source.describe()
    assert caught.value.failure is failure


def test_rows_about_somebody_else_are_not_understood(opened: Callable[..., Source]) -> None:
    everybody = "SELECT student AS person, emne AS code FROM resultat WHERE student IN :people OR 1 = 1"
    assert failure_of(opened(results_sql=everybody)) is SourceFailure.NOT_UNDERSTOOD


def test_it_describes_what_it_has_and_what_is_not_used(opened: Callable[..., Source]) -> None:
    people = "SELECT nr AS person, fnr AS identifier, fornavn FROM student WHERE fnr IN :identifiers"
    said = opened(people_sql=people).describe()
    assert said.protocol == "database/1"
    assert said.batch == 500
    assert said.facts["Databasetype"].startswith("sqlite 3.")
    assert said.facts["Kolonner som ikke brukes"] == "people.fornavn"


def test_a_host_that_nobody_knows_is_told_apart(opened: Callable[..., Source], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEMMELIG", "passord")
    source = opened(url="postgresql://leser@finnes-ikke.invalid/fs", secret_env="HEMMELIG")
    with pytest.raises(SourceError) as caught:
        source.look_up(question())
    assert caught.value.failure is SourceFailure.NAME_UNKNOWN
    assert not any(text in f"{caught.value} {source!r}" for text in ("invalid", "passord", "leser"))


def test_a_row_with_everything_comes_with_everything() -> None:
    row = {
        "person": 1,
        "category": "EMNE",
        "source_key": 17,
        "position": 3,
        "code": " BIO100 ",
        "version": 1,
        "name": "Biologi",
        "name_nb": "Innføring i biologi",
        "name_se": "Biologiija",
        "thesis_title_en": "Lichens",
        "term_year": 2019,
        "term_season": "VÅR",
        "date": "2019-06-14T00:00:00",
        "credits": "10.50",
        "credit_scheme": "Studiepoeng",
        "grade": "B",
        "grading_scheme": 30,
        "level_scheme": "EQF",
        "level": 6,
        "nus": 641101,
        "url": "https://example.no/BIO100",
        "status": "passed",
        "institution_number": 211,
        "institution_name_nb": "Høgskolen i Østfold",
    }
    transcript = read(row)
    [study] = transcript.studies
    assert (study.institution.number, study.institution.name) == (211, {"nb": "Høgskolen i Østfold"})
    assert study.results == (
        Result(
            Category.COURSE,
            "BIO100",
            version="1",
            name={"und": "Biologi", "nb": "Innføring i biologi", "se": "Biologiija"},
            thesis_title={"en": "Lichens"},
            term=Term(2019, Season.SPRING),
            date=date(2019, 6, 14),
            credits=Decimal("10.5"),
            credit_scheme="ECTS",
            grade="B",
            grading_scheme="30",
            level=Level("EQF", "6"),
            nus="641101",
            url="https://example.no/BIO100",
            source_key="17",
        ),
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"category": "SANG"},
        {"category": None},
        {"status": "kanskje"},
        {"status": None},
        {"term_season": "VINTER"},
        {"term_year": None},
        {"term_year": "i fjor"},
        {"date": "14. juni"},
        {"date": 20190614},
        {"credits": "mange"},
        {"credits": "NaN"},
        {"credits": "1E+400000"},
        {"credits": -10},
        {"level": "6"},
        {"code": True},
        {"code": {"unreadable": "bytes"}},
        {"code": None},
        {"code": "  "},
        {"name_nb": 1.5},
        {"institution_number": "UiO"},
        {"position": "først"},
        {"category": "EMNESAMLING", "source_key": "A", "part_of": "A"},
    ],
    ids=str,
)
def test_a_row_that_is_wrong_is_not_guessed_at(wrong: dict[str, object]) -> None:
    read(COURSE)
    with pytest.raises(UnreadableElmo) as caught:
        read(COURSE | wrong)
    assert KARI_NUMBER not in str(caught.value)


@pytest.mark.parametrize("wrong", [None, "123", "studentnr", "0123456789012"])
def test_a_number_that_is_no_national_number_is_not_understood(wrong: str | None) -> None:
    with pytest.raises(UnreadableElmo):
        read(COURSE, people=(PERSON, PERSON | {"identifier": wrong}))


def test_a_number_kept_as_a_number_gets_its_zero_back() -> None:
    transcript = read(COURSE, people=(PERSON | {"identifier": 3859812345},))
    assert transcript.learner.national_identifiers == ("03859812345",)


def test_rows_stand_in_the_order_that_they_are_given_or_by_time() -> None:
    by_time = [COURSE | {"code": code, "term_year": year} for code, year in (("B", 2020), ("C", 2018), ("A", 2020))]
    assert [code for code, _ in codes(read(*by_time))] == ["C", "A", "B"]
    given = [row | {"position": position} for row, position in zip(by_time, (2, 3, 1), strict=True)]
    assert [code for code, _ in codes(read(*given))] == ["A", "B", "C"]


def test_parts_stand_below_what_they_are_part_of() -> None:
    degree = {"person": 1, "source_key": "Q", "code": "BIO3"}
    group = COURSE | {"category": "EMNESAMLING", "source_key": "G", "part_of": "Q", "code": "GRUPPE"}
    courses = (COURSE | {"part_of": "G"}, COURSE | {"code": "LØS"}, COURSE | {"code": "HENGER", "part_of": "BORTE"})
    transcript = read(*courses, group, qualifications=(degree,))
    assert codes(transcript) == [("BIO3", None), ("GRUPPE", 0), ("BIO100", 1), ("HENGER", None), ("LØS", None)]


def test_keys_of_results_and_of_qualifications_may_be_the_same_numbers() -> None:
    degree = {"person": 1, "source_key": 17, "code": "BIO3"}
    courses = [COURSE | {"code": f"BIO{key}", "source_key": key, "part_of": 17} for key in (16, 17, 18)]
    below = [("BIO16", 0), ("BIO17", 0), ("BIO18", 0)]
    assert codes(read(*courses, qualifications=(degree,))) == [("BIO3", None), *below]
    assert codes(read(*courses)) == [(code, None) for code, _ in below]


def test_what_is_part_of_something_left_out_is_loose() -> None:
    degree = {"person": 1, "source_key": "Q", "code": "BIO3", "status": "in-progress"}
    transcript = read(COURSE | {"part_of": "Q"}, qualifications=(degree,))
    assert codes(transcript) == [("BIO100", None)]
    assert [(row.code, row.reason) for row in transcript.left_out] == [("BIO3", LeftOutReason.IN_PROGRESS)]


def test_results_of_another_institution_stand_under_it() -> None:
    before = COURSE | {"code": "ØST1", "term_year": 2018, "institution_number": 211}
    named = COURSE | {"code": "UTE1", "term_year": 2020, "institution_name_en": "Academy of Somewhere"}
    transcript = read(before, COURSE, named)
    assert [(study.institution.number, study.institution.name) for study in transcript.studies] == [
        (UIO, {}),
        (211, {}),
        (None, {"en": "Academy of Somewhere"}),
    ]


def test_where_no_status_is_told_a_failing_grade_raises_doubt() -> None:
    silent = {name: value for name, value in COURSE.items() if name != "status"}
    transcript = read(silent | {"grade": "B"}, silent | {"code": "MAT100", "grade": "F"})
    assert codes(transcript) == [("BIO100", None)]
    assert [(row.code, row.reason) for row in transcript.left_out] == [("MAT100", LeftOutReason.UNCERTAIN)]


def test_a_link_that_is_no_web_address_is_left_out_and_told() -> None:
    transcript = read(COURSE | {"url": "javascript:alert(1)"})
    assert transcript.studies[0].results[0].url is None
    assert [finding.code for finding in transcript.findings] == ["unreadable-url"]


def test_the_same_rows_are_the_same_bytes_in_any_order_and_number() -> None:
    rows = [COURSE, COURSE | {"code": "KJM100"}]
    one = payload_of(UIO, {"people": [PERSON], "results": rows})
    other = payload_of(UIO, {"results": [*reversed(rows), dict(reversed(rows[0].items()))], "people": [PERSON]})
    assert one == other
    assert json.loads(one)["protocol"] == "database/1"
    assert read_payload(one) == read_rows(one)


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b'{"protocol":"database/1"}', b'{"institution":1,"people":3}'])
def test_what_is_no_answer_of_a_database_cannot_be_read(payload: bytes) -> None:
    with pytest.raises(UnreadableElmo):
        read_rows(payload)


def test_every_column_stands_in_the_documentation() -> None:
    text = DOCUMENTATION.read_text(encoding="utf-8")
    assert [name for names in COLUMNS.values() for name in names if f"`{name}`" not in text] == []
