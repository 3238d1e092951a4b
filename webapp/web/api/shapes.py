"""What the API takes and gives is made of these: bounded texts and numbers, days, instants and names."""

import re
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError

from webapp.errors import N_
from webapp.identity import mask
from webapp.model import LeftOut, LeftOutReason, Text
from webapp.web.lists import YEARS

#: The largest id has as many digits as SQLite, which counts in 64 bits, can always take.
ID_DIGITS = 18
MOST_ID = 10**ID_DIGITS - 1
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Shape(BaseModel):
    """An object of the API; a name that it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def refuse(sentence: str) -> PydanticCustomError:
    """What a validator raises; the sentence is told in the reader's language."""
    return PydanticCustomError("refused", "{sentence}", {"sentence": sentence})


def _day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        found = date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else None
    except ValueError:
        found = None
    if found is None or found.year not in YEARS:
        raise refuse(N_("Skriv datoen som 2026-11-24."))
    return found


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) and _INSTANT.fullmatch(value) else None
    except ValueError:
        found = None
    if found is None or found.year not in YEARS:
        raise refuse(N_("Skriv tidspunktet med tidssone, som 2026-11-24T09:14:00+01:00."))
    return found


def digits(value: Any) -> Any:
    """A number of an address: digits alone, where int() takes blanks and underscores too."""
    if isinstance(value, str) and not re.fullmatch(r"\d{1,19}", value, re.ASCII):
        raise refuse(N_("Skriv et heltall."))
    return int(value)


def _truth(value: Any) -> Any:
    if isinstance(value, str) and value not in ("true", "false"):
        raise refuse(N_("Skriv true eller false."))
    return value == "true" if isinstance(value, str) else value


def _no_identity_number(value: str) -> str:
    if mask(value) != value or re.fullmatch(r"\d{10,11}", value):
        raise refuse(N_("Et fødselsnummer kan ikke stå i en adresse. Søk med POST /api/people/search."))
    return value


def _not_null(value: Any) -> Any:
    if value is None:
        raise refuse(N_("Utelat feltet i stedet for å sende null."))
    return value


class _NeverNull:
    @staticmethod
    def __get_pydantic_json_schema__(schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        told = handler(schema)
        return next((part for part in told.get("anyOf", []) if part != {"type": "null"}), told)


def _yes_or_no(value: Any) -> Any:
    return {"J": True, "N": False}.get(value, value) if isinstance(value, str) else value


T = TypeVar("T")
#: A text of one line, and one of several.
Line = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Prose = Annotated[str, Field(max_length=4000, pattern=r"^[^\x00]*$")]
Day = Annotated[date, BeforeValidator(_day)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
#: JSON's true and false; a line of a file of applicants says J and N.
YesOrNo = Annotated[bool, Field(strict=True), BeforeValidator(_yes_or_no)]
Id = Annotated[int, Field(strict=True, ge=1, le=MOST_ID)]

#: The same in the query of an address, where all is text.
QueryLine = Annotated[Line, AfterValidator(_no_identity_number)]
QueryId = Annotated[int, Field(ge=1, le=MOST_ID), BeforeValidator(digits)]
QueryTruth = Annotated[bool, BeforeValidator(_truth)]
#: For what may be absent, but is never null: `field: Maybe[Line] = None`.
Maybe = Annotated[T | None, BeforeValidator(_not_null), _NeverNull]


class InstitutionShape(Shape):
    """An institution: its number in FS and its name by language code."""

    number: int
    name: dict[str, str]


class LeftOutShape(Shape):
    """A row of an answer that did not become a result, and why."""

    code: str | None
    name: dict[str, str]
    reason: LeftOutReason


def institution_shape(number: int, name: Text) -> InstitutionShape:
    """An institution as the API gives it."""
    return InstitutionShape(number=number, name=dict(name))


def left_out_shapes(rows: tuple[LeftOut, ...]) -> list[LeftOutShape]:
    """Rows that were left out as the API gives them."""
    return [LeftOutShape(code=row.code, name=dict(row.name), reason=row.reason) for row in rows]


class OffShape(Shape):
    """A time in which a source is switched off: its end, and why."""

    until: datetime
    reason: str
