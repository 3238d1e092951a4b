"""Build the release: one file that holds all but Python, a wheel, an sdist, and their checksums. The wheel, and so the
one file, has the documentation in it.

A commit gives the same bytes whoever builds it, with the same Python, where and when: `--check` builds it twice and
compares. Times are that of the commit, or SOURCE_DATE_EPOCH, in seconds since 1970.
"""

import argparse
import base64
import filecmp
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
import zipfile
from datetime import UTC, datetime
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.metadata import distribution, version
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from shiv.bootstrap.environment import Environment
from shiv.builder import create_archive
from shiv.constants import BUILD_AT_TIMESTAMP_FORMAT
from wheel_files import SITE_VARIABLE

ROOT = Path(__file__).parent.parent
ONE_FILE, CHECKSUMS = "eksternstudium.pyz", "SHA256SUMS"
#: A small institution's: its databases, the network that a stranger tries it on, and its Sentry. Clusters are installed
#: otherwise.
EXTRAS = ("demo", "sentry")
#: What a package says that it needs, for a command of its own that nobody here calls.
UNUSED = {"pip"}
#: What pip writes beside a package of how it came here.
OF_THIS_MACHINE = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"}


def main() -> int:
    """Status 0, or 1 when two builds of one commit differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "dist")
    parser.add_argument("--check", action="store_true", help="build twice, elsewhere, and compare")
    wanted = parser.parse_args()
    if wanted.check:
        return check()
    for file in build(ROOT, wanted.folder, epoch()):
        print(f"{file.stat().st_size / 1e6:6.1f} MB  {file}")
    return 0


def epoch() -> int:
    """The time that everything in the release bears, in seconds since 1970."""
    if said := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(said)
    command = ["git", "log", "-1", "--format=%ct"]
    return int(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


def build(root: Path, folder: Path, seconds: int) -> list[Path]:
    """Build the checkout in `root` into `folder`: the one file, the wheel, the sdist and the checksums."""
    os.umask(0o022)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as temporary:
        built, site, documentation = (Path(temporary) / name for name in ("built", "site", "documentation"))
        environment = os.environ | {
            "SOURCE_DATE_EPOCH": str(seconds),
            "NO_MKDOCS_2_WARNING": "1",
            SITE_VARIABLE: str(documentation),
        }
        for command in (
            ["mkdocs", "build", "--strict", "--site-dir", documentation],
            ["hatchling", "build", "-t", "wheel", "-t", "sdist", "-d", built],
        ):
            subprocess.run([sys.executable, "-m", *command], cwd=root, env=environment, check=True)
        (wheel,) = built.glob("*.whl")
        gather(wheel, site)
        pack(site, built / ONE_FILE, seconds)
        files = [Path(shutil.copy(file, folder)) for file in sorted(built.iterdir())]
    sums = "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)
    (folder / CHECKSUMS).write_text(sums, encoding="ascii")
    return [*files, folder / CHECKSUMS]


def gather(wheel: Path, site: Path) -> None:
    """Lay our wheel, and what it needs of this environment, which the tests ran in, into a folder.

    Raises SystemExit where a file is not as its package brought it.
    """
    with zipfile.ZipFile(wheel) as ours:
        ours.extractall(site)
    for package in needed("eksternstudium", *EXTRAS) - {"eksternstudium"}:
        for file in distribution(package).files or ():
            if file.hash is None or file.parts[0] == ".." or file.name in OF_THIS_MACHINE:
                continue
            found = Path(str(file.locate()))
            digest = hashlib.new(file.hash.mode, found.read_bytes()).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
                sys.exit(f"{found} is not as {package} brought it: make clean, then make release again.")
            (site / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(found, site / file)


def needed(package: str, *extras: str) -> set[str]:
    """The names of an installed package and of all that it needs, with what its extras need."""
    found: set[tuple[str, str]] = set()
    ahead = [(canonicalize_name(package), extra) for extra in ("", *extras)]
    while ahead:
        if (one := ahead.pop()) in found or one[0] in UNUSED:
            continue
        found.add(one)
        for requirement in map(Requirement, distribution(one[0]).requires or ()):
            if requirement.marker is None or requirement.marker.evaluate({"extra": one[1]}):
                ahead += [(canonicalize_name(requirement.name), extra) for extra in ("", *requirement.extras)]
    return {name for name, _ in found}


def pack(site: Path, file: Path, seconds: int) -> None:
    """Make the one file of the folder; it begins with tools/begin.py."""
    # Shiv asks what its pieces were built at, and the archive's own clock starts in 1980.
    at = datetime.fromtimestamp(seconds, UTC)
    facts = Environment(
        built_at=at.strftime(BUILD_AT_TIMESTAMP_FORMAT),
        shiv_version=version("shiv"),
        compile_pyc=False,
        entry_point="webapp.cli:main",
        reproducible=True,
    )
    create_archive([site], file, "/usr/bin/env python3", "_begin:begin", facts)
    built = {
        "EXTENSION": EXTENSION_SUFFIXES[0],
        "PYTHON": f"{sys.version_info.major}.{sys.version_info.minor}",
        "PLATFORM": sysconfig.get_platform(),
        "GLIBC": f"2.{glibc_minor(site)}",
    }
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (
            ("_begin.py", Path(__file__).with_name("begin.py").read_text(encoding="utf-8")),
            ("_built.py", "".join(f"{name} = {value!r}\n" for name, value in built.items())),
        ):
            archive.writestr(zipfile.ZipInfo(name, at.timetuple()[:6]), text, zipfile.ZIP_DEFLATED)


def glibc_minor(site: Path) -> int:
    """The oldest glibc 2 that all the packages in a folder run with, by what their wheels say (PEP 600)."""
    tags = (re.findall(r"manylinux_2_(\d+)_", wheel.read_text()) for wheel in site.glob("*.dist-info/WHEEL"))
    return max(min(map(int, minors)) for minors in tags if minors)


def check() -> int:
    """Build copies of the checkout in two folders, at two hours and with other habits, and compare what came of it."""
    with TemporaryDirectory() as temporary:
        built = [Path(temporary) / name / "dist" for name in ("here", "elsewhere-and-later")]
        for folder, zone, mask in zip(built, ("UTC", "Pacific/Auckland"), (0o022, 0o077), strict=True):
            os.umask(mask)
            os.environ["TZ"] = zone
            time.tzset()
            _copy_checkout(folder.parent)
            files = build(folder.parent, folder, epoch())
        names = [file.name for file in files]
        _, differing, missing = filecmp.cmpfiles(*built, names, shallow=False)
    for name in (*differing, *missing):
        print(f"{name} differs between two builds", file=sys.stderr)
    if not differing and not missing:
        print(f"Two builds gave the same bytes: {', '.join(names)}")
    return int(bool(differing or missing))


def _copy_checkout(folder: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.split("\0")[:-1]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    shutil.copytree(ROOT / "static" / "packages", folder / "static" / "packages", copy_function=shutil.copyfile)


if __name__ == "__main__":
    sys.exit(main())
