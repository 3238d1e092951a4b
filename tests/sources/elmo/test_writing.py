"""What is written is valid ELMO 1.7 and reads back equal."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from webapp.model import (
    Category,
    Finding,
    Identifier,
    Institution,
    Learner,
    LeftOut,
    LeftOutReason,
    Level,
    Result,
    Season,
    Study,
    Term,
    Transcript,
)
from webapp.sources.elmo import FindingCode, read, write

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
REAL_FILES = [
    "official-example-v1.7.0.xml",
    "fi-purl-18los.xml",
    "no-purl-uio-degree-modulegroup.xml",
    "no-purl-empmockup.xml",
    "no-vitnemalsportalen-test-2023.xml.b64",
    "se-ladok-umu-30los-valid.xml",
    "dk-stads-36los-v1ns.xml",
    "dk-stads-4los-nonamespace.xml",
]
DEGREE = Result(
    Category.QUALIFICATION,
    code="MNM2-BIO",
    name={"nb": "Master i biologi", "en": "Master of Science in Biology"},
    date=date(2020, 6, 15),
    credits=Decimal(120),
    credit_scheme="ECTS",
    level=Level("EQF", "7"),
    nus="751909",
)
THESIS = Result(
    Category.COURSE,
    code="BIO5960",
    version="1",
    name={"nb": "Masteroppgave"},
    thesis_title={"nb": "Torsk i nord", "und": "Cod"},
    term=Term(2020, Season.SPRING),
    credits=Decimal("60.0"),
    credit_scheme="ECTS",
    grade="B",
    grading_scheme="30",
    level=Level("FS", "500"),
    url="https://www.uio.no/BIO5960/",
    parent=0,
    source_key="ewp-loi-id:1",
)
PRACTICE = Result(Category.PRACTICE, name={"nn": "Praksis"}, term=Term(2019, Season.AUTUMN, derived=True))
TRANSCRIPT = Transcript(
    Learner((Identifier("nationalIdentifier", "01819012345"),), "Kari", "Nordmann", date(1990, 1, 1)),
    (
        Study(Institution(185, {"nb": "Universitetet i Oslo"}, "uio.no"), (DEGREE, THESIS, PRACTICE)),
        Study(Institution(214, {}, merged_into=1174)),
    ),
    (LeftOut("MAT1001", {"nb": "Matte"}, LeftOutReason.FAILED),),
    (Finding(FindingCode.UNREADABLE_DATE, "/elmo/report", "i fjor"),),
)

# Values as `read` leaves them: trimmed, never blank, without control characters.
PLAIN = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff")
TEXT = st.text(PLAIN, max_size=20).map(lambda text: " ".join(text.split())).filter(bool)
NAMES = st.dictionaries(st.sampled_from(["nb", "nn", "en", "se", "fi", "zh-hant", "und"]), TEXT, max_size=3)
DATES = st.dates(min_value=date(1000, 1, 1))
LEVELS = st.builds(Level, st.sampled_from(["EQF", "FS", "ELMO", "NQF"]), TEXT.filter(lambda value: value != "-"))
TERMS = st.builds(Term, st.integers(1900, 2199), st.sampled_from(Season), st.booleans())
CREDITS = st.decimals(min_value=0, max_value=10**9, places=3) | st.just(Decimal("0"))


def maybe(strategy):
    return st.none() | strategy


RESULTS = st.builds(
    Result,
    category=st.sampled_from(Category),
    code=maybe(TEXT),
    version=maybe(TEXT),
    name=NAMES,
    thesis_title=NAMES,
    term=maybe(TERMS),
    date=maybe(DATES),
    credits=maybe(CREDITS),
    credit_scheme=maybe(TEXT),
    grade=maybe(TEXT),
    grading_scheme=maybe(TEXT),
    level=maybe(LEVELS),
    nus=maybe(TEXT),
    url=maybe(st.sampled_from(["https://www.uio.no/emner?a=1&b=2", "HTTP://ntnu.no"])),
    source_key=maybe(TEXT | st.sampled_from(["a:b", "elmo:1", ":1", "a: b", "sourceKey:1", "a:b:c", "a:"])),
)
INSTITUTIONS = st.builds(
    Institution,
    number=maybe(st.integers(0, 99_999_999)),
    name=NAMES,
    schac=maybe(TEXT),
    erasmus=maybe(TEXT),
    merged_into=maybe(st.integers(0, 99_999_999)),
)


@st.composite
def studies(draw):
    """A study in document order: the parent of a result is one of those that it stands inside."""
    inside, results = [], []
    for result in draw(st.lists(RESULTS, max_size=5)):
        depth = draw(st.integers(0, len(inside)))
        results.append(replace(result, parent=inside[depth - 1] if depth else None))
        inside = [*inside[:depth], len(results) - 1]
    return Study(draw(INSTITUTIONS), tuple(results))


TRANSCRIPTS = st.builds(
    Transcript,
    learner=st.builds(
        Learner,
        identifiers=st.lists(
            st.builds(Identifier, st.just("nationalIdentifier") | TEXT, TEXT), max_size=2, unique=True
        ).map(tuple),
        given_names=maybe(TEXT),
        family_name=maybe(TEXT),
        birth_date=maybe(DATES),
    ),
    studies=st.lists(studies(), max_size=3).map(tuple),
    left_out=st.lists(st.builds(LeftOut, maybe(TEXT), NAMES, st.sampled_from(LeftOutReason)), max_size=2).map(tuple),
    findings=st.lists(
        st.builds(Finding, st.sampled_from(FindingCode), st.just("/elmo/report[2]/url"), TEXT | st.just("")),
        max_size=2,
    ).map(tuple),
)


@given(TRANSCRIPTS)
def test_any_transcript_reads_back_equal(transcript):
    assert read(write(transcript, NOW)) == transcript


def test_what_has_no_place_in_elmo_comes_back_too():
    assert read(write(TRANSCRIPT, NOW)) == TRANSCRIPT


@given(transcript=TRANSCRIPTS)
def test_any_transcript_is_written_by_the_schema(schema, transcript):
    schema.assertValid(etree.fromstring(write(transcript, NOW)))


@pytest.mark.parametrize("name", REAL_FILES)
def test_a_real_file_is_written_by_the_schema_and_reads_back_equal(shared, schema, name):
    transcript = read((shared / name).read_bytes())
    written = write(transcript, NOW)
    schema.assertValid(etree.fromstring(written))
    assert read(written) == transcript


def test_credits_are_written_as_they_were_given():
    assert str(read(write(TRANSCRIPT, NOW)).studies[0].results[1].credits) == "60.0"


def test_a_course_is_written_as_fs_writes_it():
    course = etree.fromstring(write(TRANSCRIPT, NOW)).findall(".//{*}learningOpportunitySpecification")[1]
    assert [(i.get("type"), i.text) for i in course.findall("{*}identifier")] == [
        ("local", "BIO5960-1"),
        ("courseCode", "BIO5960"),
        ("courseVersion", "1"),
    ]
    assert [title.text for title in course.findall(".//{*}academicTerm/{*}title")] == [
        "2020 Vår",
        "2020 Vår",
        "2020 Spring",
    ]


@pytest.mark.parametrize(
    ("institution", "url"),
    [
        (Institution(185, schac="uio.no"), "https://www.uio.no/"),
        (Institution(185), "urn:x-eksternstudium:institution:185"),
        (Institution(None), "urn:x-eksternstudium:institution:unknown"),
    ],
)
def test_every_issuer_has_an_address(institution, url):
    written = write(Transcript(Learner(), (Study(institution),)), NOW)
    assert etree.fromstring(written).findtext(".//{*}issuer/{*}url") == url
