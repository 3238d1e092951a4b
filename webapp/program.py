"""The program itself: the one file that it was started from, and how to start it in a process of its own.

The one file (tools/release.py) unpacks its code into a cache and runs from there, so neither where the code lies nor
what Python can import by itself says what it does in a checkout or an installation.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Protocol
from zipimport import zipimporter


class Child(Protocol):
    """A process that we have started."""

    def poll(self) -> int | None:
        """Its exit status; None while it lives."""

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, waited for; raises subprocess.TimeoutExpired."""

    def terminate(self) -> None:
        """Have it end in good order."""

    def kill(self) -> None:
        """End it at once."""


def own_file() -> Path | None:
    """The one file that this process was started from; None in a checkout, an installation or a child process."""
    loader = getattr(sys.modules["__main__"], "__loader__", None)
    return Path(loader.archive).resolve() if isinstance(loader, zipimporter) else None


def own_command(*arguments: str) -> list[str]:
    """The command line that starts `eksternstudium` with `arguments`; it takes own_environment to go with it."""
    return [sys.executable, "-P", "-m", "webapp", *arguments]


def own_environment() -> dict[str, str]:
    """The environment of a process with the code that runs now.

    That is what was unpacked, never the one file again: a newer one may have been laid in its place for the next
    restart, and would bring the database up to date below the feet of this process.
    """
    if own_file() is None:
        return dict(os.environ)
    code = str(Path(__file__).parent.parent)
    inherited = os.environ.get("PYTHONPATH")
    return os.environ | {"PYTHONPATH": os.pathsep.join([code, inherited] if inherited else [code])}


def start_own(*arguments: str, **variables: str) -> Child:
    """Start `eksternstudium` with `arguments` and further variables of the environment. It says on this process'
    standard error what goes wrong, and nothing else."""
    environment, nothing = own_environment() | variables, subprocess.DEVNULL
    return subprocess.Popen(own_command(*arguments), env=environment, stdin=nothing, stdout=nothing)  # noqa: S603


def ended(child: Child, seconds: float) -> bool:
    """Have a child end; whether it did so in good order within so many seconds, and did not have to be killed."""
    child.terminate()
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return False
    return True
