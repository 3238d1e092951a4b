"""The form of a row by hand: what was typed, and the row that it means."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeVar

from webapp.errors import Refusal
from webapp.fetching.by_hand import WrongRow
from webapp.model import Category, Level, Result, RowByHand, Season, StoredResult, Term
from webapp.web.language import lazy_gettext
from webapp.web.lists import day_of

#: The levels of the European and the Norwegian qualifications framework that higher education has.
LEVELS = {
    "5": lazy_gettext("5: høyskolekandidat"),
    "6": lazy_gettext("6: bachelor"),
    "7": lazy_gettext("7: master"),
    "8": lazy_gettext("8: ph.d."),
}
_NUMBER = re.compile(r"\d{1,5}([.,]\d{1,2})?")

_Value = TypeVar("_Value")


def read_row(typed: Mapping[str, str]) -> RowByHand:
    """The row that a form means. Raises WrongRow where something typed cannot be read."""
    wrong = dict[str, Refusal]()
    fields = {key: text.strip() for key, text in typed.items()}

    def read(field: str, reader: Callable[[str], _Value]) -> _Value | None:
        try:
            return reader(fields[field]) if fields.get(field) else None
        except Refusal as refusal:
            wrong[field] = refusal
            return None

    institution = read("institution", _institution)
    if institution is None:
        wrong.setdefault("institution", Refusal("Velg institusjonen."))
    credits = read("credits", _credits)
    result = Result(
        category=read("category", _category) or Category.COURSE,
        code=fields.get("code") or None,
        version=fields.get("version") or None,
        name=_text(nb=fields.get("name"), en=fields.get("name_en")),
        thesis_title=_text(nb=fields.get("thesis"), en=fields.get("thesis_en")),
        term=_term(read("term_year", _year), read("term_season", _season), wrong),
        date=read("date", day_of),
        credits=credits,
        credit_scheme=(fields.get("credit_scheme") or "studiepoeng") if credits is not None else None,
        grade=fields.get("grade") or None,
        level=read("level", lambda text: Level("EQF", text)),
    )
    parent_id = read("parent", _parent)
    if not result.name and wrong:
        wrong["name"] = Refusal("Skriv navnet, på norsk eller engelsk.")
    if wrong or institution is None:
        raise WrongRow(wrong)
    return RowByHand(institution, result, parent_id)


def typed_of(row: StoredResult) -> dict[str, str]:
    """What stands in the form of a row that is to be changed."""
    result = row.result
    credits = f"{result.credits:f}".replace(".", ",") if result.credits is not None else ""
    values = {
        "institution": row.institution,
        "category": result.category,
        "code": result.code,
        "version": result.version,
        "name": result.name.get("nb"),
        "name_en": result.name.get("en"),
        "thesis": result.thesis_title.get("nb"),
        "thesis_en": result.thesis_title.get("en"),
        "term_year": result.term.year if result.term else None,
        "term_season": result.term.season if result.term else None,
        "date": f"{result.date:%d.%m.%Y}" if result.date else None,
        "credits": credits,
        "credit_scheme": result.credit_scheme,
        "grade": result.grade,
        "level": result.level.value if result.level else None,
        "parent": row.parent_id,
    }
    return {field: str(value) for field, value in values.items() if value is not None}


def _text(**texts: str | None) -> dict[str, str]:
    return {language: text for language, text in texts.items() if text}


def _term(year: int | None, season: Season | None, wrong: dict[str, Refusal]) -> Term | None:
    if year is not None and season is not None:
        return Term(year, season)
    if year is not None and "term_season" not in wrong:
        wrong["term_season"] = Refusal("Velg vår, sommer eller høst til året.")
    if season is not None and "term_year" not in wrong:
        wrong["term_year"] = Refusal("Skriv året til terminen.")
    return None


def _institution(text: str) -> int:
    if not text.isdecimal() or len(text) > 8:
        raise Refusal("Institusjonen er ukjent. Velg en fra listen.")
    return int(text)


def _parent(text: str) -> int:
    if not text.isdecimal() or len(text) > 15:
        raise Refusal("Velg en kvalifikasjon ved samme institusjon.")
    return int(text)


def _category(text: str) -> Category:
    if text not in set(Category):
        raise Refusal("Velg en av verdiene i listen.")
    return Category(text)


def _season(text: str) -> Season:
    if text not in set(Season):
        raise Refusal("Velg en av verdiene i listen.")
    return Season(text)


def _year(text: str) -> int:
    if not re.fullmatch(r"\d{4}", text):
        raise Refusal("Skriv året med fire siffer, som 2019.")
    return int(text)


def _credits(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise Refusal("Skriv et tall, som 10 eller 7,5.")
    return Decimal(text.replace(",", "."))
