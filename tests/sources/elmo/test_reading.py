"""Whole documents: learners, issuers, nesting, what is left out, and what stands twice."""

from datetime import date

import pytest

from webapp.model import Finding, Identifier, Institution, Learner, LeftOut, LeftOutReason
from webapp.sources.elmo import read

KARI = Learner((Identifier("nationalIdentifier", "01819012345"),), "Kari", "Nordmann", date(1990, 1, 1))
OLA = """<learner><identifier type="nationalIdentifier">02819012345</identifier>
  <givenNames>Ola</givenNames><familyName>Nordmann</familyName><bday>1990-01-01</bday></learner>"""
OSLO = Institution(185, {"nb": "Universitetet i Oslo"}, "uio.no")
GERMAN = "<issuer><country>DE</country><title>Universität</title></issuer>"
NUMBER_WITHOUT_ZERO = """<learner><citizenship>NO</citizenship>
  <identifier type="nationalIdentifier">1819012345</identifier></learner>"""


def codes(transcript):
    return [[result.code for result in study.results] for study in transcript.studies]


@pytest.mark.parametrize(
    ("namespace", "findings"),
    [
        ("https://github.com/emrex-eu/elmo-schemas/tree/v1", ()),
        ("http://purl.org/net/elmo", ()),
        (
            "https://github.com/emrex-eu/elmo-schemas/tree/v1.3.0",
            (Finding("unexpected-namespace", "/elmo", "https://github.com/emrex-eu/elmo-schemas/tree/v1.3.0"),),
        ),
        ("", (Finding("unexpected-namespace", "/elmo", ""),)),
    ],
)
def test_a_wrong_namespace_is_read_and_noted(document, row, namespace, findings):
    transcript = read(document(row(), namespace=namespace))
    assert (transcript.learner, len(transcript.studies[0].results)) == (KARI, 1)
    assert transcript.findings == findings


def test_prefixes_and_wrappers_change_nothing(document, row):
    bare = document(row('<identifier type="local">A</identifier>'))
    prefixed = bare.replace(b"xmlns=", b"xmlns:e=").replace(b"<", b"<e:").replace(b"<e:/", b"</e:")
    wrapped = b"<response><tor><omobility-id>1</omobility-id>" + prefixed + b"</tor></response>"
    assert read(wrapped) == read(prefixed) == read(bare)


def test_elmo_2_says_date_of_birth(document):
    learner = "<learner><dateOfBirth>1990-01-01</dateOfBirth></learner>"
    assert read(document(learner=learner)).learner == Learner(birth_date=date(1990, 1, 1))


def test_a_learner_without_results_has_an_empty_transcript(document):
    transcript = read(document())
    assert (transcript.learner, codes(transcript), transcript.findings) == (KARI, [[]], ())


def test_a_learner_of_whom_nothing_is_said_is_still_one(document):
    assert read(document(learner="<learner/>")).learner == Learner()


def test_the_learner_may_stand_in_the_report(document):
    inside = document(learner="<learner/>").replace(b"<report>", b"<report>" + OLA.encode())
    assert read(inside).learner.given_names == "Ola"


def test_a_report_about_somebody_else_is_not_taken(document, row):
    ours = document(row()).decode()
    theirs = f"<report>{OLA}{row()}</report>"
    transcript = read(ours.replace("</elmo>", f"{theirs}</elmo>").encode())
    assert (transcript.learner, codes(transcript)) == (KARI, [[None]])
    assert transcript.findings == (Finding("other-learner", "/elmo/report[2]", ""),)


def test_the_same_person_in_two_reports_is_one(document, row):
    again = '<learner><identifier type="esi">urn:x</identifier><givenNames>KARI</givenNames>'
    again += "<familyName>Nordmann</familyName><bday>1990-01-01</bday></learner>"
    ours = document(row()).decode().replace("</elmo>", f"<report>{again}{row()}</report></elmo>")
    transcript = read(ours.encode())
    assert transcript.learner.identifiers == (*KARI.identifiers, Identifier("esi", "urn:x"))
    assert codes(transcript) == [[None], [None]]


def test_reports_of_one_issuer_are_one_study(document, row):
    first, second = (row(f'<identifier type="local">{code}</identifier>') for code in "AB")
    by_number = '<issuer><identifier type="local">185</identifier><title xml:lang="en">Oslo</title></issuer>'
    ours = document(first).decode().replace("</elmo>", f"<report>{by_number}{second}</report></elmo>")
    transcript = read(ours.encode())
    assert codes(transcript) == [["A", "B"]]
    assert transcript.studies[0].institution == Institution(185, {"nb": "Universitetet i Oslo", "en": "Oslo"}, "uio.no")


@pytest.mark.parametrize(
    ("issuer", "number"),
    [
        (None, "01819012345"),
        (GERMAN, "1819012345"),
        ("<issuer/>", "01819012345"),
        ("<issuer><identifier type='schac'>uw.edu.pl</identifier></issuer>", "1819012345"),
        ("<issuer><identifier type='erasmus'>N OSLO01</identifier></issuer>", "01819012345"),
    ],
)
def test_a_lost_zero_is_given_back_to_norwegian_numbers_only(document, issuer, number):
    around = {"issuer": issuer} if issuer is not None else {}
    transcript = read(document(learner=NUMBER_WITHOUT_ZERO, **around))
    assert transcript.learner.identifiers == (Identifier("nationalIdentifier", number),)


