"""What the bench has started ends with it, whatever ends it; a run that is halted too."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

BENCH = Path(__file__).parents[1] / "bench"
#: As the works do: a server of the network, something that is measured, and one more that is halted.
WORK = """
import subprocess, sys
from pathlib import Path
from measured_runs import network
from processes import ENDS_WITH_US, end_in_order, measured
from webapp.demo import prepare_network

if __name__ == "__main__":
    end_in_order()
    with network(prepare_network(Path(sys.argv[1]), people=20)):
        halted = subprocess.Popen([*ENDS_WITH_US, "sh", "-c", "kill -STOP $$"])
        measured(["sh", "-c", "echo started >&2; exec sleep 60"])
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A script that is left measuring until something ends it."""
    file = tmp_path_factory.mktemp("work") / "work.py"
    file.write_text(WORK)
    return file


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "Ctrl-C"])
def test_nothing_outlives_the_bench(work: Path, how: signal.Signals) -> None:
    command, environment = [sys.executable, str(work), str(work.parent / "network")], {"PYTHONPATH": str(BENCH)}
    with subprocess.Popen(command, env=os.environ | environment, stderr=subprocess.PIPE, text=True) as bench:
        assert bench.stderr is not None
        started: list[psutil.Process] = []
        try:
            assert bench.stderr.readline() == "started\n"
            started = psutil.Process(bench.pid).children(recursive=True)
            assert len(started) >= 3
            bench.send_signal(how)
            bench.wait(10)
            assert psutil.wait_procs(started, timeout=10)[1] == []
        finally:
            bench.kill()
            # Whoever has outlived it must not outlive the test.
            for each in started:
                if each.is_running():
                    each.kill()
