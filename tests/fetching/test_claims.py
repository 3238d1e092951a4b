"""A process that is no more is told from one that lives."""

import subprocess
import sys
from pathlib import Path

from webapp.fetching.claims import Claims

HOLD = """
import sys
from pathlib import Path
from webapp.fetching.claims import Claims
held = Claims(Path(sys.argv[1]))
print(held.name, flush=True)
sys.stdin.read()
"""


def test_a_killed_process_is_dead_and_a_living_one_is_not(tmp_path: Path) -> None:
    claims = Claims(tmp_path)
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        name = other.stdout.readline().strip()
        assert not claims.dead(name)
        other.kill()
        other.wait(timeout=10)
        assert claims.dead(name)
    claims.release()


def test_one_never_takes_oneself_for_dead(tmp_path: Path) -> None:
    claims = Claims(tmp_path)
    assert not claims.dead(claims.name)
    claims.release()
    assert list(tmp_path.iterdir()) == []
