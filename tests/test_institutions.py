import pytest

from webapp.institutions import REGISTER, by_erasmus, by_schac, looked_up, today
from webapp.model import Institution


def test_an_institution_has_its_names_and_codes() -> None:
    assert REGISTER[203] == Institution(
        number=203,
        name={
            "nb": "Høgskulen på Vestlandet",
            "nn": "Høgskulen på Vestlandet",
            "en": "Western Norway University of Applied Sciences",
        },
        schac="hvl.no",
    )


def test_every_institution_has_a_domain_of_its_own_and_a_norwegian_and_an_english_name() -> None:
    assert len({i.schac for i in REGISTER.values()}) == len(REGISTER) == 34
    assert all(i.name["nb"] and i.name["en"] for i in REGISTER.values())


def test_a_sami_institution_has_its_sami_name() -> None:
    assert REGISTER[231].name["se"] == "Sámi allaskuvla"


@pytest.mark.parametrize(("number", "now"), [(216, 203), (214, 204), (203, 203), (99999999, 99999999)])
def test_a_merged_institution_is_known_by_what_it_has_become(number: int, now: int) -> None:
    assert today(number) == now


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("215", [215]),
        ("NTNU", [194]),
        ("uio.no", [185]),
        (" bergen university ", [184]),
        ("høgskole trøndelag", []),
        ("214", [204]),
        ("musikk", [178]),
        ("oslo", [185, 189, 215, 260]),
        ("xyzzy", []),
    ],
)
def test_an_institution_is_looked_up_by_number_domain_or_letters(text: str, numbers: list[int]) -> None:
    assert [institution.number for institution in looked_up(text)] == numbers


def test_every_merger_ends_at_a_living_institution() -> None:
    merged = [i for i in REGISTER.values() if i.merged_into is not None]
    assert [i.number for i in merged] == [214, 216]
    assert all(REGISTER[today(i.merged_into or 0)].merged_into is None for i in merged)


@pytest.mark.parametrize("code", ["N OSLO01", "N  OSLO01", "n oslo01", "NOSLO01 "])
def test_an_erasmus_code_is_known_however_it_is_written(code: str) -> None:
    assert by_erasmus(code) is REGISTER[185]


def test_a_domain_is_known_in_any_case_and_a_strange_one_is_not() -> None:
    assert by_schac("UiO.no ") is REGISTER[185]
    assert by_schac("example.org") is None
    assert by_erasmus("N NOWHERE01") is None
