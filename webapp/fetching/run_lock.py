"""Whether somebody carries out a run: they hold a file lock, which the system frees with a SIGKILL too."""

from pathlib import Path

from filelock import FileLock, Timeout

from webapp.fetching.importing import RUN_LOCK


def is_carried_out(instance: Path) -> bool:
    """Whether the lock is held. Asking takes it for a moment: who wants to hold it waits a second for it."""
    try:
        with FileLock(instance / RUN_LOCK, timeout=0):
            return False
    except Timeout:
        return True
