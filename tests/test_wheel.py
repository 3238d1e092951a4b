"""The wheel, installed into a new environment, serves a page with all that belongs to it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests
from lxml import html

ROOT = Path(__file__).parent.parent
#: The interpreter that made this environment: it has pip, which the environment itself does without.
BASE_PYTHON = Path(sys.base_prefix) / "bin" / "python3"


def run(*command: str | Path) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def environment(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new virtual environment with nothing but the wheel and what it needs."""
    folder = tmp_path_factory.mktemp("installed")
    (wheel,) = release.glob("*.whl")
    run(BASE_PYTHON, "-m", "venv", "--without-pip", folder / "venv")
    python = folder / "venv" / "bin" / "python"
    run(BASE_PYTHON, "-m", "pip", "--python", python, "install", "-q", "-c", ROOT / "constraints.txt", wheel)
    return folder / "venv"


@pytest.fixture
def address(environment: Path, tmp_path: Path) -> Iterator[str]:
    """Where the installed program serves an empty instance."""
    command = [environment / "bin" / "eksternstudium", "serve", "--port", "0"]
    variables = os.environ | {"EKSTERNSTUDIUM_INSTANCE": str(tmp_path / "instance")}
    with subprocess.Popen(command, cwd=tmp_path, env=variables, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().split()[-1]
        server.terminate()


@pytest.mark.slow
def test_an_installed_wheel_serves_a_page_and_everything_on_it(address: str) -> None:
    page = html.fromstring(requests.get(address, timeout=30).content)
    assert page.xpath("//h1")
    files = page.xpath("//link[@rel='stylesheet']/@href | //script/@src")
    assert len(files) >= 3
    assert {requests.get(urljoin(address, file), timeout=30).status_code for file in files} == {200}
    in_nynorsk = requests.get(address, headers={"Accept-Language": "nn"}, timeout=30)
    assert "Endringar" in in_nynorsk.text


@pytest.mark.slow
def test_without_a_name_the_instance_lies_beside_the_program(environment: Path) -> None:
    code = "from webapp.config import instance_folder; print(instance_folder({}))"
    said = subprocess.run(
        [environment / "bin" / "python", "-c", code], capture_output=True, text=True, check=True, cwd=environment
    )
    assert said.stdout.strip() == str(environment / "instance")
