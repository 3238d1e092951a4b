"""docs/install.md as a stranger follows it: the one file, an empty home, and no network but the loopback."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from lxml import html

from webapp.cli.init import init

PAGE = Path(__file__).parents[1] / "docs" / "install.md"
#: The interpreter that made this environment, without what is installed in it.
PYTHON = Path(sys.base_prefix) / "bin" / "python3"
FIVE_MINUTES = 300
#: Says that it stands, and keeps the network for as long as the walk may take.
_HOLD = f"ip link set lo up && echo stands && exec sleep {FIVE_MINUTES}"
_READ = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=30).read().decode())"


@pytest.fixture
def apart() -> Iterator[Sequence[str]]:
    """What a command begins with to be in a network of its own, that has nothing but a loopback; nothing where this
    machine lets nobody make one."""
    unshare, nsenter = (shutil.which(name) or "/bin/false" for name in ("unshare", "nsenter"))
    hold = [unshare, "--map-root-user", "--net", "sh", "-c", _HOLD]
    with subprocess.Popen(hold, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as holder:
        assert holder.stdout is not None
        if holder.stdout.readline() == "stands\n":
            yield (nsenter, f"--target={holder.pid}", "--user", "--net", "--preserve-credentials")
        else:
            yield ()
        holder.kill()


class Stranger:
    """Somebody at a machine that has nothing of ours but the files of a release, in the folder where they are."""

    def __init__(self, release: Path, machine: Path, apart: Sequence[str], stack: ExitStack) -> None:
        self.folder = machine / "files"
        programs, home = machine / "bin", machine / "home"
        for each in (self.folder, programs, home):
            each.mkdir()
        (programs / "python3.11").symlink_to(PYTHON)
        (programs / "sha256sum").symlink_to(shutil.which("sha256sum") or "missing")
        for name in ("eksternstudium.pyz", "SHA256SUMS"):
            (self.folder / name).hardlink_to(release / name)
        self._variables = {"PATH": str(programs), "HOME": str(home), "PYTHONUNBUFFERED": "1"}
        self._apart = apart
        self._stack = stack
        self.under_way: list[subprocess.Popen[str]] = []

    def does(self, line: str) -> str:
        """What a line says; one that ends in & goes on, and is waited for until it says where it is."""
        command = [*self._apart, *shlex.split(line.removesuffix("&"))]
        if not line.endswith("&"):
            return self.says(*command)
        pipe = subprocess.PIPE
        started = subprocess.Popen(command, env=self._variables, cwd=self.folder, stdout=pipe, text=True)
        self._stack.enter_context(started)
        self._stack.callback(started.kill)
        self.under_way.append(started)
        assert started.stdout is not None
        return next((said for said in started.stdout if "http://" in said), "")

    def sees(self, address: str) -> str:
        """A page of the screens."""
        return self.says(*self._apart, sys.executable, "-c", _READ, address)

    def says(self, *command: str) -> str:
        """What a command says that comes to its end."""
        done = subprocess.run(
            command,
            env=self._variables,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def lines_of(page: str) -> Iterator[str]:
    """The commands in the `sh` blocks of a page."""
    for block in re.findall(r"^```sh\n(.*?)^```$", page, re.DOTALL | re.MULTILINE):
        yield from block.replace("\\\n", " ").splitlines()


@pytest.mark.slow
@pytest.mark.timeout(FIVE_MINUTES)
def test_a_stranger_gets_from_the_file_to_a_fetched_result(release: Path, tmp_path: Path, apart: Sequence[str]) -> None:
    with ExitStack() as stack:
        stranger = Stranger(release, tmp_path, apart, stack)
        said = [stranger.does(line) for line in lines_of(PAGE.read_text(encoding="utf-8"))]
        person = stranger.sees("http://127.0.0.1:8000/people/1")
        documentation = stranger.sees("http://127.0.0.1:8000/help/install.html")
        for started in reversed(stranger.under_way):
            started.terminate()
            assert started.wait(20) == 0
    checked, founded, network, screens, fetched = said
    assert checked == "eksternstudium.pyz: OK\n"
    assert "serve\n" in founded
    assert "Les http://127.0.0.1:8000/help/install.html: " in founded
    assert "From the one file" in documentation
    assert ("http://127.0.0.1:8154/" in network, "http://127.0.0.1:8000/" in screens) == (True, True)
    assert "7 institusjoner hadde resultater, 38 hadde ingen" in " ".join(fetched.split())
    assert "Hætta, Solveig Marie" in person
    assert len(html.fromstring(person).find_class("study-row")) == 7
    assert {file.name for file in stranger.folder.iterdir()} == {
        "eksternstudium.pyz",
        "SHA256SUMS",
        "instance",
        ".demo",
    }


def test_every_option_of_init_stands_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [name for option in init.params for name in option.opts if f"`{name}`" not in page] == []
