"""An instance looked over, whatever state it is in: nothing is written, and what cannot be looked at is a finding."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from webapp.config import Settings, read_settings
from webapp.errors import N_, Refusal
from webapp.store import soundness
from webapp.troubles import trouble_of
from webapp.upkeep.backup_check import look_at_backups
from webapp.upkeep.database_check import look_at_file, look_at_none, look_at_schema, look_at_trace, look_at_trouble
from webapp.upkeep.disk_check import look_at_folder, look_at_room
from webapp.upkeep.findings import Area, Finding, Level, Notes
from webapp.upkeep.machine_check import look_at_libraries, look_at_limits
from webapp.upkeep.schedule_check import look_at_clock, look_at_nights, look_at_runs, look_at_screens
from webapp.upkeep.secrets_check import look_at_certificates, look_at_secrets
from webapp.upkeep.sources_check import Asked, ask_all, look_at_answers, look_at_clocks, look_at_endings


def look_over(instance: Path, clock: Callable[[], datetime], *, is_quick: bool = False) -> Sequence[Finding]:
    """All that is found in an instance folder, area by area. The sources are asked what they are, and nobody else is
    asked anything; that takes as long as the slowest of them may. With `is_quick` they are not asked, the database
    is not read to its end, and the screens that ask for this run."""
    notes = Notes(Area.SETTINGS)
    if not instance.is_dir():
        what = N_("Instansmappen %(folder)s fins ikke.")
        notes.wrong(what, N_("Lag den, eller si med EKSTERNSTUDIUM_INSTANCE hvor den er."), folder=instance)
        return notes.found
    settings = _settings(instance, notes)
    asked = [] if is_quick else ask_all(settings, clock)
    now = clock()
    found = [
        *notes.found,
        *_of_database(settings, asked, now, is_quick=is_quick),
        *look_at_answers(settings, asked),
        *look_at_clocks(asked),
        *look_at_folder(instance, settings.database),
        *look_at_certificates(settings, now),
        *look_at_secrets(settings),
        *([] if is_quick else look_at_screens(instance)),
        *look_at_backups(settings, now),
        *look_at_libraries(settings),
        *look_at_limits(settings),
    ]
    order = list(Area)
    return sorted(found, key=lambda each: order.index(each.area))


def _settings(instance: Path, notes: Notes) -> Settings:
    """The settings; those that hold where none are set, when they are wrong."""
    try:
        settings = read_settings(instance)
    except Refusal as refusal:
        notes.refused(refusal)
    except OSError as wrong:
        notes.refused(trouble_of(wrong) or Refusal("Innstillingene kan ikke leses (%(why)s).", why=wrong.strerror))
    else:
        what = N_("settings.toml og sources.toml er i orden. Kilder: %(count)d.")
        notes.fine(what, count=len(settings.sources))
        return settings
    return Settings(instance=instance)


def _of_database(settings: Settings, asked: Asked, now: datetime, *, is_quick: bool) -> Sequence[Finding]:
    """What is found in the database, and by what it tells."""
    path, size, growth = settings.database, 0, 0.0
    found: list[Finding] = []
    is_read = False
    if not path.exists():
        found += look_at_none(path)
    else:
        size = path.stat().st_size
        try:
            with soundness.read_only(path) as db:
                found += look_at_file(db, path, is_quick=is_quick)
                is_sound = all(each.level is not Level.ERROR for each in found)
                schema = soundness.schema(db)
                found += look_at_schema(schema)
                if is_sound and schema.is_ours:
                    growth = soundness.growth(db, now)
                    found += [] if is_quick else look_at_trace(db)
                    found += [
                        *_of_content(settings, db, schema.begun_at, now),
                        *look_at_endings(settings, db, asked, now),
                    ]
                    is_read = True
        except sqlite3.Error as wrong:
            if all(each.level is not Level.ERROR for each in found):
                found += look_at_trouble(wrong)
    endings = [] if is_read else look_at_endings(settings, None, asked, now)
    return [*found, *endings, *look_at_room(settings.instance, size, growth)]


def _of_content(settings: Settings, db: Database, begun_at: datetime | None, now: datetime) -> Sequence[Finding]:
    return [
        *look_at_clock(settings, db, now),
        *look_at_runs(settings, db, now),
        *look_at_nights(settings, db, begun_at, now),
    ]
