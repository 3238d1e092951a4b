"""`eksternstudium elmo show`: what a person and a program read of a file."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from click.testing import CliRunner

from webapp.cli.elmo import elmo
from webapp.model import (
    Category,
    Finding,
    Identifier,
    Institution,
    Learner,
    LeftOut,
    LeftOutReason,
    Result,
    Season,
    Study,
    Term,
    Transcript,
)
from webapp.sources.elmo import transcript_json, write

DEGREE = Result(Category.QUALIFICATION, code="MNB3", name={"nb": "Bachelor i biologi"}, credits=Decimal(180))
COURSE = Result(
    Category.COURSE,
    code="BIO1000",
    version="1",
    name={"nb": "Grunnkurs [bold]", "en": "Basics"},
    thesis_title={"nb": "Torsk"},
    term=Term(2020, Season.AUTUMN, derived=True),
    credits=Decimal("10.0"),
    credit_scheme="ECTS",
    grade="B",
    parent=0,
)
KARI = Transcript(
    Learner((Identifier("nationalIdentifier", "01819012345"),), "Kari", "Nordmann", date(1990, 1, 1)),
    (Study(Institution(185, {"nb": "Universitetet i Oslo"}), (DEGREE, COURSE)),),
    (LeftOut("MAT1001", {"nb": "Matte"}, LeftOutReason.UNCERTAIN),),
    (
        Finding("unreadable-date", "/elmo/report", "01819012345"),
        Finding("from-another-version", "/elmo", "x"),
    ),
)
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "kari.xml"
    path.write_bytes(write(KARI, NOW))
    return path


@pytest.fixture
def show():
    """Runs `elmo show` in a wide terminal."""
    return lambda *words: CliRunner(env={"COLUMNS": "120"}).invoke(elmo, ["show", *map(str, words)])


def test_json_stands_alone_on_standard_output(show, file):
    shown = show(file, "--json")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert json.loads(shown.stdout) == transcript_json(KARI)


def test_courses_are_indented_below_their_qualification(show, file):
    lines = [line.rstrip() for line in show(file).stdout.splitlines()]
    degree = next(line for line in lines if "MNB3" in line)
    course = next(line for line in lines if "BIO1000" in line)
    assert course.index("BIO1000-1") == degree.index("MNB3") + 2
    assert course.split(maxsplit=1)[1].split("  ") == [
        "Grunnkurs [bold] «Torsk»",
        "2020 HØST (avledet)",
        "10.0 ECTS",
        "B",
    ]


def test_the_identity_number_is_masked_wherever_it_stands(show, file):
    shown = show(file).stdout
    assert "Kari Nordmann, født 01.01.1990, nationalIdentifier 018190 *****" in shown
    assert "01819012345" not in shown


def test_what_was_left_out_and_not_understood_is_said(show, file):
    shown = show(file).stdout
    assert "MAT1001 Matte: usikkert om det er bestått" in shown
    assert "En dato lot seg ikke tyde. /elmo/report: 018190 *****" in shown
    assert "from-another-version /elmo: x" in shown


def test_no_results_are_said_in_words(show, tmp_path):
    path = tmp_path / "tom.xml"
    path.write_bytes(write(Transcript(Learner()), NOW))
    assert show(path).stdout.split("\n")[:2] == ["(uten navn)", "Ingen resultater."]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "Filen fins ikke.\n"),
        (b"hei", "Svaret er ikke et ELMO-dokument: det er ikke XML.\n"),
        (b"<!DOCTYPE elmo><elmo/>", "ELMO-dokumentet inneholder en DOCTYPE, som ikke slippes inn.\n"),
    ],
)
def test_a_file_that_cannot_be_read_ends_with_one_sentence(show, tmp_path, content, sentence):
    path = tmp_path / "x.xml"
    if content is not None:
        path.write_bytes(content)
    shown = show(path, "--json")
    assert (shown.exit_code, shown.stdout, shown.stderr) == (2, "", sentence)


def test_a_folder_is_no_file(show, tmp_path):
    shown = show(tmp_path)
    assert (shown.exit_code, shown.stderr) == (2, "Filen lar seg ikke lese.\n")
