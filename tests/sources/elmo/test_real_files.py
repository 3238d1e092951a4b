"""The real files, against counts made by hand and, for the Norwegian ones, against a walk of our own."""

import base64
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from webapp.errors import UnreadableElmo
from webapp.model import Category, Identifier, Institution, Learner, Level, Season, Term
from webapp.sources.elmo import read

#: File: qualifications, courses, groups; links; rows left out; findings. Counted by hand.
COUNTS = {
    "official-example-v1.7.0.xml": (1, 5, 0, 3, 0, 0),
    "official-example-v1.0.0.xml": (0, 4, 0, 2, 0, 0),
    "fi-kaisa-signed-valid.xml": (0, 3, 0, 0, 0, 0),
    "fi-purl-18los.xml": (1, 16, 0, 16, 1, 0),
    "fi-virta-generated.xml": (0, 1, 0, 0, 0, 0),
    "no-purl-uio-degree-modulegroup.xml": (1, 22, 1, 9, 0, 0),
    "no-purl-empmockup.xml": (1, 22, 1, 9, 0, 0),
    "no-vitnemalsportalen-test-2023.xml.b64": (0, 2, 0, 0, 0, 0),
    "se-ladok-umu-30los-valid.xml": (1, 29, 0, 21, 0, 0),
    "dk-stads-36los-v1ns.xml": (0, 35, 0, 0, 1, 0),
    "dk-stads-4los-nonamespace.xml": (0, 4, 0, 0, 0, 1),
    "dk-signed-default-ns.xml": (0, 5, 0, 0, 0, 0),
    "dk-signed-default-ns.gz.b64": (0, 5, 0, 0, 0, 0),
    "ewp-imobility-tors-get-response.xml": (0, 1, 0, 0, 0, 0),
}
CATEGORIES = (Category.QUALIFICATION, Category.COURSE, Category.COURSE_GROUP)
UIO = {"nb": "Universitetet i Oslo", "en": "University of Oslo"}
BEATE = Learner(
    (
        Identifier("nationalIdentifier", "02529290201"),
        Identifier("studentIdentifier", "80011"),
        Identifier("nationality", "NO"),
    ),
    "Beate",
    "TS-Svendsen",
    date(1992, 2, 2),
)
PURL = "{http://purl.org/net/elmo}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@pytest.mark.parametrize("name", COUNTS)
def test_each_real_file_is_read(shared, name):
    transcript = read((shared / name).read_bytes())
    results = [result for study in transcript.studies for result in study.results]
    categories = [sum(result.category is category for result in results) for category in CATEGORIES]
    links = sum(result.parent is not None for result in results)
    assert (*categories, links, len(transcript.left_out), len(transcript.findings)) == COUNTS[name]


@pytest.mark.parametrize(
    ("name", "unsafe"),
    [("de-elmoplus-extensions.xml", True), ("ewp-imobility-tors-index-response.xml", False)],
)
def test_what_has_a_doctype_or_no_learner_is_refused(shared, name, unsafe):
    with pytest.raises(UnreadableElmo) as caught:
        read((shared / name).read_bytes())
    assert caught.value.unsafe is unsafe


def test_a_german_file_reads_once_its_doctype_is_gone(shared):
    data = (shared / "de-elmoplus-extensions.xml").read_bytes().replace(b"<!DOCTYPE xml>", b"")
    results = read(data).studies[0].results
    assert [(r.category, r.code, r.parent) for r in results] == [
        (Category.COURSE_GROUP, "40230/2", None),
        (Category.COURSE, "0432 L 654", 0),
        (Category.COURSE, "34331600 L001", 0),
    ]


def test_doubtful_rows_of_real_files_are_left_out(shared):
    files = ("fi-purl-18los.xml", "dk-stads-36los-v1ns.xml")
    left_out = [row for name in files for row in read((shared / name).read_bytes()).left_out]
    assert [(row.code, str(row.reason)) for row in left_out] == [
        ("KKRUHUK", "uncertain"),
        ("91112", "uncertain"),
    ]


# --- The Norwegian files, each course against the file itself -------------------------------------------


def text(element, path):
    found = element.find(path)
    return None if found is None else " ".join((found.text or "").split())


def titles(element, path):
    languages = {"no": "nb"}
    found = {e.get(LANG): " ".join(e.text.split()) for e in element.findall(path)}
    return {languages.get(language, language): title for language, title in found.items()}


def purl_term(instance):
    start, done = (text(instance, f"{PURL}{name}") for name in ("start", "date"))
    if done is not None:
        return Term(int(done[:4]), Season.AUTUMN if done[5:7] > "07" else Season.SPRING, derived=True)
    year, word = start[:4], start[5:]
    # FS' terms begin on 15 January and 15 July.
    if word in ("01-15", "07-15"):
        return Term(int(year), Season.AUTUMN if word == "07-15" else Season.SPRING, derived=True)
    return Term(int(year), {"Høst": Season.AUTUMN, "Vår": Season.SPRING}[word])


