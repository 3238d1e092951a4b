"""The first steps of docs/api.md and docs/protocol.md, as a stranger runs them."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

from serving import screens_served
from signing_in import with_sign_in
from webapp.config import INSTANCE_VARIABLE
from webapp.house import House
from webapp.web.factory import create_app
from world import UIO, FakeSource, bachelor, course, found

DOCS = Path(__file__).parent.parent / "docs"
#: The person of docs/api.md, who is synthetic.
NUMBER = "24887649975"


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", (DOCS / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)


def _run(script: str, folder: Path, **environment: str) -> str:
    """Run commands as they stand, each of which must succeed; gives what they say."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=os.environ | environment | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_program_gets_results_by_the_first_steps_of_the_api(
    house: House, sources: dict[int, FakeSource], tmp_path: Path
) -> None:
    sources[UIO].answer = found(bachelor(), course("MAT1100"), number=NUMBER)
    first, pages = _blocks("api.md", "sh")[:2]
    with screens_served(create_app(with_sign_in(house))) as address:
        script = f"{first}{pages}".replace("http://127.0.0.1:8000", address)
        _run(script, tmp_path, **{INSTANCE_VARIABLE: str(house.settings.instance)})
    order, studies = (json.loads((tmp_path / name).read_text("utf-8")) for name in ("order.json", "studies.json"))
    assert order["state"] == "complete"
    assert [study["institution"]["number"] for study in studies["items"]] == [UIO]
    assert json.loads((tmp_path / "page.json").read_text("utf-8"))["next"] is None


def test_an_institution_shares_by_the_first_steps_of_the_protocol(tmp_path: Path) -> None:
    (document,) = _blocks("protocol.md", "xml")
    (tmp_path / "transcript.xml").write_text(document, "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    said = _run(_blocks("protocol.md", "sh")[0].replace("8185", port), tmp_path)
    assert "EXPHIL03" in said
    assert '"protocol":"elmo-pull/1"' in said
    assert re.findall(r"^HTTP/1.1 (\d+)", said, re.MULTILINE) == ["200", "304"]
    assert "/problems/bad-request" in said
    assert (tmp_path / "answer.xml").read_text("utf-8") == document
