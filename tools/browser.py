"""Bring Debian's Chromium for the browser tests where this may be done, and say so clearly where it may not."""

import os
import shutil
import subprocess
import sys

PACKAGES = ["chromium", "fonts-dejavu-core"]


def main() -> int:
    """Status 0 when there is a browser, or when its absence only makes tests skip; 1 with CI=true and none."""
    if shutil.which("chromium") or (_may_install() and _install() and shutil.which("chromium")):
        return 0
    print(
        "No Chromium: the browser tests are skipped. Install it with: apt-get install chromium",
        file=sys.stderr,
    )
    return 1 if os.environ.get("CI") == "true" else 0


def _may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install() -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    steps = (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES])
    return all(subprocess.run(step, env=environment, stdout=sys.stderr, check=False).returncode == 0 for step in steps)


if __name__ == "__main__":
    sys.exit(main())
