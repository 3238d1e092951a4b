"""Institutions whose results stand in a database: its views, or SQL of its own (docs/database.md)."""

from importlib import import_module
from typing import Any

from webapp.config import Settings
from webapp.errors import Refusal
from webapp.source_settings import DatabaseSettings
from webapp.sources.database.payloads import PROTOCOL
from webapp.sources.database.reading import read_rows

__all__ = ["PROTOCOL", "open_database", "read_rows"]


def open_database(source: DatabaseSettings, settings: Settings, attempts: int) -> Any:
    """Opens a database as a source; nothing is connected before the first question. Raises Refusal when it cannot be
    opened as it is set."""
    try:
        # Only here: SQLAlchemy is an extra, and takes a fifth of a second that no other start should pay.
        module = import_module("webapp.sources.database.source")
    except ModuleNotFoundError as missing:
        if missing.name != "sqlalchemy":
            raise
        raise Refusal('Databaser som kilder krever et tillegg. Installer "eksternstudium[database]".') from None
    return module.opened(source, settings, attempts)
