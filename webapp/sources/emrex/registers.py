"""The registries of an instance, each opened once for as long as its settings stay the same."""

import threading

from webapp.config import Settings
from webapp.source_settings import EmrexSettings
from webapp.sources.catalogue import way_to
from webapp.sources.emrex.register import Register


class Registers:
    """The registries that are open, by the source that names them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[int, tuple[EmrexSettings, Register]] = {}

    def of(self, source: EmrexSettings, settings: Settings) -> Register:
        """The registry of a source, opened when it is not. Raises Refusal when its secret cannot be had."""
        with self._lock:
            known = self._open.get(source.institution)
            if known is not None and known[0] == source:
                return known[1]
            opened = Register(source, settings, way_to(source, settings, "Bearer"))
            self._open[source.institution] = source, opened
            if known is not None:
                known[1].close()
            return opened

    def close(self) -> None:
        """Closes their connections."""
        with self._lock:
            while self._open:
                self._open.popitem()[1][1].close()
