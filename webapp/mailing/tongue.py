"""The language of a mail: texts, numbers, hours and days as its readers write them."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

_CATALOGUES = Path(__file__).parent.parent / "translations"


@dataclass(frozen=True)
class Tongue:
    """A language of the screens and a time zone. There is no request, so that Flask-Babel cannot know either."""

    language: str
    zone: ZoneInfo

    @cached_property
    def _catalogue(self) -> NullTranslations:
        # Bokmål is the language of the sources and has no catalogue.
        return Translations.load(_CATALOGUES, [self.language])

    def gettext(self, text: str, **values: object) -> str:
        """A text in this language. `values` stand in it as %(name)s."""
        text = self._catalogue.ugettext(text)
        return text % values if values else text

    def ngettext(self, one: str, many: str, count: int) -> str:
        """One of two texts by a count, which stands in it as %(count)s."""
        return self._catalogue.ungettext(one, many, count) % {"count": self.number(count)}

    def number(self, count: int) -> str:
        """A count with its thousands apart."""
        return format_decimal(count, locale=self.language)

    def day(self, at: datetime) -> str:
        """A day as a heading has it: 27.11.2026."""
        return f"{at.astimezone(self.zone):%d.%m.%Y}"

    def hour(self, at: datetime) -> str:
        """An hour as the screens write it: 20.00."""
        return f"{at.astimezone(self.zone):%H.%M}"

    def weekday(self, at: datetime) -> str:
        """The name of the day of an instant."""
        return str(format_datetime(at.astimezone(self.zone), "EEEE", locale=self.language))
