"""What somebody means who types into the search field: a number, a birth date or a name."""

import re
from dataclasses import dataclass
from datetime import date

from webapp.errors import Refusal
from webapp.identity import NationalIdentifier, parse

_SIX_DIGITS = re.compile(r"(\d\d)(\d\d)(\d\d)")
_DAY_FIRST = re.compile(r"(\d{1,2})[. /-](\d{1,2})[. /-](\d{4}|\d\d)|(\d\d)(\d\d)(\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


@dataclass(frozen=True)
class Name:
    """Words of a name."""

    words: str


@dataclass(frozen=True)
class BirthDate:
    """A birth date; two when the century was not written and both can be meant."""

    dates: tuple[date, ...]


def understand(text: str, today: date) -> NationalIdentifier | BirthDate | Name:
    """What is searched for. Raises Refusal with a sentence for the caseworker, never with what was typed."""
    text = text.strip()
    if not text:
        raise Refusal("Skriv et navn, et fødselsnummer eller en fødselsdato.")
    if re.search(r"[^\W\d_]", text):
        return Name(text)
    if (parts := _date_parts(text)) is not None:
        return BirthDate(_dates(*parts, today))
    return parse(text)


def _date_parts(text: str) -> tuple[str, str, str] | None:
    """Year, month and day as typed, or None when it is no date."""
    if found := _YEAR_FIRST.fullmatch(text):
        return found.group(1), found.group(2), found.group(3)
    if found := _DAY_FIRST.fullmatch(text) or _SIX_DIGITS.fullmatch(text):
        day, month, year = (group for group in found.groups() if group is not None)
        return year, month, day
    return None


def _dates(year: str, month: str, day: str, today: date) -> tuple[date, ...]:
    years = [int(year)] if len(year) == 4 else [2000 + int(year), 1900 + int(year)]
    dates = [found for y in years if (found := _date(y, int(month), int(day))) and found <= today]
    if not dates:
        raise Refusal("Datoen fins ikke. Skriv fødselsdatoen som 03.05.1998.")
    return tuple(dates)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
