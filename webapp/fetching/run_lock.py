"""Whether somebody carries out a run: they hold a file lock, which the system frees with a SIGKILL too."""

from pathlib import Path

from filelock import FileLock, Timeout

#: The file in the instance folder that is locked by whoever carries out a run: two runs never overlap.
RUN_LOCK = "run.lock"


def run_lock(instance: Path, wait_seconds: float = 0) -> FileLock:
    """What whoever carries out a run holds. Taking it raises Timeout while another has it."""
    return FileLock(instance / RUN_LOCK, timeout=wait_seconds)


def is_carried_out(instance: Path) -> bool:
    """Whether the lock is held. Asking takes it for a moment: who wants to hold it waits a second for it."""
    try:
        with run_lock(instance):
            return False
    except Timeout:
        return True
