"""What the columns of shared_people, shared_results and shared_qualifications mean (docs/database.md)."""

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from webapp.model import Category, Institution, LeftOutReason, Level, Season, Term, Text
from webapp.sources.elmo.nodes import NO_LANGUAGE, clean
from webapp.sources.elmo.outcomes import reason_to_leave_out
from webapp.sources.elmo.terms import read_date

#: A row as it came: column, in lower case, to text or whole number; null is left out where that says the same.
Row = Mapping[str, Any]

#: Columns of texts, which have one for each language besides: name_nb, name_en.
_TEXTS = ("name", "thesis_title", "institution_name")
_TEXT_COLUMN = re.compile(rf"({'|'.join(_TEXTS)})(_[a-z]{{2,3}})?")

_CREDIT_SCHEMES = {"ects": "ECTS", "studiepoeng": "ECTS", "sp": "ECTS", "vekttall": "vekttall"}


def _text(value: object) -> str | None:
    """A text: a whole number will do, what is blank is absent. Raises ValueError for anything else."""
    if value is None or isinstance(value, str):
        return clean(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ValueError("not a text")


def national_number(value: object) -> str | None:
    """A number that was kept as a number has lost its zero in front."""
    text = _text(value)
    return text.zfill(11) if text is not None and len(text) == 10 and text.isdigit() else text


def _day(value: object) -> dt.date | None:
    text = _text(value)
    if text is None:
        return None
    if (day := read_date(text)) is None:
        raise ValueError("not a date")
    return day


def _scheme(value: object) -> str | None:
    text = _text(value)
    return _CREDIT_SCHEMES.get(text.casefold(), text) if text else None


_Words = Annotated[str | None, BeforeValidator(_text)]
_Day = Annotated[dt.date | None, BeforeValidator(_day)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class PersonRow(_Row):
    """A row of shared_people: one number of one person."""

    identifier: Annotated[str, BeforeValidator(national_number), Field(pattern=r"^[0-9]{11}$")]
    given_names: _Words = None
    family_name: _Words = None
    birth_date: _Day = None


class ResultRow(_Row):
    """A row of shared_results. What has a default may be left out; it may be null where None is allowed."""

    category: Annotated[Category, BeforeValidator(_text)] = Category.COURSE
    source_key: _Words = None
    part_of: _Words = None
    position: int | None = None
    code: _Words = None
    version: _Words = None
    term_year: Annotated[int | None, Field(ge=1800, le=2200)] = None
    term_season: Annotated[Season | None, BeforeValidator(_text)] = None
    date: _Day = None
    credits: Annotated[Decimal | None, Field(ge=0, max_digits=30, decimal_places=18)] = None
    credit_scheme: Annotated[str | None, BeforeValidator(_scheme)] = None
    grade: _Words = None
    grading_scheme: _Words = None
    level_scheme: _Words = None
    level: _Words = None
    nus: _Words = None
    url: _Words = None
    status: Annotated[Literal["passed"] | LeftOutReason, BeforeValidator(_text)] = "passed"
    institution_number: Annotated[int | None, Field(ge=1, le=99_999_999)] = None

    @model_validator(mode="after")
    def _has_no_halves(self) -> Self:
        if (self.term_year is None) != (self.term_season is None):
            raise ValueError("half a term")
        if (self.level is None) != (self.level_scheme is None):
            raise ValueError("half a level")
        return self

    @property
    def reason(self) -> LeftOutReason | None:
        """Why it is no result; None when it is one. Where nothing is said of it, a failing grade raises doubt."""
        if "status" not in self.model_fields_set:
            return reason_to_leave_out(None, self.grade, has_instance=True)
        return None if self.status == "passed" else LeftOutReason(self.status)

    @property
    def term(self) -> Term | None:
        """The term that it was taken in."""
        return Term(self.term_year, self.term_season) if self.term_year and self.term_season else None

    @property
    def study_level(self) -> Level | None:
        """The level with its scheme."""
        return Level(self.level_scheme, self.level) if self.level_scheme and self.level else None


class QualificationRow(ResultRow):
    """A row of shared_qualifications."""

    category: Annotated[Category, BeforeValidator(_text)] = Category.QUALIFICATION


#: The columns of each view, but for those of texts.
COLUMNS: Mapping[str, frozenset[str]] = {
    "people": frozenset({"person", *PersonRow.model_fields}),
    "results": frozenset({"person", *ResultRow.model_fields}),
    "qualifications": frozenset({"person", *QualificationRow.model_fields}),
}
#: Where null is not the same as a column that is left out.
NEVER_NULL = frozenset({"identifier", "category", "status"})
#: What a row must have to mean anything.
REQUIRED: Mapping[str, frozenset[str]] = {
    "people": frozenset({"person", "identifier"}),
    "results": frozenset({"person"}),
    "qualifications": frozenset({"person"}),
}


def is_known(view: str, column: str) -> bool:
    """Whether a column, in lower case, is one of a view ("people", "results", "qualifications")."""
    return column in COLUMNS[view] or (view != "people" and _TEXT_COLUMN.fullmatch(column) is not None)


def texts(row: Row) -> Mapping[str, Text]:
    """Name, thesis title and institution's name by language: "name" has none, "name_nb" is bokmål. Raises ValueError
    for what is no text."""
    found: dict[str, dict[str, str]] = {column: {} for column in _TEXTS}
    for name, value in row.items():
        match = _TEXT_COLUMN.fullmatch(name)
        if match and (text := _text(value)) is not None:
            found[match[1]][match[2][1:] if match[2] else NO_LANGUAGE] = text
    return found


def institution_of(row: ResultRow, names: Text, source: int) -> Institution:
    """The institution at which it was taken: the source's own where it says nothing else."""
    if row.institution_number is None and names:
        return Institution(None, names)
    return Institution(row.institution_number or source, names)
