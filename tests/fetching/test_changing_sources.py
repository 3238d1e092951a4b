"""What is done to a source stands in sources.toml, and who did it beside it."""

from datetime import datetime, timedelta

import pytest

from webapp.config import Settings
from webapp.errors import Refusal
from webapp.fetching.changing_sources import SourceKeeper, local_minute
from webapp.model import FieldChange, SourceChangeKind
from webapp.source_settings import Downtime, ElmoPullSettings, FileSettings
from webapp.sources_file import BroughtIn, SourcesFile
from webapp.store import Store, source_changes
from world import NOW, UIB, UIO

NOW_HERE = datetime(2026, 11, 24, 9, 14)


@pytest.fixture
def keeper(store: Store, settings: Settings) -> SourceKeeper:
    keeper = SourceKeeper(store, settings, "kberg", NOW)
    keeper.add(ElmoPullSettings(institution=UIO, url="https://uio.example.no"))
    return keeper


def sources(settings: Settings) -> dict[int, object]:
    return {each.institution: each for each in SourcesFile(settings.instance).sources()}


def kept(store: Store) -> list[tuple[SourceChangeKind, tuple[FieldChange, ...]]]:
    return [(each.kind, each.fields) for each in source_changes.latest(store.db, 100)]


def test_a_source_is_added_changed_and_removed_and_each_is_kept(
    keeper: SourceKeeper, store: Store, settings: Settings
) -> None:
    keeper.change(ElmoPullSettings(institution=UIO, url="https://uio.example.no", seats=4, enabled=False))
    keeper.change(ElmoPullSettings(institution=UIO, url="https://uio.example.no", seats=4, enabled=False))
    keeper.remove(UIO)
    removed, changed, added = source_changes.latest(store.db, 100)
    assert [each.kind for each in (added, changed, removed)] == ["added", "changed", "removed"]
    assert FieldChange("url", None, "https://uio.example.no") in added.fields
    assert changed.fields == (FieldChange("seats", "8", "4"), FieldChange("enabled", "true", "false"))
    assert (changed.institution, changed.changed_by, changed.changed_at) == (UIO, "kberg", NOW)
    assert FieldChange("url", "https://uio.example.no", None) in removed.fields
    assert sources(settings) == {}
    with pytest.raises(Refusal, match="ingen kilde"):
        keeper.remove(UIO)


def test_a_change_that_is_refused_is_not_kept(keeper: SourceKeeper, store: Store) -> None:
    with pytest.raises(Refusal, match="endret siden"):
        keeper.change(FileSettings(institution=UIO), "another")
    assert len(kept(store)) == 1


def test_a_source_is_put_off_from_now_and_on_again(keeper: SourceKeeper, store: Store, settings: Settings) -> None:
    time = Downtime(begins=local_minute(NOW, settings.zone), until=datetime(2026, 12, 1), reason="flytter database")
    assert time.begins == NOW_HERE
    keeper.put_off(UIO, time)
    (source,) = SourcesFile(settings.instance).sources()
    assert settings.off(source, NOW) == time
    keeper.put_on(UIO)
    (source,) = SourcesFile(settings.instance).sources()
    assert source.downtime == ()
    on, off, _ = kept(store)
    assert off == (
        SourceChangeKind.OFF,
        (
            FieldChange("from", None, "2026-11-24T09:14:00"),
            FieldChange("until", None, "2026-12-01T00:00:00"),
            FieldChange("reason", None, "flytter database"),
        ),
    )
    assert on[0] is SourceChangeKind.ON


def test_a_planned_time_is_taken_away_alone_and_past_ones_go(
    keeper: SourceKeeper, store: Store, settings: Settings
) -> None:
    planned = [
        Downtime(begins=NOW_HERE + timedelta(days=days), until=NOW_HERE + timedelta(days=days, hours=2), reason="r")
        for days in (1, 2)
    ]
    for time in planned:
        keeper.put_off(UIO, time)
    later = SourceKeeper(store, settings, "kberg", NOW + timedelta(days=1, hours=1))
    later.put_on(UIO, planned[1].begins)
    (source,) = SourcesFile(settings.instance).sources()
    assert source.downtime == (planned[0],)
    SourceKeeper(store, settings, "kberg", NOW + timedelta(days=1, hours=3)).put_off(
        UIO, planned[1].model_copy(update={"reason": "ny"})
    )
    (source,) = SourcesFile(settings.instance).sources()
    assert [time.reason for time in source.downtime] == ["ny"]


def test_a_time_that_has_ended_is_refused(keeper: SourceKeeper) -> None:
    with pytest.raises(Refusal, match="ikke har vært"):
        keeper.put_off(UIO, Downtime(begins=datetime(2026, 1, 1), until=datetime(2026, 1, 2), reason="r"))


def test_what_is_brought_in_is_kept_for_each(keeper: SourceKeeper, store: Store) -> None:
    text = f'[[source]]\ninstitution = {UIB}\nprotocol = "file"\n[[source]]\ninstitution = {UIO}\nprotocol = "file"\n'
    assert keeper.bring_in(text) == BroughtIn(added=(UIB,), replaced=(UIO,))
    replaced, added, _ = kept(store)
    assert (added[0], replaced[0]) == (SourceChangeKind.ADDED, SourceChangeKind.CHANGED)
    assert FieldChange("protocol", "elmo-pull", "file") in replaced[1]
    assert FieldChange("url", "https://uio.example.no", None) in replaced[1]
