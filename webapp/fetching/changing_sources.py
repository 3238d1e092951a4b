"""Kilder: what a person does to a source stands in sources.toml, and who did it beside it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from webapp.config import Settings
from webapp.errors import Refusal
from webapp.model import FieldChange, SourceChange, SourceChangeKind
from webapp.source_settings import Downtime, SourceSettings, flat_fields, flat_value
from webapp.sources_file import BroughtIn, SourcesFile
from webapp.store import Store, source_changes


class SourceKeeper:
    """Changes the sources of an instance in the name of `by`. Whoever asks the sources must take them in anew
    afterwards. `version`: see SourcesFile; everything raises Refusal as it does."""

    def __init__(self, store: Store, settings: Settings, by: str, now: datetime) -> None:
        self._store = store
        self._zone = settings.zone
        self._file = SourcesFile(settings.instance)
        self._by = by
        self._now = now

    def add(self, source: SourceSettings, version: str | None = None) -> None:
        """Add a source."""
        self._file.add(source, version)
        self._keep(source.institution, SourceChangeKind.ADDED, _fields(None, source))

    def change(self, source: SourceSettings, version: str | None = None) -> None:
        """Have the source of that institution be as this one."""
        before = self._known(source.institution)
        self._file.change(source, version)
        if fields := _fields(before, source):
            self._keep(source.institution, SourceChangeKind.CHANGED, fields)

    def put_to_use(self, institution: int, enabled: bool, version: str | None = None) -> None:
        """Take a source out of use, or in again."""
        self.change(self._known(institution).model_copy(update={"enabled": enabled}), version)

    def remove(self, institution: int, version: str | None = None) -> None:
        """Take a source out."""
        before = self._known(institution)
        self._file.remove(institution, version)
        self._keep(institution, SourceChangeKind.REMOVED, _fields(before, None))

    def put_off(self, institution: int, time: Downtime, version: str | None = None) -> None:
        """Have a source not be asked for a time, from now or from later on. Raises Refusal when that has ended."""
        if time.ends(self._zone) <= self._now:
            raise Refusal("Tiden er ute før den begynner. Velg et tidspunkt som ikke har vært.")
        before = self._known(institution)
        times = (*(each for each in before.downtime if self._is_left(each) and each != time), time)
        self._file.change(before.model_copy(update={"downtime": times}), version)
        self._keep(institution, SourceChangeKind.OFF, _time_fields(None, time))

    def put_on(self, institution: int, begins: datetime | None = None, version: str | None = None) -> None:
        """Have a source be asked again: the time that began, or is to begin, at `begins` is taken away; without one,
        all in which it is off now."""
        before = self._known(institution)
        gone = [each for each in before.downtime if self._is_meant(each, begins)]
        times = tuple(each for each in before.downtime if each not in gone and self._is_left(each))
        self._file.change(before.model_copy(update={"downtime": times}), version)
        for time in gone:
            self._keep(institution, SourceChangeKind.ON, _time_fields(time, None))

    def bring_in(self, text: str) -> BroughtIn:
        """Take in the sources of another such file; see SourcesFile.bring_in."""
        before = {source.institution: source for source in self._file.sources()}
        came = self._file.bring_in(text)
        now = {source.institution: source for source in self._file.sources()}
        for number in came.added:
            self._keep(number, SourceChangeKind.ADDED, _fields(None, now[number]))
        for number in came.replaced:
            self._keep(number, SourceChangeKind.CHANGED, _fields(before[number], now[number]))
        return came

    def note_tried(self, institution: int) -> None:
        """Note that somebody asked a source about a person: no order tells of it."""
        self._keep(institution, SourceChangeKind.TRIED, ())

    def _known(self, institution: int) -> SourceSettings:
        found = next((each for each in self._file.sources() if each.institution == institution), None)
        if found is None:
            raise Refusal("Institusjon %(number)d har ingen kilde i sources.toml lenger.", number=institution)
        return found

    def _is_left(self, time: Downtime) -> bool:
        return time.ends(self._zone) > self._now

    def _is_meant(self, time: Downtime, begins: datetime | None) -> bool:
        return time.covers(self._now, self._zone) if begins is None else time.begins == begins

    def _keep(self, institution: int, kind: SourceChangeKind, fields: Sequence[FieldChange]) -> None:
        with self._store.write() as db:
            source_changes.keep(db, SourceChange(institution, self._now, self._by, kind, tuple(fields)))


def _fields(before: SourceSettings | None, after: SourceSettings | None) -> Sequence[FieldChange]:
    """What is set otherwise than before; of what is added or taken out, all that is set."""
    old, new = _set_of(before), _set_of(after)
    names = dict.fromkeys([*new, *old])
    return [FieldChange(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)]


def _set_of(source: SourceSettings | None) -> dict[str, str]:
    if source is None:
        return {}
    values = {name: flat_value(source, name) for name in flat_fields(type(source)) if name != "institution"}
    return {name: _written(value) for name, value in values.items() if value is not None and value != ()}


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, tuple):
        return "; ".join(f"{each.begins:%Y-%m-%dT%H:%M}–{each.until:%Y-%m-%dT%H:%M} {each.reason}" for each in value)
    return str(value)


def _time_fields(before: Downtime | None, after: Downtime | None) -> Sequence[FieldChange]:
    old, new = ({} if time is None else time.model_dump(mode="json", by_alias=True) for time in (before, after))
    return [FieldChange(name, old.get(name), new.get(name)) for name in ("from", "until", "reason")]


def local_minute(at: datetime, zone: ZoneInfo) -> datetime:
    """An instant as sources.toml has it: the minute, without a zone."""
    return at.astimezone(zone).replace(second=0, microsecond=0, tzinfo=None)
