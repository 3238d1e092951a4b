"""A real PostgreSQL for the tests: one cluster for the session, in a folder of its own, gone when the tests end."""

import atexit
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import URL, NullPool, create_engine, text

OWNER, READER = "owner", "reader"
OWNER_PASSWORD, READER_PASSWORD = "of the owner", "of the reader"
START_SECONDS, STOP_SECONDS = 30.0, 15.0
_ABSENT = "PostgreSQL is not installed: apt-get install postgresql"
#: Nothing is kept, so nothing need reach the disk.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "16MB",
    "max_connections": "40",
    "autovacuum": "off",
    "logging_collector": "off",
}
#: The server, until the tests let go of it, even by being killed; then it ends, and its folder is gone.
_SERVE = """
    "$@" </dev/null & server=$!
    read -r _
    kill -INT "$server"
    wait "$server"
    rm -rf "$0"
"""


@dataclass(frozen=True)
class Cluster:
    """A running PostgreSQL at a port of the loopback, with an owner of everything and a reader who may do nothing."""

    port: int

    def url(self, user: str = OWNER, password: str | None = OWNER_PASSWORD, database: str = "postgres") -> URL:
        return URL.create("postgresql+psycopg", user, password, "127.0.0.1", self.port, database)


def cluster() -> Cluster:
    """The cluster of this session, started when it is first asked for. Skips the test where PostgreSQL cannot be had;
    with CI=true it must be there."""
    programs = _programs()
    if programs is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"With CI=true it must be there. {_ABSENT}")
        pytest.skip(_ABSENT)
    return _start(programs)


def _programs() -> Path | None:
    """The folder of initdb and postgres; Debian keeps them out of PATH, by version."""
    found = [Path(there).resolve() for there in [shutil.which("initdb")] if there]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    return next((each.parent for each in found if (each.parent / "postgres").exists()), None)


@cache
def _start(programs: Path) -> Cluster:
    folder = Path(tempfile.mkdtemp(prefix="eksternstudium-postgres-"))
    user = _unprivileged()
    password = folder / "password"
    password.write_text(OWNER_PASSWORD)
    if user is not None:
        for path in (folder, password):
            shutil.chown(path, user)
    initdb = [programs / "initdb", "-D", folder / "data", "-U", OWNER, "-A", "scram-sha-256", "--pwfile", password]
    options = ["-E", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions"]
    subprocess.run([*initdb, *options], check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = _SETTINGS | {"port": str(port), "unix_socket_directories": str(folder)}
    arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            ["sh", "-c", _SERVE, folder, programs / "postgres", "-D", folder / "data", *arguments],
            user=user,
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
        )
    atexit.register(_stop, server)
    _wait(server, folder, port)
    started = Cluster(port)
    engine = create_engine(started.url(), poolclass=NullPool)
    with engine.begin() as db:
        db.execute(text(f"CREATE ROLE {READER} LOGIN PASSWORD '{READER_PASSWORD}'"))
    return started


def _unprivileged() -> str | None:
    """Whom to be: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _wait(server: subprocess.Popen[bytes], folder: Path, port: int) -> None:
    """Until it takes connections: the pid file says so."""
    ends = time.monotonic() + START_SECONDS
    pid_file = folder / "data" / "postmaster.pid"
    while time.monotonic() < ends and server.poll() is None:
        if pid_file.exists() and pid_file.read_text().rstrip().endswith("ready"):
            return
        time.sleep(0.02)
    raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()}")


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.communicate(timeout=STOP_SECONDS)
