"""Which process holds a running fetch, so that what a dead one held can be given back."""

import os
import secrets
from pathlib import Path

from filelock import FileLock, Timeout

from webapp.store import Store, orders

#: Where the processes of an instance that may claim have their locks.
FOLDER = "processes"


class Claims:
    """This process' name as a claimant. It holds a file lock as long as it lives; the system frees it with a
    SIGKILL too, and a lock that can be taken tells that its process is no more."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._lock = FileLock(folder / self.name)
        self._lock.acquire()

    def release(self) -> None:
        """Let go: whatever this process still holds may be given back."""
        self._lock.release()
        (self._folder / self.name).unlink(missing_ok=True)

    def dead(self, name: str) -> bool:
        """Whether the process of that name is no more."""
        if name == self.name:
            return False
        try:
            with FileLock(self._folder / name, timeout=0):
                (self._folder / name).unlink(missing_ok=True)
                return True
        except Timeout:
            return False


def recover(store: Store, claims: Claims) -> int:
    """Queue again what processes held that are no more; returns how many fetches that was."""
    gone = [name for name in orders.claimants(store.db) if claims.dead(name)]
    if not gone:
        return 0
    with store.write() as db:
        return sum(orders.give_back(db, name) for name in gone)
