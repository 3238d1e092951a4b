"""An instance, opened: its settings, its database and the pool that asks its sources."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from webapp.config import Settings, instance_folder, read_settings, read_sources
from webapp.fetching.fanout import Fanout, utc_now
from webapp.institutions import REGISTER
from webapp.intake.importing import Importer
from webapp.model import Institution
from webapp.pulse import Pulse
from webapp.sources.emrex.registers import Registers
from webapp.store import Store
from webapp.store.institutions import remember


@dataclass
class House:
    """What button, command line and jobs need to place an order and have it carried out. Its settings are the same for
    as long as it is open, but for the sources: those can be taken in anew. `pulse`: that of the clock that looks after
    it (webapp.jobs)."""

    settings: Settings
    store: Store
    fanout: Fanout
    clock: Callable[[], datetime] = utc_now
    registers: Registers = field(default_factory=Registers)
    pulse: Pulse = field(default_factory=Pulse)

    @cached_property
    def importer(self) -> Importer:
        """What takes in files in the background."""
        return Importer(self.store, self.settings, self.clock)

    def take_sources(self) -> None:
        """Ask the sources as sources.toml names them now. Raises Refusal, and goes on with those of before, when it is
        wrong."""
        settings = self.settings.model_copy(update={"sources": read_sources(self.settings.instance)})
        with self.store.write() as db:
            remember(db, _named(settings))
        self.fanout.take(settings)
        self.settings = settings

    def close(self) -> None:
        """Stop asking and taking in; both go on at the next start."""
        # At once: each may wait until its threads have noticed.
        with ThreadPoolExecutor() as pool:
            closed = [pool.submit(each.close) for each in (self.importer, self.fanout, self.registers)]
        for each in closed:
            each.result()


def open_house(instance: Path | None = None, clock: Callable[[], datetime] = utc_now) -> House:
    """Read an instance folder (default: see config.instance_folder), bring its database up to date and open it.

    Raises Refusal when its settings or sources are wrong.
    """
    settings = read_settings(instance or instance_folder())
    store = Store(settings.database)
    with store.write() as db:
        remember(db, [*REGISTER.values(), *_named(settings)])
    return House(settings, store, Fanout(store, settings, clock), clock)


def _named(settings: Settings) -> list[Institution]:
    """Institutions that only sources.toml knows, or that it gives a name of its own."""
    named = []
    for source in settings.sources:
        if source.name or source.institution not in REGISTER:
            known = REGISTER.get(source.institution, Institution(source.institution))
            named.append(replace(known, name={**known.name, "nb": source.title}))
    return named
