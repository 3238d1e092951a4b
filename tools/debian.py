"""Bring from Debian what the tests need, where this may be done, and say so clearly where it may not: Chromium for the
screens, pango for the PDF, PostgreSQL for sources that are databases, and what the documentation's commands call."""

import ctypes.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

PANGO = ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"]
CALLED = ["curl", "openssl"]
PACKAGES = ["chromium-headless-shell", "fonts-dejavu-core", *PANGO, "postgresql", *CALLED]


def main() -> int:
    """Status 0 when all is there, or when its absence only makes tests skip; 1 with CI=true and something missing."""
    if _there() or (_may_install() and _install() and _there()):
        return 0
    print(f"Tests are skipped for want of: apt-get install {' '.join(PACKAGES)}", file=sys.stderr)
    return 1 if os.environ.get("CI") == "true" else 0


def _there() -> bool:
    has_postgresql = any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which("initdb") is not None
    has_programs = all(map(shutil.which, ["chromium-headless-shell", *CALLED]))
    return has_programs and has_postgresql and ctypes.util.find_library("pangoft2-1.0") is not None


def _may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install() -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    steps = (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES])
    return all(subprocess.run(step, env=environment, stdout=sys.stderr, check=False).returncode == 0 for step in steps)


if __name__ == "__main__":
    sys.exit(main())
