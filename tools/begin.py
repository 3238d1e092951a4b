"""Where the one file begins: it says in a sentence what keeps it from starting, unpacks itself, and starts the program.

tools/release.py lays this at the top of the archive as `_begin`. Whatever Python somebody has reads it before it can
be told to use another, so it keeps to what Python 3.6 understands.
"""

import os
import shutil
import sys
import sysconfig
import zipfile
import zlib
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import _bootstrap
import _built

try:
    import fcntl
except ImportError:
    fcntl = None  # Windows, which is told so below


def begin():
    """Unpack what was not unpacked yet, and hand over to shiv, which starts the program."""
    if EXTENSION_SUFFIXES[0] != _built.EXTENSION:
        _stop(
            f"Denne filen er bygd for Python {_built.PYTHON} på {_built.PLATFORM}, men ble startet med Python "
            f"{sys.version_info[0]}.{sys.version_info[1]} på {sysconfig.get_platform()}. "
            f"Start den slik: python{_built.PYTHON} {sys.argv[0]}"
        )
    _, glibc = os.confstr("CS_GNU_LIBC_VERSION").split()
    if _numbers(glibc) < _numbers(_built.GLIBC):
        _stop(
            f"Denne filen krever glibc {_built.GLIBC} eller nyere, men maskinen har {glibc}. "
            "Installer eksternstudium med pip i stedet."
        )
    root = Path(_root()).expanduser().absolute()
    os.environ["SHIV_ROOT"] = str(root)
    try:
        _unpack(root)
    except OSError as error:
        _stop(
            f"Eksternstudium pakker seg ut før start, men det gikk ikke i mappen {root}: {error.strerror or error}. "
            "Sett SHIV_ROOT til en mappe som kan skrives i, med 300 MB ledig plass."
        )
    except (zipfile.BadZipFile, zlib.error):
        _stop("Filen er skadet. Kopier den på nytt, og prøv den med: sha256sum --check --ignore-missing SHA256SUMS")
    # From here on nothing is looked for in this file again, in whose place a newer one may be laid.
    sys.path.remove(__loader__.archive)
    _bootstrap.bootstrap()


def _numbers(version):
    return [int(number) for number in version.split(".")]


def _root():
    """The cache: where the environment or systemd's CacheDirectory= says, else the user's own."""
    said = os.environ
    return (
        said.get("SHIV_ROOT")
        or said.get("CACHE_DIRECTORY", "").split(":")[0]
        or Path(said.get("XDG_CACHE_HOME") or "~/.cache") / "eksternstudium"
    )


def _unpack(root):
    """Have the code in the cache, held there for as long as this process lives; versions that nobody holds go."""
    with zipfile.ZipFile(sys.argv[0]) as archive:
        build = _bootstrap.Environment.from_json(archive.read("environment.json").decode()).build_id
        folder = _bootstrap.cache_path(archive, str(root), build)
        # Another version's start may be taking this one away just now: then it is unpacked once more.
        while not _hold(folder):
            _bootstrap.extract_site_packages(archive, folder)
            for other in root.glob(f"{folder.name[: -len(build)]}{'?' * len(build)}"):
                if other != folder:
                    _remove(other)


def _hold(folder):
    """Whether the code is there; then it stays for as long as this process lives, which never closes the folder."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return False
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return (folder / "site-packages").is_dir()


def _remove(folder):
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass  # A process still runs from it.
    finally:
        os.close(descriptor)


def _stop(sentence):
    sys.stderr.write(sentence + "\n")
    sys.exit(2)