def purl_rows(element, parent=None):
    """Each specification of a purl file as a tuple, by a plain walk of its own."""
    kind = text(element, f"{PURL}type")
    home = element.find(f"{PURL}qualification") if kind == "Degree" else element
    local = text(home, f"{PURL}identifier[@type='local']")
    code, _, version = local.rpartition("-") if kind == "Module" else (local, "", None)
    level = text(element, f"{PURL}credit/{PURL}level")
    instance = element.find(f"{PURL}specifies/{PURL}learningOpportunityInstance")
    grade = instance.find(f"{PURL}result")
    yield (
        {"Degree": "KVALIFIKASJON", "Module": "EMNE", "Module group": "EMNESAMLING"}[kind],
        code,
        version,
        titles(element, f"{PURL}title"),
        purl_term(instance),
        text(instance, f"{PURL}date"),
        text(element, f"{PURL}credit/{PURL}value"),
        text(element, f"{PURL}credit/{PURL}scheme"),
        None if grade is None else grade.text,
        None if grade is None else grade.get("scheme"),
        Level("FS" if int(level) >= 30 else "ELMO", level),
        text(home, f"{PURL}identifier[@type='nus']"),
        parent,
    )
    for part in element.findall(f"{PURL}hasPart/{PURL}learningOpportunitySpecification"):
        yield from purl_rows(part, code)


def read_rows(study):
    return [
        (
            str(result.category),
            result.code,
            result.version,
            dict(result.name),
            result.term,
            None if result.date is None else result.date.isoformat(),
            None if result.credits is None else str(result.credits),
            result.credit_scheme,
            result.grade,
            result.grading_scheme,
            result.level,
            result.nus,
            None if result.parent is None else study.results[result.parent].code,
        )
        for result in study.results
    ]


@pytest.mark.parametrize("name", ["no-purl-empmockup.xml", "no-purl-uio-degree-modulegroup.xml"])
def test_a_norwegian_purl_file_comes_through_whole(shared, name):
    transcript = read((shared / name).read_bytes())
    tops = ElementTree.parse(shared / name).findall(f"{PURL}report/{PURL}learningOpportunitySpecification")
    assert read_rows(transcript.studies[0]) == [row for top in tops for row in purl_rows(top)]
    assert transcript.learner == BEATE
    assert [study.institution for study in transcript.studies] == [Institution(185, UIO, erasmus="N OSLO01")]


def test_the_two_norwegian_purl_files_agree_on_the_terms_of_the_degree(shared):
    """One names the terms and the other gives only the day on which they begin."""
    read_files = [
        read((shared / name).read_bytes()).studies[0].results
        for name in ("no-purl-empmockup.xml", "no-purl-uio-degree-modulegroup.xml")
    ]
    named, dated = (
        {r.code: (r.term.year, r.term.season) for r in results if r.parent is not None} for results in read_files
    )
    assert named == dated


def test_the_file_of_vitnemalsportalen_comes_through_whole(shared):
    data = (shared / "no-vitnemalsportalen-test-2023.xml.b64").read_bytes()
    transcript = read(data)
    v1 = "{https://github.com/emrex-eu/elmo-schemas/tree/v1}"
    rows = []
    for element in ElementTree.fromstring(base64.b64decode(data)).iter(f"{v1}learningOpportunitySpecification"):
        of = f"{v1}specifies/{v1}learningOpportunityInstance/{v1}"
        year, word = text(element, f"{of}academicTerm/{v1}title").split()
        rows.append(
            (
                {"Course": "EMNE"}[text(element, f"{v1}type")],
                text(element, f"{v1}identifier[@type='courseCode']"),
                text(element, f"{v1}identifier[@type='courseVersion']"),
                titles(element, f"{v1}title"),
                Term(int(year), {"Høst": Season.AUTUMN, "Vår": Season.SPRING}[word]),
                text(element, f"{of}date"),
                text(element, f"{of}credit/{v1}value"),
                text(element, f"{of}credit/{v1}scheme"),
                text(element, f"{of}resultLabel"),
                text(element, f"{of}gradingSchemeLocalId"),
                Level("EQF", text(element, f"{of}level/{v1}value")),
                text(element, f"{v1}identifier[@type='nus']"),
                None,
            )
        )
    assert read_rows(transcript.studies[0]) == rows
    assert transcript.studies[0].institution == Institution(185, UIO, "uio.no", "N OSLO01")
    assert [dict(result.thesis_title).get("en") for result in transcript.studies[0].results] == [
        "Six project assignments, each with one theoretical and one practical part",
        "Fire safety",
    ]


def test_the_signed_danish_file_is_the_same_in_its_emrex_form(shared):
    files = ("dk-signed-default-ns.xml", "dk-signed-default-ns.gz.b64")
    bare, wrapped = (read((shared / name).read_bytes()) for name in files)
    assert bare == wrapped
    first = bare.studies[0].results[0]
    assert (first.code, first.term, str(first.credits), first.grade, first.level) == (
        "EJK-KHE",
        Term(2010, Season.SPRING),
        "10.000",
        "10",
        None,
    )


def test_the_official_example_keeps_what_is_odd_in_it(shared):
    results = read((shared / "official-example-v1.7.0.xml").read_bytes()).studies[0].results
    assert [(r.code, r.term, r.credits, r.grade, r.parent) for r in results] == [
        ("MNM2-BIO", Term(2009, Season.SPRING), Decimal(120), None, None),
        ("EKSTERN", Term(2007, Season.AUTUMN), Decimal(15), "Innpasset", 0),
        ("1000-217bMRJ", Term(2014, Season.AUTUMN, derived=True), Decimal(6), "45.1", None),
        ("2829051", None, None, None, 2),
        ("2829515", None, None, None, 2),
        (None, None, None, "C", None),
    ]
