"""What deploy/ has is right, as far as the tools of this machine can tell."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[1] / "deploy"
UNIT, CONTAINERFILE = DEPLOY / "eksternstudium.service", DEPLOY / "Containerfile"
#: `systemd-analyze security` calls up to 2.0 "OK"; 10 is a service without any walls. In tenths.
MOST_EXPOSED = "15"

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None or not Path("/usr/bin/python3.11").exists(),
    reason="systemd-analyze and Debian's Python 3.11, which the unit starts, are not on this machine",
)


@needs_systemd
def test_systemd_takes_the_unit() -> None:
    said = subprocess.run(["systemd-analyze", "verify", UNIT], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")


@needs_systemd
def test_the_unit_has_few_doors() -> None:
    command = ["systemd-analyze", "security", "--no-pager", "--offline=yes", f"--threshold={MOST_EXPOSED}", UNIT]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_the_unit_lets_a_run_lower_its_own_priority() -> None:
    unit = UNIT.read_text(encoding="utf-8")
    filters = [line.partition("=")[2] for line in unit.splitlines() if line.startswith("SystemCallFilter=")]
    assert filters[0] == "@system-service"
    assert not [line for line in filters[1:] if "@resources" in line]


def test_hadolint_finds_nothing_in_the_containerfile() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    said = subprocess.run([hadolint, "--no-color", CONTAINERFILE], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (0, "")
