"""National identity numbers: their kinds, check digits, birth dates and masks."""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from stdnum.exceptions import InvalidComponent
from stdnum.no import fodselsnummer

from webapp.errors import Refusal

#: What the weighted sum for the first check digit may leave over, modulo 11. Numbers issued from 1 January
#: 2032 may leave 1, 2 or 3 as well, and both rules hold side by side (Skatteetaten, "nytt fødselsnummer fra
#: 2032"). The second check digit still catches every single wrong digit.
K1_REMAINDERS = (0, 1, 2, 3)

#: Individual numbers (digits 7–9) by year of birth, in the order in which they are given out.
SERIES: tuple[tuple[range, tuple[range, ...]], ...] = (
    (range(1854, 1900), (range(749, 499, -1),)),
    (range(1900, 1940), (range(499, -1, -1),)),
    (range(1940, 2000), (range(499, -1, -1), range(999, 899, -1))),
    (range(2000, 2040), (range(999, 499, -1),)),
)

D_NUMBER_DAY = 40
HOSPITAL_MONTH, FS_MONTH, NAV_MONTH, TENOR_MONTH = 40, 50, 65, 80

_SEPARATORS = re.compile(r"[\s.\-\u2010-\u2013]+")
_IN_TEXT = re.compile(r"(?<![^\W_])(\d{6})[ \u00a0-]?\d{5}(?![^\W_])", re.ASCII)


class Kind(StrEnum):
    """What sort of number it is; FS' own names where FS has one (enum Fodselsnummertype)."""

    FODSELSNUMMER = "FODSELSNUMMER"
    D_NUMMER = "D_NUMMER"
    H_NUMMER = "H_NUMMER"
    SNR = "SNR"
    FS_FIKTIVT_NUMMER = "FS_FIKTIVT_NUMMER"


@dataclass(frozen=True)
class NationalIdentifier:
    """A number that has passed every check: 11 digits, as written.

    `synthetic`: the series belongs to test data. `birth_date` is None where the century cannot be told.
    """

    number: str = field(repr=False)
    kind: Kind
    synthetic: bool
    birth_date: date | None

    @property
    def masked(self) -> str:
        """The number as it may be shown: `010190 *****`."""
        return f"{self.number[:6]} *****"


def parse(text: str, k1_remainders: tuple[int, ...] = K1_REMAINDERS) -> NationalIdentifier:
    """The number in `text`, which may hold blanks, dots and hyphens and lack its leading zero.

    `k1_remainders`: (0,) alone is the rule before 2032. Refusal, with a sentence that never holds the number.
    """
    number = _eleven_digits(text)
    remainder = _k1_remainder(number)
    if remainder not in k1_remainders or fodselsnummer.calc_check_digit2(number) != number[10]:
        raise Refusal("Kontrollsifrene stemmer ikke. Se etter en skrivefeil i nummeret, og prøv igjen.")
    if number.endswith("00000"):
        raise Refusal("Et personnummer kan ikke være fem nuller. Bruk nummeret personen har fått tildelt.")
    plain_date, offset = _plain_date(number)
    return NationalIdentifier(
        number,
        _kind(number, offset),
        # H-numbers and NAV's test persons share month + 40 and nothing tells them apart. H-numbers stay in the
        # hospital that made them, so that one met in higher education is a test person.
        synthetic=offset in (HOSPITAL_MONTH, NAV_MONTH, TENOR_MONTH),
        birth_date=_birth_date(plain_date + number[6:], offset) if remainder == 0 else None,
    )


def usable_across_institutions(identifier: NationalIdentifier) -> bool:
    """Whether others mean the same person by it: a number that FS made up is unique to one institution."""
    return identifier.kind is not Kind.FS_FIKTIVT_NUMMER


def mask(text: str) -> str:
    """`text` with all that looks like a number (11 digits, or 6 and 5) shown as `010190 *****`."""
    return _IN_TEXT.sub(r"\1 *****", text)


def make_synthetic(birth_date: date, serial: int, *, d_number: bool = False) -> str:
    """The `serial`-th (from 0) valid synthetic number (month + 80) of somebody born that day.

    `d_number`: day + 40 as well. ValueError when the day has no such number, or the year (1854–2039) has no series.
    """
    day = birth_date.day + (D_NUMBER_DAY if d_number else 0)
    six = f"{day:02}{birth_date.month + TENOR_MONTH}{birth_date:%y}"
    series = next((series for years, series in SERIES if birth_date.year in years), ())
    left = serial
    for individual in (i for numbers in series for i in numbers):
        number = _with_check_digits(f"{six}{individual:03}")
        if number is not None:
            if left == 0:
                return number
            left -= 1
    raise ValueError(f"no synthetic number no. {serial} in the series of the year {birth_date.year}")


def _eleven_digits(text: str) -> str:
    compact = _SEPARATORS.sub("", text)
    if not re.fullmatch(r"[0-9]*", compact):
        raise Refusal("Et fødselsnummer har bare siffer. Fjern bokstaver og andre tegn, og prøv igjen.")
    # Spreadsheets drop the leading zero of whoever was born on the first nine days of a month.
    if len(compact) not in (10, 11):
        raise Refusal(
            "Et fødselsnummer har 11 siffer, men dette har %(count)d. Skriv hele nummeret.", count=len(compact)
        )
    return compact.zfill(11)


def _k1_remainder(number: str) -> int:
    """What the sum for the first check digit leaves over: 0 by the rule before 2032."""
    return (int(number[9]) - int(fodselsnummer.calc_check_digit1(number))) % 11


def _with_check_digits(nine: str) -> str | None:
    """The number by the rule before 2032, None when a check digit would be 10."""
    k1 = fodselsnummer.calc_check_digit1(nine)
    k2 = fodselsnummer.calc_check_digit2(nine + k1)
    return nine + k1 + k2 if len(k1 + k2) == 2 else None


def _plain_date(number: str) -> tuple[str, int]:
    """The date as DDMMYY without additions, and what was added to the month."""
    day, month, year = int(number[:2]), int(number[2:4]), int(number[4:6])
    if day > D_NUMBER_DAY:
        day -= D_NUMBER_DAY
    # 51 and 52 are January and February of FS' series, unless that day does not exist: then they are November
    # and December of the hospitals'.
    for offset in (0, FS_MONTH, HOSPITAL_MONTH, NAV_MONTH, TENOR_MONTH):
        if _exists(day, month - offset, year):
            return f"{day:02}{month - offset:02}{year:02}", offset
    raise Refusal("Datoen i nummeret fins ikke. Kontroller de seks første sifrene, og prøv igjen.")


def _exists(day: int, month: int, year: int) -> bool:
    """Whether the day exists in some century: 2000 was a leap year, 1900 was not."""
    try:
        date(2000 + year, month, day)
    except ValueError:
        return False
    return True


def _kind(number: str, offset: int) -> Kind:
    if offset == FS_MONTH:
        # FS' own begin the five last digits with 9; those of Samordna opptak are unique in the whole country.
        return Kind.FS_FIKTIVT_NUMMER if number[6] == "9" else Kind.SNR
    if offset == HOSPITAL_MONTH:
        return Kind.H_NUMMER
    return Kind.D_NUMMER if int(number[0]) >= 4 else Kind.FODSELSNUMMER


def _birth_date(plain: str, offset: int) -> date | None:
    """The birth date of a number without additions; made-up numbers begin with 9 whatever the century."""
    if offset == FS_MONTH and plain[6] == "9":
        return None
    try:
        return fodselsnummer.get_birth_date(plain)
    except InvalidComponent:
        return None
