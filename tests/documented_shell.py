"""Runs the commands of a page in bash, in a folder of its own with an instance of the demo network."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from documented_blocks import ROOT, Page, blocks_of
from documented_pages import FILES, NUMBERS, PORTS, PREPARED, REFUSED, TRIED_ELSEWHERE, WORDS
from fork_server import client_script
from webapp.cli.demo import free_port
from webapp.config import INSTANCE_VARIABLE

LIMIT_SECONDS = 120

# A command that fails ends the page, and bash tells its line; of make it is only looked at whether the targets exist.
_BEFORE = r"""
set -eE -o pipefail
# The line on the page, however deep in what stands here it failed.
tell() {
    trap - ERR
    echo "$PAGE, line ${BASH_LINENO[-2]}: $(sed -n "${BASH_LINENO[-2]}p" page.sh)" >&2
}
trap tell ERR
# A refusal, which is told by the first argument as the status, passes where it is looked for.
let_pass() {
    local refused=$1 status=0
    command "${@:2}" || status=$?
    if [ $status = $refused ] && [[ "${*:2}" =~ $REFUSED ]]; then return 0; fi
    return $status
}
eksternstudium() { let_pass 1 eksternstudium "$@"; }
curl() { let_pass 22 curl --silent --show-error --fail-with-body --max-time 20 "$@"; }
make() { command make --no-print-directory --dry-run --directory "$ROOT" "$@" > make.txt; }
# What listens ends with the page.
kill() { builtin kill "$@" 2> kill.txt || true; }
"""


@contextmanager
def fork_server(folder: Path) -> Iterator[Path]:
    """A program that is `eksternstudium`, for as long as the context lasts; what it started ends with it."""
    address = folder / "socket"
    command = [sys.executable, Path(__file__).with_name("fork_server.py"), address]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True) as server:
        assert server.stdout is not None
        try:
            assert server.stdout.readline() == "ready\n"
            program = folder / "bin" / "eksternstudium"
            program.parent.mkdir()
            program.write_text(client_script(str(address), TRIED_ELSEWHERE), encoding="utf-8")
            program.chmod(0o755)
            yield program
        finally:
            os.killpg(server.pid, signal.SIGKILL)


def run_page(page: Page, folder: Path, program: Path) -> subprocess.CompletedProcess[str]:
    """Carry out the `sh` blocks of a page, in order, in one bash that begins in `folder`."""
    words = WORDS | NUMBERS.get(page.name, {}) | {port: str(free_port(0)) for port in PORTS}
    for block in blocks_of(page):
        if block.language in FILES:
            (folder / FILES[block.language]).write_text("\n".join(block.lines), encoding="utf-8")
    (folder / "eksternstudium.pyz").symlink_to(program)
    (folder / "before.sh").write_text(_BEFORE + _with_words(PREPARED.get(page.name, ""), words), encoding="utf-8")
    (folder / "page.sh").write_text(_script(page, words), encoding="utf-8")
    environment = os.environ | {
        "PAGE": page.name,
        "ROOT": str(ROOT),
        "PORT": words["8000"],
        "VENV": sys.prefix,
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "REFUSED": REFUSED.get(page.name, "^$"),
        INSTANCE_VARIABLE: str(folder / "instance"),
    }
    return subprocess.run(
        ["bash", "page.sh"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS,
    )


def _script(page: Page, words: Mapping[str, str]) -> str:
    """The commands on the lines where they stand on the page, so that bash tells of a line by its number there."""
    lines = ["source ./before.sh"]
    for block in blocks_of(page):
        if block.language == "sh":
            lines += [""] * (block.begins - 1 - len(lines))
            lines += [_with_words(line, words) for line in block.lines]
    return "\n".join(lines) + "\n"


def _with_words(text: str, words: Mapping[str, str]) -> str:
    return re.sub("|".join(rf"\b{word}\b" for word in words), lambda found: words[found[0]], text)
