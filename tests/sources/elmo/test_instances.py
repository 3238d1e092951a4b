"""What was attained: dates, terms, extents, grades, levels and keys as real sources write them."""

from datetime import date
from decimal import Decimal

import pytest

from webapp.model import Level, Season, Term
from webapp.sources.elmo import read

FS = 'xmlns="http://www.fellesstudentsystem.no/applikasjoner/webservice/schemas/emrex"'


def findings_of(document, row, done):
    transcript = read(document(row("<title>Emne</title>", done)))
    return [(found.code, found.path.rsplit("/", 1)[-1], found.text) for found in transcript.findings]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2019-07-15", date(2019, 7, 15)),
        (" 2019-07-15+02:00\n", date(2019, 7, 15)),
        ("2019-07-15Z", date(2019, 7, 15)),
        ("2014-11-28T00:00:00.000+02:00", date(2014, 11, 28)),
        ("18-07-1966", date(1966, 7, 18)),
        ("18.07.1966", date(1966, 7, 18)),
        ("2019 - 07 - 15", date(2019, 7, 15)),
    ],
)
def test_a_date_is_read_in_every_form_that_comes(result_of, written, day):
    assert result_of(done=f"<date>{written}</date>").date == day


@pytest.mark.parametrize("written", ["2012", "2019-02-30", "i fjor"])
def test_what_is_no_date_is_a_finding(document, row, written):
    assert findings_of(document, row, f"<date>{written}</date>") == [("unreadable-date", "date", written)]


@pytest.mark.parametrize(
    ("title", "term"),
    [
        ("2015 Høst", Term(2015, Season.AUTUMN)),
        ("Haust 2015", Term(2015, Season.AUTUMN)),
        ("2015 Autumn", Term(2015, Season.AUTUMN)),
        ("Fall 2015", Term(2015, Season.AUTUMN)),
        ("E16", Term(2016, Season.AUTUMN)),
        ("F99", Term(1999, Season.SPRING)),
        ("2012 Syksy", Term(2012, Season.AUTUMN)),
        ("Kevät 2013", Term(2013, Season.SPRING)),
        ("Vårterminen 2013", Term(2013, Season.SPRING)),
        ("2020 SOMMER", Term(2020, Season.SUMMER)),
        ("Autumn 2015/2016", Term(2015, Season.AUTUMN)),
        ("Spring 2015/2016", Term(2016, Season.SPRING)),
        ("va\u030ar 2019", Term(2019, Season.SPRING)),
    ],
)
def test_a_term_that_is_named_is_given(result_of, title, term):
    assert result_of(done=f"<academicTerm><title>{title}</title></academicTerm>").term == term


def test_the_first_title_that_can_be_read_names_the_term(result_of):
    titles = '<title xml:lang="no">2007 HÃ¸st</title><title xml:lang="nn">2007 Haust</title>'
    done = f"<academicTerm>{titles}<start>2010-01-15</start></academicTerm>"
    assert result_of(done=done).term == Term(2007, Season.AUTUMN)


@pytest.mark.parametrize(
    ("done", "term"),
    [
        ("<date>2019-07-31</date>", Term(2019, Season.SPRING, derived=True)),
        ("<date>2019-08-01</date>", Term(2019, Season.AUTUMN, derived=True)),
        ("<start>2012-07-15</start>", Term(2012, Season.AUTUMN, derived=True)),
        ("<start>2014-01-15</start>", Term(2014, Season.SPRING, derived=True)),
        ("<start>2014-01-15</start><date>2015-09-01</date>", Term(2015, Season.AUTUMN, derived=True)),
        (
            "<academicTerm><title>Winter</title><start>2014-10-01</start><end>2015-02-15</end></academicTerm>",
            Term(2014, Season.AUTUMN, derived=True),
        ),
        ("<academicTerm><end>2015-06-15</end></academicTerm>", Term(2015, Season.SPRING, derived=True)),
        ("<start>2012 Høst</start>", Term(2012, Season.AUTUMN)),
        ("", None),
    ],
)
def test_a_term_that_is_not_named_is_derived_and_says_so(result_of, done, term):
    assert result_of(done=done).term == term


def test_a_year_alone_makes_no_term(document, row):
    assert findings_of(document, row, "<start>2012</start>") == [("unreadable-term", "start", "2012")]


