"""A Dask cluster of real processes on the loopback, for as long as a test or a bench needs it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DaskCluster:
    """A scheduler and its workers; each may be killed."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]


@contextmanager
def dask_cluster(workers: int, instance: Path, threads: int = 4, **environment: str) -> Iterator[DaskCluster]:
    """Start a scheduler and so many workers, with an instance folder of their own and more in their environment.
    What they say goes to a file in that folder. All are ended, whatever happens."""
    instance.mkdir(parents=True, exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    # A long-lived file for all: what is asked about must not be in it.
    with (instance / "dask.log").open("ab") as log:

        def start(module: str, *arguments: str) -> subprocess.Popen[bytes]:
            # They end with us even when we are killed.
            command = ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", f"distributed.cli.{module}", *arguments]
            # As docs/scaling.md says how to start them.
            told = os.environ | {"DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "false"}
            told |= {"EKSTERNSTUDIUM_INSTANCE": str(instance)} | environment
            return subprocess.Popen([*command, "--no-dashboard"], env=told, stdout=log, stderr=log, cwd=instance)

        scheduler = start("dask_scheduler", "--host", "127.0.0.1", "--port", str(port))
        # Without a nanny nobody starts a worker again that is killed.
        options = ("--no-nanny", "--nthreads", str(threads), "--memory-limit", "0", "--host", "127.0.0.1")
        started = [start("dask_worker", address, *options) for _ in range(workers)]
        try:
            yield DaskCluster(address, scheduler, started)
        finally:
            for process in (*started, scheduler):
                process.kill()
            for process in (*started, scheduler):
                process.wait()
