"""What a row is: category, code and version apart, names, NUS code, address."""

import pytest

from webapp.model import Category
from webapp.sources.elmo import read

DANISH = '<issuer><country>DK</country><title xml:lang="en">University</title></issuer>'
OWN = "urn:x-eksternstudium:elmo:1"


@pytest.mark.parametrize(
    ("kind", "category"),
    [
        ("Degree Programme", Category.QUALIFICATION),
        ("Degree", Category.QUALIFICATION),
        ("Course", Category.COURSE),
        ("Class", Category.COURSE),
        ("Module", Category.COURSE),
        ("Module group", Category.COURSE_GROUP),
        ("Exchange", Category.PARTIAL_STUDIES),
        ("Delstudier", Category.PARTIAL_STUDIES),
        ("praksis", Category.PRACTICE),
    ],
)
def test_the_type_says_the_category(result_of, kind, category):
    assert result_of(f"<type>{kind}</type>").category is category


@pytest.mark.parametrize("kind", ["<type>Module</type>", ""])
def test_what_has_parts_is_a_group(document, row, kind):
    transcript = read(document(row(kind, parts=(row("<type>Course</type>"),))))
    assert [(r.category, r.parent) for r in transcript.studies[0].results] == [
        (Category.COURSE_GROUP, None),
        (Category.COURSE, 0),
    ]


@pytest.mark.parametrize(
    ("inside", "category"),
    [
        ("<title>Bachelor</title>", Category.QUALIFICATION),
        ("<educationLevel>Bachelor</educationLevel>", Category.COURSE),
    ],
)
def test_a_qualification_is_one_when_it_has_a_name(result_of, inside, category):
    assert result_of(f"<qualification>{inside}</qualification>").category is category


def test_our_own_category_wins(result_of):
    done = f'<extension><category xmlns="{OWN}">PRAKSIS</category></extension>'
    assert result_of("<type>Course</type>", done).category is Category.PRACTICE


def test_an_unknown_type_is_a_finding(document, row):
    transcript = read(document(row("<type>Kurs</type>")))
    assert [(found.code, found.text) for found in transcript.findings] == [("unknown-type", "Kurs")]


@pytest.mark.parametrize(
    ("identifiers", "code", "version"),
    [
        ([("local", "INF4000-1")], "INF4000", "1"),
        ([("local", "HFB3-SPR-3-1")], "HFB3-SPR-3", "1"),
        ([("local", "EKSTERN")], "EKSTERN", None),
        ([("local", "A-1"), ("courseCode", "INF4000"), ("courseVersion", "2")], "INF4000", "2"),
        ([("local", "A-1-2"), ("courseVersion", "2")], "A-1", "2"),
        ([("elmo", "1"), ("nus", "2"), ("fs", "KIRP5")], "KIRP5", None),
        ([("elmo", "1"), ("nus", "2")], None, None),
    ],
)
def test_code_and_version_are_told_apart(result_of, identifiers, code, version):
    what = "".join(f'<identifier type="{kind}">{text}</identifier>' for kind, text in identifiers)
    result = result_of(what + "<type>Course</type>")
    assert (result.code, result.version) == (code, version)


def test_a_qualifications_code_has_no_version(result_of):
    what = '<identifier type="local">MNM2-1</identifier><type>Degree Programme</type>'
    assert (result_of(what).code, result_of(what).version) == ("MNM2-1", None)


def test_codes_of_other_countries_stay_as_they_are(result_of):
    result = result_of("<identifier>01905-1</identifier><type>Course</type>", issuer=DANISH)
    assert (result.code, result.version) == ("01905-1", None)


def test_identifiers_may_stand_inside_the_qualification(result_of):
    inside = '<identifier type="local">MNB3</identifier><identifier type="nus">659915</identifier>'
    result = result_of(f"<type>Degree</type><qualification>{inside}</qualification>")
    assert (result.code, result.nus) == ("MNB3", "659915")


@pytest.mark.parametrize(
    ("titles", "name"),
    [
        ('<title xml:lang="no">Fjell</title>', {"nb": "Fjell"}),
        ('<title xml:lang="no">Gammelt</title><title xml:lang="nb">Nytt</title>', {"nb": "Nytt"}),
        ('<title xml:lang="nb">Nytt</title><title xml:lang="no">Gammelt</title>', {"nb": "Nytt"}),
        ('<title xml:lang="FI">Fysiikka</title><title xml:lang="en"/>', {"fi": "Fysiikka"}),
        ('<title xml:lang="en-GB">Physics</title>', {"en": "Physics"}),
        ("<title> To\n  linjer </title>", {"und": "To linjer"}),
        ('<title xml:lang="?">Hva</title>', {"und": "Hva"}),
        ("<title>The &lt;b<![CDATA[r>]]><!-- x --> in</title>", {"und": "The <br> in"}),
        ("<title>Kurs i <i>kursiv</i>\u009b31m</title>", {"und": "Kurs i kursiv31m"}),
    ],
)
def test_names_are_kept_in_every_language(result_of, titles, name):
    assert result_of(titles).name == name


def test_an_address_is_kept(result_of):
    assert result_of("<url>https://www.uio.no/INF4000/</url>").url == "https://www.uio.no/INF4000/"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "www.uta.fi", "data:text/html,x"])
def test_what_is_no_web_address_is_left_and_noted(document, row, address):
    transcript = read(document(row(f"<url>{address}</url>")))
    assert transcript.studies[0].results[0].url is None
    assert [(found.code, found.text) for found in transcript.findings] == [("unreadable-url", address)]
