"""Where a database is: its host is looked up and checked before each connection, as that of any source is."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from webapp.errors import Refusal, SourceError, SourceFailure
from webapp.sources.addresses import Network, reachable
from webapp.sources.deadline import addresses_of
from webapp.sources.failures import source_error

#: What libpq takes beside a host that leads elsewhere than the host says.
_SIDE_DOORS = ("hostaddr", "service")


class CheckedWay:
    """Puts the address that was checked into what the driver is told. `seconds`: the limit of the look-up."""

    def __init__(self, allowed: Sequence[Network], seconds: float) -> None:
        self._allowed, self._seconds = allowed, seconds

    def __call__(self, dialect: Any, record: Any, arguments: list[Any], told: dict[str, Any]) -> None:
        """Listens to SQLAlchemy's `do_connect`. Raises SourceError for a host that is not asked."""
        if dialect.driver == "psycopg" and any(told.get(name) for name in _SIDE_DOORS):
            raise SourceError(SourceFailure.WRONGLY_SET_UP, "the address leads around its host")
        hosts = str(told.get("host") or "").split(",")
        found = [self._found(host) for host in hosts]
        if dialect.driver == "psycopg" and all(_is_name(host) for host in hosts):
            ports = str(told.get("port") or 5432).split(",")
            ports = ports * len(hosts) if len(ports) == 1 else ports
            rows = [
                (host, each, port) for host, all_of, port in zip(hosts, found, ports, strict=False) for each in all_of
            ]
            # With its address beside it, libpq does not look the host up again; the host is what TLS is checked for.
            told["host"], told["hostaddr"], told["port"] = (",".join(column) for column in zip(*rows, strict=True))

    def _found(self, host: str) -> list[str]:
        """The addresses of a host that may be asked. Without a host, or with a socket, it is this machine."""
        try:
            found = addresses_of(host, 0, self._seconds) if _is_name(host) else ["127.0.0.1"]
            return reachable(found, self._allowed)
        except OSError as error:
            raise source_error(error) from None


def _is_name(host: str) -> bool:
    return bool(host) and not host.startswith(("/", "@"))


def refuse_our_own(file: Path, ours: Path) -> None:
    """Raises Refusal where an SQLite file is the one that all of ours is in: whoever may set up sources may not see
    what it holds."""
    if file.resolve() == ours.resolve() or (file.exists() and ours.exists() and file.samefile(ours)):
        raise Refusal("Adressen leder til vår egen database. Skriv stien til filen fra institusjonen.")


def deny_other_files(connection: sqlite3.Connection) -> None:
    """Let the SQL of a source see its own file only: ATTACH could name any other."""
    connection.set_authorizer(
        lambda action, *_: sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK
    )
