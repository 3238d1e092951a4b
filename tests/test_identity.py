from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.no import fodselsnummer

from webapp.errors import Refusal
from webapp.identity import Kind, NationalIdentifier, make_synthetic, mask, parse, usable_across_institutions

BIRTH_DATES = st.dates(date(1854, 1, 1), date(2039, 12, 31))


def number(nine: str, remainder: int = 0) -> str:
    """`nine` digits with their check digits; the individual number is counted up until both exist."""
    while True:
        k1 = str((int(fodselsnummer.calc_check_digit1(nine)) + remainder) % 11)
        k2 = fodselsnummer.calc_check_digit2(nine + k1)
        if len(k1 + k2) == 2:
            return nine + k1 + k2
        nine = f"{int(nine) + 1:09}"


@pytest.mark.parametrize(
    ("nine", "kind", "synthetic", "birth_date"),
    [
        ("018190100", Kind.FODSELSNUMMER, True, date(1990, 1, 1)),
        ("018105600", Kind.FODSELSNUMMER, True, date(2005, 1, 1)),
        ("018190600", Kind.FODSELSNUMMER, True, date(1890, 1, 1)),
        ("018190920", Kind.FODSELSNUMMER, True, date(1990, 1, 1)),
        ("018190800", Kind.FODSELSNUMMER, True, None),
        ("018145600", Kind.FODSELSNUMMER, True, None),
        ("418190100", Kind.D_NUMMER, True, date(1990, 1, 1)),
        ("016690100", Kind.FODSELSNUMMER, True, date(1990, 1, 1)),
        ("714190100", Kind.H_NUMMER, True, date(1990, 1, 31)),
        ("304190100", Kind.H_NUMMER, True, date(1990, 1, 30)),
        ("305290100", Kind.H_NUMMER, True, date(1990, 12, 30)),
        ("315139600", Kind.SNR, False, date(2039, 1, 31)),
        ("016239600", Kind.SNR, False, date(2039, 12, 1)),
        ("016290920", Kind.FS_FIKTIVT_NUMMER, False, None),
        ("298200100", Kind.FODSELSNUMMER, True, None),
        ("298200600", Kind.FODSELSNUMMER, True, date(2000, 2, 29)),
    ],
)
def test_each_series_has_its_kind_and_birth_date(
    nine: str, kind: Kind, synthetic: bool, birth_date: date | None
) -> None:
    full = number(nine)
    assert parse(full) == NationalIdentifier(full, kind, synthetic, birth_date)


def test_a_plain_number_and_a_d_number_are_no_synthetic_ones() -> None:
    # Nobody has been born in 2039 yet, so that these are nobody's.
    assert parse(number("311239900")) == NationalIdentifier(
        number("311239900"), Kind.FODSELSNUMMER, False, date(2039, 12, 31)
    )
    assert parse(number("711239900")).kind is Kind.D_NUMMER


@pytest.mark.parametrize("text", ["015361 12185", "195883 12510"])
def test_the_test_persons_of_fs_are_unique_in_the_country(text: str) -> None:
    person = parse(text)
    assert (person.kind, usable_across_institutions(person)) == (Kind.SNR, True)


def test_a_number_that_fs_made_up_means_nothing_elsewhere() -> None:
    assert not usable_across_institutions(parse(number("016290920")))


@pytest.mark.parametrize("remainder", [1, 2, 3])
def test_numbers_from_2032_are_accepted_beside_the_old_and_tell_no_century(remainder: int) -> None:
    new = number("018190100", remainder)
    assert parse(new).birth_date is None
    with pytest.raises(Refusal, match="Kontrollsifrene"):
        parse(new, k1_remainders=(0,))


@pytest.mark.parametrize("remainder", range(4, 10))
def test_other_remainders_are_refused(remainder: int) -> None:
    with pytest.raises(Refusal, match="Kontrollsifrene"):
        parse(number("018190100", remainder))


def test_blanks_dots_hyphens_and_a_lost_leading_zero_do_not_matter() -> None:
    plain = number("018190100")
    spellings = (
        f" {plain[:6]}\u00a0{plain[6:]}\n",
        f"{plain[:6]}-{plain[6:]}",
        f"01.81.90.{plain[6:]}",
        plain[1:],
    )
    assert {parse(text).number for text in spellings} == {plain}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "har 0"),
        ("123456789", "har 9"),
        ("123456789012", "har 12"),
        ("0181901234x", "bare siffer"),
        ("٠١٨١٩٠١٢٣٤٥", "bare siffer"),
        ("01819012345", "Kontrollsifrene"),
        (number("321390100"), "Datoen"),
        (number("308290100"), "Datoen"),
        (number("019590100"), "Datoen"),
        (number("818190100"), "Datoen"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_never_the_number(text: str, sentence: str) -> None:
    with pytest.raises(Refusal, match=sentence) as refused:
        parse(text)
    assert not text or text not in str(refused.value)


def test_five_noughts_are_nobodys_number() -> None:
    noughts = next(text for year in range(100) if (text := number(f"0181{year:02}000")).endswith("00000"))
    with pytest.raises(Refusal, match="fem nuller"):
        parse(noughts)


def test_a_number_is_shown_and_printed_masked() -> None:
    person = parse(make_synthetic(date(1990, 1, 1), 0))
    assert person.masked == "018190 *****"
    assert person.number[6:] not in repr(person)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("person 01819012345 found", "person 018190 ***** found"),
        ("018190 12345,018190-12345", "018190 *****,018190 *****"),
        ("fnr_01819012345_x", "fnr_018190 *****_x"),
        ("018190123456 and 0181901234", "018190123456 and 0181901234"),
        ("8f3a12345678901b", "8f3a12345678901b"),
    ],
)
def test_numbers_in_a_text_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@given(BIRTH_DATES, st.integers(0, 150), st.booleans())
def test_a_synthetic_number_reads_back_with_its_birth_date(birth_date: date, serial: int, d_number: bool) -> None:
    made = make_synthetic(birth_date, serial, d_number=d_number)
    kind = Kind.D_NUMMER if d_number else Kind.FODSELSNUMMER
    assert parse(made, k1_remainders=(0,)) == NationalIdentifier(made, kind, True, birth_date)


@given(BIRTH_DATES, st.integers(0, 10), st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_is_always_refused(birth_date: date, serial: int, place: int, change: int) -> None:
    made = make_synthetic(birth_date, serial)
    wrong = f"{made[:place]}{(int(made[place]) + change) % 10}{made[place + 1 :]}"
    with pytest.raises(Refusal):
        parse(wrong)


@given(st.text(max_size=14))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    try:
        assert len(parse(text).number) == 11
    except Refusal as refusal:
        assert str(refusal).endswith(".")


def test_no_number_of_a_day_comes_twice_and_the_series_ends() -> None:
    day = date(2001, 5, 17)
    made: list[str] = []
    with pytest.raises(ValueError, match="no synthetic number"):
        while True:
            made.append(make_synthetic(day, len(made)))
    assert 400 < len(made) == len(set(made)) < 500


@pytest.mark.parametrize("year", [1853, 2040])
def test_a_year_without_a_series_has_no_number(year: int) -> None:
    with pytest.raises(ValueError, match=str(year)):
        make_synthetic(date(year, 1, 1), 0)