@pytest.mark.parametrize("written", ["10.000", "7.5", "0", "0.08333333333333"])
def test_credits_are_kept_as_written(result_of, written):
    done = f"<credit><scheme>ECTS</scheme><value> {written} </value></credit>"
    assert str(result_of(done=done).credits) == written


def test_credits_may_have_a_decimal_comma(result_of):
    done = "<credit><scheme>vekttall</scheme><value>2,5</value></credit>"
    assert (result_of(done=done).credits, result_of(done=done).credit_scheme) == (Decimal("2.5"), "vekttall")


def test_of_several_credits_ects_is_taken_and_the_rest_noted(document, row, result_of):
    done = (
        "<credit><scheme>vekttall</scheme><value>3</value></credit>"
        "<credit><scheme>ects</scheme><value>10</value></credit>"
    )
    assert (result_of(done=done).credits, result_of(done=done).credit_scheme) == (Decimal(10), "ects")
    assert findings_of(document, row, done) == [("further-credits", "credit[1]", "vekttall3")]


@pytest.mark.parametrize("written", ["ti", "-5", "1e3", "NaN", "٣"])
def test_credits_that_are_no_number_are_absent_and_noted(document, row, result_of, written):
    done = f"<credit><scheme>ECTS</scheme><value>{written}</value></credit>"
    assert result_of(done=done).credits is None
    assert findings_of(document, row, done) == [("unreadable-credits", "value", written)]


def test_purl_credits_stand_on_the_specification(result_of):
    what = "<credit><scheme>ECTS</scheme><level>390</level><value>180</value></credit>"
    assert (result_of(what).credits, result_of(what).level) == (Decimal(180), Level("FS", "390"))


@pytest.mark.parametrize(
    ("what", "done", "level"),
    [
        ("", "<level><type>EQF</type><value>7</value></level>", Level("EQF", "7")),
        ("", "<level><type>NQF</type><value>5</value></level>", Level("NQF", "5")),
        ("", "<level><type>EQF</type></level>", None),
        ("", "<credit><level>Bachelor</level></credit>", Level("ELMO", "Bachelor")),
        ("", "<credit><level>-</level></credit>", None),
        ("", f'<extension><element {FS} type="fsLevel">500</element></extension>', Level("FS", "500")),
        ("<level>MASTER</level>", "", Level("ELMO", "MASTER")),
        ("<level>1</level>", "", Level("ELMO", "1")),
        ("<level>BACHELOR</level>", "<credit><level>390</level></credit>", Level("FS", "390")),
    ],
)
def test_the_level_is_eqf_else_fs_else_the_word_in_the_file(result_of, what, done, level):
    assert result_of(what, done).level == level


@pytest.mark.parametrize(
    ("done", "grade", "scheme"),
    [
        ("<gradingSchemeLocalId>30</gradingSchemeLocalId><resultLabel>A</resultLabel>", "A", "30"),
        ('<result scheme="NO08"> Godkjent </result>', "Godkjent", "NO08"),
        (f'<extension><element {FS} type="fsGradingScheme">NO30</element></extension>', None, "NO30"),
        ("<resultLabel> </resultLabel>", None, None),
    ],
)
def test_the_grade_comes_with_its_scale(result_of, done, grade, scheme):
    result = result_of(done=done)
    assert (result.grade, result.grading_scheme) == (grade, scheme)


def test_a_thesis_title_comes_through_in_each_language(result_of):
    titles = (
        f'<element {FS} type="fsAssesmentName" xml:lang="no"> Torsk  i\n nord </element>'
        f'<element {FS} type="fsAssesmentName" xml:lang="en">Cod</element>'
    )
    done = f"<extension>{titles}</extension>"
    assert result_of(done=done).thesis_title == {"nb": "Torsk i nord", "en": "Cod"}


@pytest.mark.parametrize(
    ("identifiers", "key"),
    [
        ('<identifier type="opintosuoritus_avain">THH 1</identifier>', "opintosuoritus_avain:THH 1"),
        (
            '<identifier type="x">1</identifier><identifier type="ewp-loi-id">2</identifier>',
            "ewp-loi-id:2",
        ),
        ('<identifier type="elmo">457188157965887</identifier>', None),
    ],
)
def test_the_source_key_is_the_instances_own_identifier(result_of, identifiers, key):
    assert result_of(done=identifiers).source_key == key
