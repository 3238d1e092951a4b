"""What was done to a source, in words: who changed which setting, from what to what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from webapp.model import SourceChange, SourceChangeKind
from webapp.source_settings import PROTOCOLS, Downtime, flat_fields
from webapp.web.current import house
from webapp.web.language import gettext
from webapp.web.source_form import label_of, value_words
from webapp.web.source_rows import protocol_name
from webapp.web.words import moment_of


@dataclass(frozen=True)
class ChangeLine:
    """What was done to a source: when, by whom, what, and which settings before and after; `both`: whether there are
    both, and not just what came or went."""

    when: str
    by: str
    source: str
    what: str
    fields: tuple[tuple[str, str, str], ...]
    both: bool


def change_line(change: SourceChange, titles: Mapping[int, str] | None = None) -> ChangeLine:
    """What was done, ready to be shown; `titles`: the names of the sources, where they are to be told."""
    what = {
        SourceChangeKind.ADDED: gettext("Lagt til"),
        SourceChangeKind.CHANGED: gettext("Endret"),
        SourceChangeKind.REMOVED: gettext("Fjernet"),
        SourceChangeKind.OFF: gettext("Slått av"),
        SourceChangeKind.ON: gettext("Slått på"),
        SourceChangeKind.TRIED: gettext("Prøvd med en person"),
    }[change.kind]
    return ChangeLine(
        moment_of(change.changed_at, house().settings.zone, house().clock()),
        change.changed_by,
        (titles or {}).get(change.institution, str(change.institution)),
        what,
        tuple(
            (_label(each.field), _text(each.field, each.before), _text(each.field, each.after))
            for each in change.fields
            if change.kind is not SourceChangeKind.REMOVED
        ),
        change.kind is SourceChangeKind.CHANGED,
    )


def _label(field: str) -> str:
    """A setting, or a part of a time, as the screens name it."""
    model = next((model for model in PROTOCOLS.values() if field in flat_fields(model)), None)
    if model is not None:
        return label_of(model, field)
    titles = {info.alias or name: info.title for name, info in Downtime.model_fields.items()}
    return gettext(titles.get(field) or field)


def _text(field: str, value: str | None) -> str:
    if value is None:
        return ""
    if field in ("from", "until"):
        return f"{datetime.fromisoformat(value):%d.%m.%Y %H.%M}"
    if field == "protocol" and value in PROTOCOLS:
        return protocol_name(PROTOCOLS[value])
    return value_words(value == "true") if value in ("true", "false") else value
