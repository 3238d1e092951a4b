"""Which backups stay, and that nothing else is ever deleted."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from webapp.backup_settings import Backup
from webapp.upkeep.rotation import backups_in, name_at, rotate, staying, taken_at

OSLO = ZoneInfo("Europe/Oslo")
KEPT = Backup(folder=Path("backups"))
LAST = datetime(2026, 11, 28, 3, 30, tzinfo=UTC)


def nights(count: int) -> list[str]:
    """A backup of each of so many nights, the last first."""
    return [name_at(LAST - timedelta(days=night), encrypted=True) for night in range(count)]


def test_days_weeks_and_months_stay() -> None:
    stays = sorted((taken_at(name) or LAST for name in staying(nights(365), KEPT, OSLO)), reverse=True)
    assert [f"{at:%d.%m}" for at in stays] == [
        *("28.11", "27.11", "26.11", "25.11", "24.11", "23.11", "22.11"),
        *("15.11", "08.11", "01.11"),
        *("31.10", "30.09"),
    ]


def test_nights_that_were_slept_through_take_nothing_away() -> None:
    old = [name_at(LAST - timedelta(days=days), encrypted=False) for days in (0, 40, 41, 42, 43, 44, 45)]
    assert staying(old, KEPT, OSLO) == set(old)


def test_the_day_is_that_of_the_time_zone() -> None:
    before, after = (name_at(datetime(2026, 11, 27, hour, 30, tzinfo=UTC), encrypted=False) for hour in (22, 23))
    one = KEPT.model_copy(update={"daily": 2, "weekly": 0, "monthly": 0})
    assert staying([before, after], one, OSLO) == {before, after}
    assert staying([before, after], one, ZoneInfo("UTC")) == {after}


def test_only_backups_go_and_never_the_last_good_one(tmp_path: Path) -> None:
    least = KEPT.model_copy(update={"daily": 1, "weekly": 0, "monthly": 0})
    ahead = name_at(LAST + timedelta(days=400), encrypted=True)  # the clock was wrong one night
    foreign = ["eksternstudium.sqlite", "afterwards.jsonl", "eksternstudium-20261128.tar.gz", f"{ahead}.bak"]
    for name in (*nights(3), ahead, *foreign):
        (tmp_path / name).write_text("")
    (tmp_path / name_at(LAST - timedelta(days=9), encrypted=True)).mkdir()
    elsewhere = tmp_path / name_at(LAST - timedelta(days=8), encrypted=True)
    elsewhere.symlink_to(tmp_path / foreign[0])
    last_good = nights(1)[0]
    assert sorted(rotate(tmp_path, least, OSLO, last_good)) == sorted(nights(3)[1:])
    assert [path.name for path in backups_in(tmp_path)] == [ahead, last_good]
    assert {path.name for path in tmp_path.iterdir()} >= {*foreign, elsewhere.name}


def test_a_recipient_that_is_none_stops_the_start() -> None:
    with pytest.raises(ValidationError):
        Backup(folder=Path("backups"), recipients=("AGE-SECRET-KEY-1",))
