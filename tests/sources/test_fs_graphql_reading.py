"""What FS says of a student, read: announced, valid and passed only, each below what it belongs to."""

import json
from typing import Any

import pytest

from webapp.errors import UnreadableElmo
from webapp.model import Category, LeftOut, LeftOutReason, Level, Season, Term, Transcript
from webapp.sources.fs_graphql import read_students
from world import KARI_NUMBER, UIO


def result(code: str, **more: Any) -> dict[str, Any]:
    """A passed result of FS."""
    return {
        "id": f"R-{code}",
        "emne": {"kode": code, "navnAlleSprak": {"nb": f"Emne {code}", "en": None}},
        "erGyldig": True,
        "erKunngjort": True,
        "erOppnadd": True,
        "vurderingsresultatstatus": {"kode": "B", "erBestatt": True},
        **more,
    }


def qualification(code: str, **more: Any) -> dict[str, Any]:
    """A qualification that is announced."""
    return {"id": f"Q-{code}", "erKunngjort": True, "studieprogram": {"kode": code}, **more}


def in_(*codes: str) -> list[dict[str, Any]]:
    return [{"id": f"Q-{code}"} for code in codes]


def group(code: str, **more: Any) -> dict[str, Any]:
    """A course group that is valid."""
    return {"emnesamling": {"kode": code, "navnAlleSprak": {"nb": code}}, "erGyldig": True, **more}


def student(results: list[Any], qualifications: list[Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": "S",
        "larested": {"organisasjonskode": str(UIO)},
        "personProfil": {"fodselsnummer": KARI_NUMBER, "fodselsnummertype": "FODSELSNUMMER"},
        "oppnaddKvalifikasjon": qualifications,
        "resultaterV2": {"nodes": results},
        **more,
    }


def reading(*students: dict[str, Any]) -> Transcript:
    return read_students(json.dumps({"protocol": "fs-graphql/1", "students": students}).encode())


def rows(transcript: Transcript) -> list[tuple[str | None, int | None]]:
    (study,) = transcript.studies
    return [(row.code, row.parent) for row in study.results]


@pytest.mark.parametrize("lacks", [{"erKunngjort": False}, {"erKunngjort": None}, {"erGyldig": False}])
def test_what_is_not_announced_or_not_valid_leaves_no_trace(lacks: dict[str, Any]) -> None:
    failed = {"vurderingsresultatstatus": {"erBestatt": False}}
    transcript = reading(student([result("A", **lacks), result("B", **lacks, **failed)]))
    assert transcript.studies[0].results == ()
    assert transcript.left_out == ()


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"vurderingsresultatstatus": {"erBestatt": False}}, LeftOutReason.FAILED),
        ({"erOppnadd": False}, LeftOutReason.UNCERTAIN),
        ({"vurderingsresultatstatus": None}, LeftOutReason.UNCERTAIN),
        ({"vurderingsresultatstatus": {"erBestatt": False}, "erOppnadd": False}, LeftOutReason.FAILED),
    ],
)
def test_what_is_not_a_result_is_left_out_with_the_reason(more: dict[str, Any], reason: LeftOutReason) -> None:
    transcript = reading(student([result("A", **more)]))
    assert transcript.left_out == (LeftOut("A", {"nb": "Emne A"}, reason),)
    assert transcript.studies[0].results == ()


def test_courses_stand_below_their_qualification_and_loose_ones_last() -> None:
    results = [
        result("LOOSE"),
        result("B1", oppnaddeKvalifikasjoner=in_("B")),
        result("A1", oppnaddeKvalifikasjoner=in_("A")),
        result("BOTH", oppnaddeKvalifikasjoner=in_("B", "A")),
    ]
    transcript = reading(student(results, [qualification("A"), qualification("B"), None]))
    assert rows(transcript) == [("A", None), ("A1", 0), ("BOTH", 0), ("B", None), ("B1", 3), ("LOOSE", None)]


def test_a_qualification_that_is_not_announced_lets_its_courses_stand_alone() -> None:
    results = [result("A1", oppnaddeKvalifikasjoner=in_("A"))]
    assert rows(reading(student(results, [qualification("A", erKunngjort=False)]))) == [("A1", None)]


def test_a_group_stands_below_its_qualification_and_has_its_courses() -> None:
    exphil = group("EX", oppnaddeKvalifikasjoner=in_("A"), oppnaddDato={"arstall": 2020, "maned": 6})
    results = [
        result("A1", oppnaddeKvalifikasjoner=in_("A")),
        result("EX1", protokollFoerteEmnesamlinger=[exphil]),
        result("EX2", protokollFoerteEmnesamlinger=[exphil]),
        result("NO", protokollFoerteEmnesamlinger=[group("GONE", erGyldig=False)]),
    ]
    given = [qualification("A", emnesamlingIKvalifikasjon=[{"protokollfoertEmnesamling": exphil}])]
    transcript = reading(student(results, given))
    assert rows(transcript) == [("A", None), ("EX", 0), ("EX1", 1), ("EX2", 1), ("A1", 0), ("NO", None)]
    assert transcript.studies[0].results[1].category is Category.COURSE_GROUP
    assert transcript.studies[0].results[1].term == Term(2020, Season.SPRING, derived=True)


