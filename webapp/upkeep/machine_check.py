"""The machine looked over: libraries that do not come with the program, and what a process may have open."""

import resource
from importlib import import_module
from importlib.util import find_spec

from webapp.config import Settings
from webapp.errors import N_
from webapp.upkeep.findings import Area, Finding, Notes

#: What the screens have open at most beside connections to sources: browsers, and two files for each thread that reads
#: the database.
OPEN_FILES = 600


def look_at_libraries(settings: Settings) -> list[Finding]:
    """Whether a kildebevis can be made as PDF, and a run be carried out by the engine that is set."""
    notes = Notes(Area.LIBRARIES)
    try:
        # It is there always; what it draws with comes from Debian.
        import_module("weasyprint")
    except OSError:
        notes.warn(
            N_("Pango mangler: kildebevis skrives ut fra nettleseren, ikke som PDF."),
            "apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
        )
    else:
        notes.fine(N_("Kildebevis kan lages som PDF."))
    if settings.settings.import_runs.engine is not None and find_spec("distributed") is None:
        notes.wrong(
            N_("Kjøringene er satt til å gå på en Dask-klynge, og pakken for det mangler."),
            N_('pip install "eksternstudium[dask]", eller ta bort engine i [import_runs].'),
        )
    return notes.found


def look_at_limits(settings: Settings) -> list[Finding]:
    """Whether a process like this one may have as many files open as the screens need."""
    notes = Notes(Area.LIMITS)
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = OPEN_FILES + sum(source.seats for source in settings.asked)
    if allowed != resource.RLIM_INFINITY and allowed < needed:
        what = N_("En prosess får ha %(allowed)d filer åpne, og skjermbildene kan trenge %(needed)d.")
        notes.warn(what, N_("Sett LimitNOFILE=%(needed)d i systemd, eller ulimit -n."), allowed=allowed, needed=needed)
    else:
        notes.fine(N_("En prosess får ha %(allowed)d filer åpne."), allowed=allowed)
    return notes.found
