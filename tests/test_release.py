"""The one file of a release, on a machine with an empty home and nothing of the checkout."""

import fcntl
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests
from lxml import html

from webapp.config import Settings
from webapp.demo import DEMO_PERSON
from webapp.model import RunKind, RunState, RunWish
from webapp.store import Store, runs

BEGIN = Path(__file__).parents[1] / "tools" / "begin.py"
#: The interpreter that made this environment, without what is installed in it.
PYTHON = Path(sys.base_prefix) / "bin" / "python3"
BUILD_ID_LENGTH = 64

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def file(release: Path) -> Path:
    return release / "eksternstudium.pyz"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def variables(home: Path, **more: str) -> dict[str, str]:
    return {"PATH": os.defpath, "HOME": str(home), "PYTHONUNBUFFERED": "1", **more}


def run(file: Path, *arguments: str, environment: dict[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [PYTHON, file, *arguments]
    return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def test_it_unpacks_itself_once_and_takes_away_the_versions_that_nobody_runs(
    file: Path, home: Path, tmp_path: Path
) -> None:
    cache = home / ".cache" / "eksternstudium"
    left, running = (cache / f"{file.name}_{digit * BUILD_ID_LENGTH}" for digit in "01")
    for other in (left, running):
        other.mkdir(parents=True)
    held = os.open(running, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_SH)
    by_its_name = Path(os.path.relpath(file, tmp_path))
    first = run(by_its_name, "--version", environment=variables(home), cwd=tmp_path)
    os.close(held)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.startswith("eksternstudium ")
    (unpacked,) = {path for path in cache.iterdir() if path.is_dir()} - {running}
    assert unpacked != left
    since = unpacked.stat().st_ctime_ns
    assert run(file, "--version", environment=variables(home), cwd=tmp_path).stdout == first.stdout
    assert unpacked.stat().st_ctime_ns == since
    assert [path.name for path in home.iterdir()] == [".cache"]
    assert list(tmp_path.iterdir()) == []


def test_the_main_job_is_done_for_everyone_to_see(file: Path, home: Path, tmp_path: Path) -> None:
    done = run(file, "demo", "--once", environment=variables(home), cwd=tmp_path)
    said = " ".join(done.stdout.split())
    assert done.returncode == 0, done.stderr
    assert "7 institusjoner hadde resultater, 38 hadde ingen" in said
    assert "1 deler ikke, 1 mangler samtykke, 1 svarte om en annen person, 2 kunne ikke spørres." in said
    assert not [number for number in DEMO_PERSON.identifiers if number in done.stdout + done.stderr]


@pytest.fixture
def installed(file: Path, tmp_path: Path) -> Path:
    """The file in a folder of its own, where a link leads to it."""
    program = tmp_path / "opt" / file.name
    program.parent.mkdir()
    program.hardlink_to(file)
    link = tmp_path / "eksternstudium"
    link.symlink_to(program)
    return link


@pytest.fixture
def waiting(installed: Path) -> Iterator[Store]:
    """An instance beside the file, with a run that waits."""
    store = Store(Settings(instance=installed.resolve().parent / "instance").database)
    with store.write() as db:
        runs.add(db, RunWish(RunKind.FULL, datetime.now(UTC), "kberg"))
    yield store
    store.close()


def test_it_serves_the_instance_beside_it_and_has_a_child_carry_out_its_runs(
    installed: Path, waiting: Store, home: Path, tmp_path: Path
) -> None:
    command = [PYTHON, installed, "serve", "--port", "0"]
    # Without its library the screens would not start; nothing is sent as long as nothing fails.
    environment = variables(home, EKSTERNSTUDIUM_MONITORING__SENTRY_DSN="http://key@127.0.0.1:9/1")
    with subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as screens:
        assert screens.stdout is not None
        address = screens.stdout.readline().split()[-1]
        in_nynorsk = requests.get(address, headers={"Accept-Language": "nn"}, timeout=30)
        files = html.fromstring(in_nynorsk.content).xpath("//link[@rel='stylesheet']/@href | //script/@src")
        statuses = {requests.get(urljoin(address, file), timeout=30).status_code for file in files}
        (help_at,) = html.fromstring(in_nynorsk.content).xpath("//header//a[starts-with(@href, '/help/')]/@href")
        documentation = requests.get(urljoin(address, help_at), timeout=30)
        # What is laid in its place now is for the next start: neither it nor its children may look at it again.
        installed.resolve().unlink()
        ends = time.monotonic() + 60
        while runs.unfinished(waiting.db) and time.monotonic() < ends:
            time.sleep(0.1)
        screens.terminate()
    assert "Endringar" in in_nynorsk.text
    assert len(files) >= 3
    assert statuses == {200}
    assert documentation.url.endswith("/help/saksbehandler/index.html")
    assert "For saksbehandleren" in documentation.text
    assert screens.returncode == 0
    assert [run.state for run in runs.latest(waiting.db, 10)] == [RunState.COMPLETE]
    assert not list((home / ".cache").rglob("*.sqlite"))


def test_a_cache_that_cannot_be_written_and_a_damaged_file_end_in_a_sentence(
    file: Path, home: Path, tmp_path: Path
) -> None:
    no_cache = run(file, "--version", environment=variables(home, CACHE_DIRECTORY="/proc/none"), cwd=tmp_path)
    assert no_cache.returncode == 2
    assert no_cache.stderr.startswith("Eksternstudium pakker seg ut før start, men det gikk ikke i mappen /proc/none: ")
    damaged = Path(shutil.copy(file, tmp_path))
    with damaged.open("r+b") as bytes_of_it:
        bytes_of_it.seek(1_000_000)
        bytes_of_it.write(bytes(10_000))
    said = run(damaged, "--version", environment=variables(home, SHIV_ROOT=str(tmp_path / "cache")), cwd=tmp_path)
    assert said.returncode == 2
    assert said.stderr.startswith("Filen er skadet. Kopier den på nytt")


@pytest.mark.parametrize(
    ("extension", "glibc", "sentence"),
    [
        (".cpython-399-x86_64-linux-gnu.so", "2.17", "Denne filen er bygd for Python 3.99 på linux-somewhere, men ble"),
        (EXTENSION_SUFFIXES[0], "2.999", "Denne filen krever glibc 2.999 eller nyere, men maskinen har 2."),
    ],
)
def test_another_python_or_an_older_machine_ends_in_a_sentence(
    tmp_path: Path, extension: str, glibc: str, sentence: str
) -> None:
    shutil.copy(BEGIN, tmp_path / "_begin.py")
    (tmp_path / "_bootstrap.py").touch()
    (tmp_path / "_built.py").write_text(
        f"EXTENSION, PYTHON, PLATFORM, GLIBC = {extension!r}, '3.99', 'linux-somewhere', {glibc!r}"
    )
    begin = [PYTHON, "-c", "import _begin; _begin.begin()"]
    said = subprocess.run(begin, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert said.returncode == 2
    assert said.stderr.startswith(sentence)


def test_nothing_in_a_release_bears_the_time_or_the_place_of_its_building(release: Path, file: Path) -> None:
    epoch = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=BEGIN.parent, capture_output=True, check=True)
    committed = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", epoch.stdout)), UTC)
    (wheel,) = release.glob("*.whl")
    for archive in map(zipfile.ZipFile, (file, wheel)):
        with archive:
            times = {entry.date_time[:5] for entry in archive.infolist()}
            modes = {entry.external_attr >> 16 & 0o777 for entry in archive.infolist()}
            names = archive.namelist()
        assert times == {committed.timetuple()[:5]}
        assert modes <= {0o600, 0o644, 0o755}
        assert not [name for name in names if name.endswith((".pyc", "direct_url.json", "INSTALLER"))]
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=release, check=True)
