"""A database: a real PostgreSQL, whose reader sees three views; trouble is its own, or stands on the line to it."""

from pathlib import Path

from sqlalchemy import Connection, create_engine, text

from postgres import READER, READER_PASSWORD, cluster
from stages import PATIENCE, Stage, Trouble
from tap import Tap, says
from webapp.config import Settings
from webapp.demo.shared_views import TABLES, create_tables, put
from webapp.model import Transcript
from webapp.source_settings import DatabaseSettings
from webapp.sources.catalogue import open_source
from world import UIO

_SCHEMA = "stage"
_VIEWS = {
    table.name: f"CREATE OR REPLACE VIEW {table.name} AS SELECT * FROM {_SCHEMA}.{table.name}" for table in TABLES
}
_FLOOD = "SELECT person, repeat('x', 1000000) AS code FROM stage.shared_results, generate_series(1, 1000)"
_BROKEN = "SELECT * FROM stage.shared_people WHERE 1 / 0 = 1"
_MARKUP = (
    "SELECT person, code, '<!DOCTYPE elmo [<!ENTITY a SYSTEM \"file:///etc\">]>' AS category FROM stage.shared_results"
)


class PostgreSQLStage(Stage):
    """Three views of a schema that the reader must not look into."""

    def __init__(self, folder: Path) -> None:
        server = cluster()
        self._engine = create_engine(server.url(), isolation_level="AUTOCOMMIT")
        with self._engine.connect() as db:
            _prepare(db)
        self._tap = Tap(server.port)
        (folder / "secret").write_text(READER_PASSWORD)
        settings = DatabaseSettings(
            institution=UIO,
            url=f"postgresql://{READER}@127.0.0.1:{self._tap.port}/postgres?sslmode=disable",
            secret_file=Path("secret"),
            timeout_seconds=PATIENCE,
            batch=2,
        )
        self.source = open_source(settings, Settings(instance=folder), attempts=1)

    def holds(self, *transcripts: Transcript) -> None:
        with self._engine.connect() as db:
            db.execute(text(f"TRUNCATE {', '.join(f'{_SCHEMA}.{name}' for name in _VIEWS)}"))
            db.execute(text(f"SET search_path TO {_SCHEMA}"))
            put(db, transcripts)
            db.execute(text("RESET search_path"))

    def spoil(self, number: str) -> None:
        self._do(f"UPDATE stage.shared_results SET category = 'SANG' WHERE person = 'P{number}'")

    def suffer(self, trouble: Trouble | None) -> None:
        self._tap.voice, self._tap.drip, self._tap.cut_after = None, False, None
        match trouble:
            case None:
                self._tap.open_again()
                self._do(f"ALTER ROLE {READER} CONNECTION LIMIT -1", f"DROP VIEW IF EXISTS {', '.join(_VIEWS)}")
                self._do(*_VIEWS.values(), f"GRANT SELECT ON {', '.join(_VIEWS)} TO {READER}")
            case Trouble.GONE:
                self._tap.shut()
            case Trouble.SILENT:
                self._replace("shared_results", "SELECT person, code FROM stage.shared_results, pg_sleep(60)")
            case Trouble.DRIPPING:
                self._tap.drip = True
            case Trouble.RUBBISH:
                self._tap.hang_up()
                self._tap.voice = says(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            case Trouble.CUT_OFF:
                self._tap.cut_after = 40
            case Trouble.TOO_LARGE:
                self._replace("shared_results", _FLOOD)
            case Trouble.UNSAFE:
                self._replace("shared_results", _MARKUP)
            case Trouble.REFUSED:
                self._do(f"REVOKE SELECT ON shared_results FROM {READER}")
            case Trouble.OVERLOADED:
                self._tap.hang_up()
                self._do(f"ALTER ROLE {READER} CONNECTION LIMIT 0")
            case Trouble.BROKEN:
                self._replace("shared_people", _BROKEN)

    def close(self) -> None:
        self.suffer(None)
        self.source.close()
        self._tap.close()
        self._engine.dispose()

    def _replace(self, view: str, sql: str) -> None:
        self._do(f"DROP VIEW {view}", f"CREATE VIEW {view} AS {sql}", f"GRANT SELECT ON {view} TO {READER}")

    def _do(self, *statements: str) -> None:
        with self._engine.connect() as db:
            for statement in statements:
                db.execute(text(statement))


def _prepare(db: Connection) -> None:
    """Tables and views, where they are not there yet."""
    if db.execute(text(f"SELECT 1 FROM pg_namespace WHERE nspname = '{_SCHEMA}'")).first():
        return
    db.execute(text(f"CREATE SCHEMA {_SCHEMA}"))
    db.execute(text(f"SET search_path TO {_SCHEMA}"))
    create_tables(db)
    db.execute(text("RESET search_path"))
    for view in _VIEWS.values():
        db.execute(text(view))
    db.execute(text(f"GRANT SELECT ON {', '.join(_VIEWS)} TO {READER}"))


def stage(folder: Path) -> Stage:
    """Opens the stage."""
    return PostgreSQLStage(folder)
