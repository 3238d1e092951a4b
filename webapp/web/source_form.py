"""The form of a source, made of its protocol's settings: what was typed, and the source that it means."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from webapp.errors import Refusal
from webapp.source_settings import Downtime, SourceSettings, flat_fields, flat_value, table_of
from webapp.web.language import gettext
from webapp.web.lists import day_of

#: What the form has in groups, in this order; a protocol's own settings follow the first.
_FIRST = ("institution", "name")
_SECRET = ("secret_env", "secret_file", "secret_until")
_LIMITS = ("timeout_seconds", "seats", "batch")
_TICKS = ("enabled", "shares", "direct")
#: These have the protocol chosen, and times of their own.
_ELSEWHERE = ("protocol", "downtime")


@dataclass(frozen=True)
class FormField:
    """A field: `kind` is "line", "number", "text" (of several lines), "date" or "tick"; `value` is what stands in it,
    of a tick "on" or ""; `refusal` says what is wrong with it."""

    name: str
    label: str
    hint: str
    kind: str
    value: str
    required: bool
    refusal: str = ""


@dataclass(frozen=True)
class Group:
    """Fields that belong together."""

    title: str
    fields: tuple[FormField, ...]


class WrongSource(Exception):
    """A form that means no source; `fields` says what is wrong with which field."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__()
        self.fields = fields


def groups_of(model: type[SourceSettings], typed: Mapping[str, str], wrong: Mapping[str, str]) -> tuple[Group, ...]:
    """The form of a protocol with what was typed in it."""
    fields = flat_fields(model)
    shared = {*_FIRST, *_SECRET, *_LIMITS, *_TICKS, *_ELSEWHERE}
    own = tuple(name for name in fields if name not in shared and "." not in name)
    tables = tuple(
        (gettext(info.title or name), tuple(each for each in fields if each.startswith(f"{name}.")))
        for name, info in model.model_fields.items()
        if table_of(info)
    )
    titled = (
        (gettext("Kilden"), (*_FIRST, *own)),
        (gettext("Hemmelighet"), _SECRET),
        *tables,
        (gettext("Grenser"), _LIMITS),
        (gettext("Bruk"), _TICKS),
    )
    return tuple(
        Group(title, tuple(_field(fields[name], name, typed, wrong) for name in names if name in fields))
        for title, names in titled
    )


def label_of(model: type[SourceSettings], name: str) -> str:
    """What the screens call a setting, one of a table by the table's name first."""
    table, _, inner = name.rpartition(".")
    label = gettext(flat_fields(model)[name].title or inner)
    return f"{gettext(model.model_fields[table].title or table)}: {label}" if table else label


def typed_of(source: SourceSettings | None, model: type[SourceSettings]) -> dict[str, str]:
    """What stands in the form: of a source that is there, or else of one with all as it would be anyway. Where the
    source speaks another protocol, what both have is kept."""
    values = {}
    for name, info in flat_fields(model).items():
        if name not in _ELSEWHERE:
            # A table that is not there has no values of its own either.
            fallback = None if info.is_required() or "." in name else info.default
            has_it = source is not None and name in flat_fields(type(source))
            values[name] = _as_typed(flat_value(source, name) if source and has_it else fallback)
    return values


def read_source(
    model: type[SourceSettings], typed: Mapping[str, str], downtime: tuple[Downtime, ...] = ()
) -> SourceSettings:
    """The source that a form means; `downtime`: the times that it has besides. Raises WrongSource."""
    values: dict[str, Any] = {"downtime": downtime}
    wrong = dict[str, str]()
    fields = flat_fields(model)
    tables = dict[str, dict[str, Any]]()
    for name, info in fields.items():
        text = typed.get(name, "").strip()
        if name in _ELSEWHERE:
            continue
        table, _, inner = name.rpartition(".")
        place = tables.setdefault(table, {}) if table else values
        if _kind(name, info) == "tick":
            place[inner] = bool(text)
        elif text:
            try:
                place[inner] = _value(info, text)
            except Refusal as refusal:
                wrong[name] = gettext(refusal.sentence)
    # A table in which nothing is said but what holds anyway is none.
    values |= {
        table: inner
        for table, inner in tables.items()
        if any(value != fields[f"{table}.{name}"].default for name, value in inner.items())
    }
    try:
        source = model.model_validate(values)
    except ValidationError as invalid:
        for error in invalid.errors():
            name, about = _place(model, error["loc"])
            allowed = gettext(about.description or "")
            missing = error["type"] == "missing"
            wrong.setdefault(
                name,
                gettext("Fyll ut feltet. Tillatt: %(allowed)s.", allowed=allowed)
                if missing
                else gettext("Dette går ikke. Tillatt: %(allowed)s.", allowed=allowed),
            )
        raise WrongSource(_in_order(model, wrong)) from invalid
    if wrong:
        raise WrongSource(_in_order(model, wrong))
    return source


def _place(model: type[SourceSettings], where: tuple[int | str, ...]) -> tuple[str, FieldInfo]:
    """The field beside which an error stands, and the setting that it is about; one with a table as such stands beside
    the first of its fields."""
    fields, name = flat_fields(model), ".".join(str(part) for part in where[:2])
    if name in fields:
        return name, fields[name]
    owner = str(where[0])
    return next(each for each in fields if each == owner or each.startswith(f"{owner}.")), model.model_fields[owner]


def value_words(value: Any) -> str:
    """A setting as a page shows it."""
    if isinstance(value, bool):
        return gettext("ja") if value else gettext("nei")
    return _as_typed(value)


def _field(info: FieldInfo, name: str, typed: Mapping[str, str], wrong: Mapping[str, str]) -> FormField:
    kind = _kind(name, info)
    hint = gettext(info.description or "")
    if kind == "date":
        hint = gettext("dd.mm.åååå")
    if kind == "tick":
        # What stands in brackets says what the tick means; the rest, what a file has in its place.
        hint = hint.partition("(")[2].rstrip(")")
    # What a table must have it must have only where there is one.
    required = info.is_required() and "." not in name
    return FormField(name, gettext(info.title or name), hint, kind, typed.get(name, ""), required, wrong.get(name, ""))


def _kind(name: str, info: FieldInfo) -> str:
    types = _types(info.annotation)
    if bool in types:
        return "tick"
    if date in types:
        return "date"
    if int in types or float in types:
        return "number"
    return "text" if name.endswith("_sql") else "line"


def _types(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def _value(info: FieldInfo, text: str) -> Any:
    types = _types(info.annotation)
    if date in types:
        return day_of(text)
    if float in types:
        return text.replace(",", ".")
    return text.replace("\r\n", "\n")


def _as_typed(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else ""
    if isinstance(value, date) and not isinstance(value, datetime):
        return f"{value:%d.%m.%Y}"
    if isinstance(value, float):
        return f"{value:g}".replace(".", ",")
    return str(value)


def _in_order(model: type[SourceSettings], wrong: Mapping[str, str]) -> dict[str, str]:
    """What is wrong in the order in which the form has its fields."""
    fields = [field.name for group in groups_of(model, {}, {}) for field in group.fields]
    return {name: wrong[name] for name in [*fields, *wrong] if name in wrong}
