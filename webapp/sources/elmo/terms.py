"""Dates and terms as they are written in Norway, Denmark, Finland, Sweden and elsewhere."""

import re
import unicodedata
from datetime import date

from webapp.model import Season, Term
from webapp.sources.elmo.remembering import remembered

_ISO_DATE = re.compile(r"(\d{4}) ?- ?(\d{2}) ?- ?(\d{2})(?:[T ][\d:.,]+)? ?(?:Z|[+-]\d{2}:\d{2})?")
_DAY_FIRST = re.compile(r"(\d{2})[-.](\d{2})[-.](\d{4})")
_YEAR = re.compile(r"(?<!\d)(?:19|20|21)\d{2}(?!\d)")
#: Danish STADS: E16 is efterår 2016, F99 is forår 1999.
_DANISH = re.compile(r"([EF])(\d{2})")
_SEASONS = {
    Season.SPRING: re.compile(r"\b(vår|spring|kevät|forår|giđa|giđđa)"),
    Season.SUMMER: re.compile(r"\b(sommer|sommar|summer|kesä|geassi)"),
    Season.AUTUMN: re.compile(r"\b(høst|haust|autumn|fall\b|höst|syksy|syys|efterår|čakča)"),
}


def read_date(text: str) -> date | None:
    """An xs:date or dateTime, zone and time left out, or a date with the day first; None if it is no date."""
    if found := _ISO_DATE.fullmatch(text):
        year, month, day = found.groups()
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year = found.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


@remembered
def term_in(text: str) -> Term | None:
    """The term that a text names ("2015 Høst", "Autumn 2015", "E16"); None if it names none."""
    if found := _DANISH.fullmatch(text):
        season = Season.AUTUMN if found[1] == "E" else Season.SPRING
        year = int(found[2])
        return Term(1900 + year if year > 68 else 2000 + year, season)
    years = _YEAR.findall(text)
    folded = unicodedata.normalize("NFC", text).casefold()
    # "Winter" names no term of ours: it is autumn in one country and spring in the next.
    seasons = [season for season, words in _SEASONS.items() if words.search(folded)]
    if not years or len(seasons) != 1:
        return None
    # "2015/2016": the academic year's autumn is in the first of its years, its spring in the last.
    return Term(int(years[0] if seasons[0] is Season.AUTUMN else years[-1]), seasons[0])


def term_of_completion(day: date) -> Term:
    """The term in which something was completed: spring January to July, autumn from August on."""
    return Term(day.year, Season.SPRING if day.month <= 7 else Season.AUTUMN, derived=True)


def term_of_start(day: date) -> Term:
    """The term that begins at a day: one that begins in July (FS' autumn, 15 July) does not end in spring."""
    return Term(day.year, Season.SPRING if day.month <= 6 else Season.AUTUMN, derived=True)