@pytest.mark.parametrize(
    ("issuer", "number"),
    [
        ("<country>NO</country><identifier type='local'>185</identifier>", 185),
        ("<identifier type='local'>185</identifier>", 185),
        ("<country>DK</country><identifier type='local'>185</identifier>", None),
        ("<identifier type='local'>185</identifier><identifier type='Erasmus'>SF X</identifier>", None),
    ],
)
def test_only_a_norwegian_issuer_has_an_fs_number(document, issuer, number):
    transcript = read(document(issuer=f"<issuer>{issuer}</issuer>"))
    assert transcript.studies[0].institution.number == number


def test_a_number_that_is_none_is_noted(document):
    issuer = "<issuer><country>NO</country><identifier type='local'>UiO</identifier></issuer>"
    transcript = read(document(issuer=issuer))
    assert transcript.studies[0].institution == Institution(None)
    assert transcript.findings == (Finding("unreadable-institution-number", "/elmo/report/issuer", "UiO"),)


@pytest.mark.parametrize(
    ("done", "reason"),
    [
        ("<status>failed</status>", LeftOutReason.FAILED),
        ("<status>in-progress</status>", LeftOutReason.IN_PROGRESS),
        ("<status>who knows</status>", LeftOutReason.UNCERTAIN),
        ("<resultLabel>F</resultLabel>", LeftOutReason.UNCERTAIN),
        ("<resultLabel>Ikke bestått</resultLabel>", LeftOutReason.UNCERTAIN),
        ("<result>HYLÄTTY</result>", LeftOutReason.UNCERTAIN),
        ("<resultLabel>00</resultLabel>", LeftOutReason.UNCERTAIN),
    ],
)
def test_what_is_not_passed_is_left_out_with_its_reason(document, row, done, reason):
    what = '<identifier type="local">A-1</identifier><title xml:lang="no">Emne</title><type>Course</type>'
    transcript = read(document(row(what, done)))
    assert (codes(transcript), transcript.left_out) == ([[]], (LeftOut("A", {"nb": "Emne"}, reason),))


@pytest.mark.parametrize("done", ["", "<resultLabel>E</resultLabel>", "<status>passed</status>"])
def test_what_says_nothing_else_is_passed(document, row, done):
    assert read(document(row(done=done))).left_out == ()


def test_a_course_without_any_instance_is_uncertain(document):
    rows = "<learningOpportunitySpecification><title>Emne</title></learningOpportunitySpecification>"
    assert [row.reason for row in read(document(rows)).left_out] == [LeftOutReason.UNCERTAIN]


def test_an_unknown_status_is_noted(document, row):
    transcript = read(document(row(done="<status>who knows</status>")))
    assert [(found.code, found.text) for found in transcript.findings] == [("unknown-status", "who knows")]


def test_passed_parts_of_what_is_left_out_go_to_the_next_one_above(document, row):
    course = row('<identifier type="local">C</identifier>')
    module = row('<identifier type="local">B</identifier>', "<status>failed</status>", (course,))
    degree = row('<identifier type="local">A</identifier>', parts=(module,))
    transcript = read(document(degree))
    assert [(r.code, r.parent) for r in transcript.studies[0].results] == [("A", None), ("C", 0)]


def test_two_instances_are_two_attempts(document, row):
    twice = "<resultLabel>E</resultLabel></learningOpportunityInstance><learningOpportunityInstance>"
    transcript = read(document(row(done=twice + "<resultLabel>C</resultLabel>")))
    assert [result.grade for result in transcript.studies[0].results] == ["E", "C"]


@pytest.mark.parametrize("loose_first", [True, False])
def test_an_attempt_that_also_stands_loose_is_taken_once(document, row, loose_first):
    course = row('<identifier type="local">B</identifier>', "<date>2020-01-01</date>")
    group = row('<identifier type="local">C</identifier>', parts=(course,))
    degree = row('<identifier type="local">A</identifier>', parts=(group, course))
    loose = course + group
    transcript = read(document(loose + degree if loose_first else degree + loose))
    assert [(r.code, r.parent) for r in transcript.studies[0].results] == [
        ("A", None),
        ("C", 0),
        ("B", 1),
        ("B", 0),
    ]
    assert [(found.code, found.text) for found in transcript.findings] == [("duplicate", "B"), ("duplicate", "C")]


def test_the_sources_own_key_tells_that_two_rows_are_one(document, row):
    key = '<identifier type="ewp-loi-id">1</identifier>'
    nested = row("<title>Emne</title>", key + "<date>2020-01-01</date>")
    transcript = read(document(row("<title>Grad</title>", parts=(nested,)) + row("<title>Course</title>", key)))
    assert [dict(r.name) for r in transcript.studies[0].results] == [{"und": "Grad"}, {"und": "Emne"}]


def test_another_attempt_at_the_same_course_is_kept(document, row):
    what = '<identifier type="local">B</identifier>'
    attempts = [row(what, f"<date>{year}-01-01</date>") for year in (2020, 2021)]
    transcript = read(document(row(parts=(attempts[0],)) + attempts[1]))
    assert (len(transcript.studies[0].results), transcript.findings) == (3, ())


def test_findings_come_to_an_end(document, row):
    transcript = read(document(row(done="<date>x</date>") * 300))
    assert (len(transcript.findings), len(transcript.studies[0].results)) == (200, 300)