def test_a_merged_institution_keeps_its_qualification_with_its_courses() -> None:
    old = {"organisasjonskode": "211", "navnAlleSprak": {"nb": "Høgskolen i Østfold"}}
    results = [result("OLD1", oppnaddeKvalifikasjoner=in_("OLD"), opprinneligLarested=old), result("NEW1")]
    transcript = reading(student(results, [qualification("OLD")]))
    found = {study.institution.number: [row.code for row in study.results] for study in transcript.studies}
    assert found == {UIO: ["NEW1"], 211: ["OLD", "OLD1"]}


def test_the_same_result_on_two_pages_and_in_two_records_is_one() -> None:
    again = student([result("A")], id="S2")
    assert rows(reading(student([result("A"), None, result("A")]), again)) == [("A", None)]


@pytest.mark.parametrize(
    ("more", "title"),
    [
        (
            {"originalOppgavetittel": {"tittel": " Lav ", "sprak": {"iso6391Kode": "no"}}},
            {"nb": "Lav"},
        ),
        (
            {
                "originalOppgavetittel": {"tittel": "Lav på fjellet", "sprak": {"iso6391Kode": "nn"}},
                "oversattOppgavetittel": {"en": "Lichens"},
            },
            {"nn": "Lav på fjellet", "en": "Lichens"},
        ),
        ({"originalOppgavetittel": {"tittel": "Lav", "sprak": None}}, {"nb": "Lav"}),
        ({"spesialpensumTittel": {"no": "Moser", "en": "Mosses"}}, {"nb": "Moser", "en": "Mosses"}),
    ],
)
def test_thesis_titles(more: dict[str, Any], title: dict[str, str]) -> None:
    assert reading(student([result("A", **more)])).studies[0].results[0].thesis_title == title


@pytest.mark.parametrize(
    ("grade", "shown"),
    [
        ({"navnAlleSprak": {"nb": "Bestått", "en": "Passed"}, "regel": {"kode": 38}}, ("Bestått", "38")),
        ({"navnAlleSprak": None, "tall": 2.3, "regel": {"kode": "10"}}, ("2.3", "10")),
        ({"bokstavEllerUgradert": "A"}, ("A", None)),
        (None, (None, None)),
    ],
)
def test_grades_are_shown_as_given(grade: dict[str, Any] | None, shown: tuple[str | None, str | None]) -> None:
    row = reading(student([result("A", karakter=grade)])).studies[0].results[0]
    assert (row.grade, row.grading_scheme) == shown


@pytest.mark.parametrize(("code", "scheme"), [("SP", "ECTS"), ("VT", "vekttall"), ("FSP", "FSP"), (None, None)])
def test_extents_are_in_their_own_kind(code: str | None, scheme: str | None) -> None:
    extent = {"verdi": 7.5, "vektingstype": {"kode": code}}
    row = reading(student([result("A", gjeldendeVekting=extent)])).studies[0].results[0]
    assert (str(row.credits), row.credit_scheme) == ("7.5", scheme)


def test_the_term_is_that_of_the_real_assessment() -> None:
    def term(year: int, code: str) -> dict[str, Any]:
        return {"gjelderTermin": {"arstall": year, "betegnelse": {"kode": code}}}

    ended = {"sluttTermin": {"arstall": 2018, "betegnelse": {"kode": "SOM"}}}
    units = [
        {"reellVurderingsperiode": term(2021, "VÅR"), "vurderingsperiode": term(2020, "HØST")},
        {"vurderingsperiode": term(2020, "HOST"), "terminPeriode": ended},
        {"vurderingsperiode": {"gjelderTermin": None}, "terminPeriode": ended},
        {"vurderingsperiode": term(2020, "?")},
    ]
    results = [result(str(number), vurderingsenhet=unit) for number, unit in enumerate(units)]
    assert [row.term for row in reading(student(results)).studies[0].results] == [
        Term(2021, Season.SPRING),
        Term(2020, Season.AUTUMN),
        Term(2018, Season.SUMMER),
        None,
    ]


def test_a_level_is_that_of_the_framework_or_fs_own() -> None:
    levels = [{"kode": "500", "eqfnivakode": "6"}, {"kode": "500", "eqfnivakode": None}, None]
    results = [result(str(n), emne={"kode": str(n), "studieniva": level}) for n, level in enumerate(levels)]
    found = [row.level for row in reading(student(results)).studies[0].results]
    assert found == [Level("EQF", "6"), Level("FS", "500"), None]


def test_an_address_that_is_not_one_to_follow_is_left_out() -> None:
    addresses = ["https://www.uio.no/A", "javascript:alert(1)", None]
    results = [result(str(n), emne={"kode": str(n), "url": {"und": url}}) for n, url in enumerate(addresses)]
    assert [row.url for row in reading(student(results)).studies[0].results] == [addresses[0], None, None]


def test_a_number_that_the_institution_made_up_is_no_national_one() -> None:
    profile = {"fodselsnummer": "03559812345", "fodselsnummertype": "FS_FIKTIVT_NUMMER"}
    assert reading(student([], personProfil=profile)).learner.national_identifiers == ()


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"{}",
        b'{"protocol":"fs-graphql/1","students":null}',
        json.dumps({"protocol": "fs-graphql/1", "students": [student([]) | {"resultaterV2": None}]}).encode(),
        json.dumps({"protocol": "fs-graphql/1", "students": [student(["tull"])]}).encode(),
        json.dumps({"protocol": "fs-graphql/1", "students": [student([result("A", erGyldig="kanskje")])]}).encode(),
    ],
)
def test_what_lacks_its_form_cannot_be_read(said: bytes) -> None:
    with pytest.raises(UnreadableElmo) as caught:
        read_students(said)
    assert KARI_NUMBER not in str(caught.value)
