"""The program itself: the one file that it was started from, and how to start it in a process of its own.

The one file (tools/release.py) unpacks its code into a cache and runs from there, so neither where the code lies nor
what Python can import by itself says what it does in a checkout or an installation.
"""

import os
import sys
from pathlib import Path
from zipimport import zipimporter


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
