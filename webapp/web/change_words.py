"""A change of a result in words: which field, from what to what."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from webapp.model import Category, ChangeKind, FieldChange, Season, Term
from webapp.web.labels import category_name, field_name, kind_name, term_name
from webapp.web.language import gettext


def change_words(change: FieldChange) -> str:
    """One field before and after: "Resultat: D → B"."""
    before, after = (_value(change.field, value) for value in (change.before, change.after))
    return f"{field_name(change.field)}: {before} → {after}"


def told_words(kind: ChangeKind, fields: Sequence[FieldChange], category: Category, code: str | None, name: str) -> str:
    """What became of a result in a few words: "MAT1100: D → B", "ny kvalifikasjon: Bachelor i biologi"."""
    named = " ".join(part for part in (code, name) if part)
    match kind:
        case ChangeKind.NEW if category is Category.QUALIFICATION:
            return gettext("ny kvalifikasjon: %(name)s", name=name or named)
        case ChangeKind.NEW if category is Category.COURSE:
            return gettext("nytt emne: %(name)s", name=named)
        case ChangeKind.CHANGED | ChangeKind.EDITED if fields:
            return f"{code or name}: {', '.join(_short(field) for field in fields)}"
        case _:
            return f"{kind_name(kind)}: {named}"


def _short(change: FieldChange) -> str:
    """A new grade says from what to what; other fields say which they are."""
    if change.field != "grade":
        return change_words(change)
    return f"{change.before or '–'} → {change.after or '–'}"


def _value(field: str, value: str | None) -> str:
    """A field's value out of the log, as the screens write it."""
    if not value:
        return "–"
    try:
        return _WRITTEN[field](value) if field in _WRITTEN else value
    except (ValueError, IndexError):
        # Logged by another version, in other words: better told as it stands than not at all.
        return value


def _term(value: str) -> str:
    year, _, season = value.partition(" ")
    return term_name(Term(int(year), Season(season)))


#: How the fields are written that the log has in another form (webapp.fetching.merge).
_WRITTEN: Mapping[str, Callable[[str], str]] = {
    "category": lambda value: category_name(Category(value)),
    "term": _term,
    "date": lambda value: f"{date.fromisoformat(value):%d.%m.%Y}",
    "credits": lambda value: value.replace(".", ","),
    # The key of the row above: category, code or name, and when.
    "parent": lambda value: value.split("|")[1],
}
