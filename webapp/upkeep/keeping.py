"""The backups of the night: a child process at low priority takes each, so that the screens stay quick."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from webapp.config import INSTANCE_VARIABLE, Settings
from webapp.errors import N_, Refusal
from webapp.program import Child, ended, start_own
from webapp.upkeep.standing import AGAIN, is_due, note_failed, standing

#: How long a child may take to end, in seconds. One that is killed leaves nothing that could be taken for a backup.
END_SECONDS = 2.0
_BROKE_OFF = N_("Sikkerhetskopieringen ble brutt av. Loggen sier hvorfor.")

_log = logging.getLogger(__name__)


def start_child(settings: Settings) -> Child:
    """Start `eksternstudium backup --scheduled`. It says on this process' standard error what goes wrong."""
    return start_own("backup", "--scheduled", **{INSTANCE_VARIABLE: str(settings.instance)})


@dataclass
class Keeper:
    """Sees to the backups of an instance: `look` again and again, then `stop`. Both may come from any thread."""

    settings: Settings
    clock: Callable[[], datetime]
    start: Callable[[Settings], Child] = start_child
    _child: Child | None = None
    _began_at: datetime | None = None
    #: Where a failure cannot be noted, as on a full disk, it is known here.
    _rests_until: datetime | None = None
    _stopped: bool = False
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def look(self) -> None:
        """See whether one has ended, and take the one that is due, also where its hour was slept through."""
        with self._one_at_a_time:
            if self._child is not None:
                self._see_the_child(self._child)
            now = self.clock()
            if self._stopped or self._child is not None or self._rests(now) or not is_due(self.settings, now):
                return
            self._began_at = now
            self._child = self.start(self.settings)

    def stop(self) -> None:
        """End the child: what it was about is taken at the next start."""
        with self._one_at_a_time:
            self._stopped = True
            if self._child is not None:
                ended(self._child, END_SECONDS)

    def _see_the_child(self, child: Child) -> None:
        status = child.poll()
        if status is None:
            return
        self._child = None
        if status == 0:
            return
        _log.error("a backup failed: status %d; the next try is in an hour", status)
        self._rests_until = self.clock() + AGAIN
        told = standing(self.settings.instance).failed
        if told is None or self._began_at is None or told.at < self._began_at:
            # It could not say so itself.
            with suppress(OSError):
                note_failed(self.settings.instance, Refusal(_BROKE_OFF), self.clock())

    def _rests(self, now: datetime) -> bool:
        # Not longer than it was to, where the clock was set back.
        return self._rests_until is not None and self._rests_until - AGAIN <= now < self._rests_until
