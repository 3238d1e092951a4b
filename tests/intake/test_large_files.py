"""A long file takes no more memory than a short one."""

import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from webapp.identity import make_synthetic

#: What SQLite's caches may grow by, in MB; twenty thousand rows kept would be more.
MOST_GROWTH_MB = 10


def peak_mb(folder: Path, rows: int) -> int:
    """Imports a file of so many applicants with a program of its own; gives the most memory that it took."""
    folder.mkdir()
    file = folder / "applicants.csv"
    with file.open("w") as lines:
        lines.write("sokernummer,fodselsnummer,etternavn,opptak\n")
        for n in range(rows):
            number = make_synthetic(date(1960, 1, 1) + timedelta(days=n % 15_000), n // 15_000)
            lines.write(f"N{n},{number},Nordmann,2027-HØST-NOM\n")
    (folder / "admissions.csv").write_text("opptak\n2027-HØST-NOM\n")
    variables = os.environ | {"EKSTERNSTUDIUM_INSTANCE": str(folder / "instance")}
    for what in ("admissions", "applicants"):
        command = [sys.executable, "-m", "webapp", what, "import", str(folder / f"{what}.csv")]
        process = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
    return usage.ru_maxrss // 1024


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    assert peak_mb(tmp_path / "long", 20_000) - peak_mb(tmp_path / "short", 100) < MOST_GROWTH_MB
