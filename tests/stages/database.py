"""A database: an SQLite file with the three tables. What a file cannot suffer, a server suffers that speaks
PostgreSQL's wire protocol just far enough."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import NullPool, create_engine, delete

from stages import PATIENCE, Stage, Trouble
from tap import Tap, Voice, drips, refuses, says
from webapp.config import Settings
from webapp.demo.shared_views import TABLES, create_tables, put
from webapp.model import Transcript
from webapp.source_settings import DatabaseSettings
from webapp.sources.catalogue import Source, open_source
from world import UIO

_ENDLESS = """SELECT person, n AS code
    FROM results, (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c WHERE n < 0)"""
_FLOOD = """SELECT person, printf('%.*c', 1000000, 'x') AS code
    FROM results, (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 100) SELECT n FROM c)"""
_BLOB = "SELECT person, x'00ff' AS code FROM results"
_VIEWS = {Trouble.SILENT: _ENDLESS, Trouble.TOO_LARGE: _FLOOD, Trouble.UNSAFE: _BLOB}
_VOICES: dict[Trouble, Voice] = {
    Trouble.DRIPPING: drips(b"R\0\0\x07\0"),
    Trouble.CUT_OFF: says(b"R\0\0"),
    Trouble.REFUSED: refuses("28P01", 'password authentication failed for user "reader"'),
}


class DatabaseStage(Stage):
    """An SQLite file that the source opens for reading."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file, self._aside = folder / "results.sqlite", folder / "results.aside"
        self._engine = create_engine(f"sqlite:///{self._file}", poolclass=NullPool)
        with self._engine.begin() as db:
            create_tables(db)
        self._lock: sqlite3.Connection | None = None
        self._tap = Tap()
        self._of_file = self._opened("sqlite:///results.sqlite")
        self._of_tap = self._opened(f"postgresql://reader@127.0.0.1:{self._tap.port}/postgres?sslmode=disable")
        self.source = self._of_file

    def _opened(self, url: str) -> Source:
        settings = DatabaseSettings(institution=UIO, url=url, timeout_seconds=PATIENCE, batch=2)
        return open_source(settings, Settings(instance=self._folder), attempts=1)

    def holds(self, *transcripts: Transcript) -> None:
        with self._engine.begin() as db:
            for table in TABLES:
                db.execute(delete(table))
            put(db, transcripts)

    def spoil(self, number: str) -> None:
        self._do(f"UPDATE shared_results SET category = 'SANG' WHERE person = 'P{number}'")

    def suffer(self, trouble: Trouble | None) -> None:
        if trouble is None:
            self._recover()
        elif trouble in _VOICES:
            self._tap.voice = _VOICES[trouble]
            self.source = self._of_tap
        elif trouble is Trouble.OVERLOADED:
            self._lock = sqlite3.connect(self._file, isolation_level=None)
            self._lock.execute("BEGIN EXCLUSIVE")
        else:
            self._aside.write_bytes(self._file.read_bytes())
            if trouble in _VIEWS:
                self._do(
                    "ALTER TABLE shared_results RENAME TO results", f"CREATE VIEW shared_results AS {_VIEWS[trouble]}"
                )
            elif trouble is Trouble.RUBBISH:
                self._file.write_bytes(b"Dette er et regneark. " * 1000)
            elif trouble is Trouble.BROKEN:
                self._file.write_bytes(self._file.read_bytes()[:4096] + b"\xff" * 100_000)
            else:
                self._file.unlink()

    def _recover(self) -> None:
        self.source = self._of_file
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        if self._aside.exists():
            self._aside.replace(self._file)

    def close(self) -> None:
        self._recover()
        self._tap.close()
        self._of_file.close()
        self._of_tap.close()
        self._engine.dispose()

    def _do(self, *statements: str) -> None:
        with closing(sqlite3.connect(self._file)) as db, db:
            for statement in statements:
                db.execute(statement)


def stage(folder: Path) -> Stage:
    """Opens the stage."""
    return DatabaseStage(folder)
