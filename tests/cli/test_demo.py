"""`eksternstudium demo --once`: the main job with nothing set up, on the whole network."""

import subprocess
import sys
from pathlib import Path

import pytest

from webapp.demo import DEMO_PERSON


@pytest.mark.slow
def test_the_main_job_is_done_for_everyone_to_see(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "webapp", "demo", "--once", "--folder", str(tmp_path / "demo")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    said = " ".join(done.stdout.split())
    assert done.returncode == 0, done.stderr
    assert "7 institusjoner hadde resultater, 38 hadde ingen" in said
    assert "1 deler ikke, 1 mangler samtykke, 1 svarte om en annen person, 2 kunne ikke spørres." in said
    assert not [number for number in DEMO_PERSON.identifiers if number in done.stdout + done.stderr]
