"""Whether somebody carries out a run: they hold a file lock, which the system frees with a SIGKILL too."""

from pathlib import Path

from filelock import FileLock, Timeout

#: In the instance folder; held by whoever carries out a run.
RUN_LOCK = "run.lock"


def is_carried_out(instance: Path) -> bool:
    """Whether the lock is held. Asking takes it for a moment: who wants to hold it waits a second for it."""
    try:
        with FileLock(instance / RUN_LOCK, timeout=0):
            return False
    except Timeout:
        return True
