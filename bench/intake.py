"""Files of applicants of growing length: seconds, the most memory taken, and how long others wait to write.

python bench/intake.py --rows 1000 100000
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlite_utils import Database
from table import OURS, Sample, Work

from webapp.config import Settings, SettingsFile
from webapp.identity import make_synthetic
from webapp.intake.applying import take_in_admission
from webapp.intake.files import import_file
from webapp.model import AdmissionRecord, IntakeKind
from webapp.store import Store

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
ADMISSION = "2027-HØST-NOM"
DAYS = 15_000


class Watched(Store):
    """A store that measures for how long it lets nobody else write, in seconds."""

    held = 0.0

    @contextmanager
    def write(self) -> Iterator[Database]:
        """The transaction, timed from when it has begun."""
        with super().write() as db:
            began = time.monotonic()
            yield db
        self.held = time.monotonic() - began


def write_file(path: Path, rows: int) -> None:
    """A file of as many applicants; one in twenty has had a D-number."""
    with path.open("w", encoding="utf-8") as file:
        file.write("sokernummer;fodselsnummer;tidligere_fodselsnummer;etternavn;fornavn;opptak;samtykke_gitt\n")
        for n in range(rows):
            born, serial = date(1960, 1, 1) + timedelta(days=n % DAYS), n // DAYS
            former = make_synthetic(born, serial, d_number=True) if n % 20 == 0 else ""
            number = make_synthetic(born, serial)
            file.write(f"NOM{n:06};{number};{former};Nordmann;Åse;{ADMISSION};2026-11-01T10:00:00Z\n")


def take_in(folder: Path, rows: int) -> list[tuple[str, float, float, int]]:
    """Import a file the first time and once more; name, seconds, seconds that others waited, and peak memory in MB."""
    settings = Settings(instance=folder, settings=SettingsFile(test_instance=True))
    store = Watched(settings.database)
    take_in_admission(store, settings, AdmissionRecord(ADMISSION), NOW)
    measured = []
    for name in (f"{rows:,} new", f"{rows:,} unchanged"):
        began = time.monotonic()
        report = import_file(store, settings, IntakeKind.APPLICATIONS, folder / "applicants.csv", NOW)
        assert (report.rows, report.complaint_count) == (rows, 0)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        measured.append((name, time.monotonic() - began, store.held, peak))
    store.close()
    return measured


def measured_file(rows: int) -> list[tuple[str, float, float, int]]:
    """What `take_in` gives, from a process of its own, so that one's memory is not another's."""
    with tempfile.TemporaryDirectory() as folder, multiprocessing.get_context("spawn").Pool(1) as pool:
        write_file(Path(folder) / "applicants.csv", rows)
        return pool.apply(take_in, (Path(folder), rows))


def works(rounds: int, quick: bool = False) -> list[Work]:
    """The works of this bench: no goal has been set for them."""
    rows = 5_000 if quick else 100_000
    done = Work(f"applicants from a file ({rows:,} rows)", "rows/s")
    for _ in range(rounds):
        for name, (_, seconds, _, peak) in zip((OURS, "ours, nothing new"), measured_file(rows), strict=True):
            done.add(name, Sample(rows / seconds, peak_mb=peak))
    return [done]


def main() -> None:
    """Each length in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 100_000])
    table = Table("rows", "seconds", "others wait, s", "peak MB")
    for rows in parser.parse_args().rows:
        for name, seconds, held, peak in measured_file(rows):
            table.add_row(name, f"{seconds:.1f}", f"{held:.2f}", str(peak))
    Console().print(table)


if __name__ == "__main__":
    main()
