"""Processes that are measured, and servers that end whatever happens to whoever started them."""

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType

#: How often a process is looked at to see how much memory it takes, in seconds.
LOOK_SECONDS = 0.05
_TICKS = os.sysconf("SC_CLK_TCK")
#: What stands before a command that must end with us, even when we are killed or the command is halted.
ENDS_WITH_US = ("setpriv", "--pdeathsig", "KILL")


@dataclass(frozen=True)
class Ended:
    """What a process said on its standard output, and what it took."""

    said: str
    seconds: float
    cpu_seconds: float
    peak_mb: float


def measured(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Ended:
    """Run a command to its end, and measure it; SystemExit when it fails. It ends with us when we are broken off."""
    began = time.monotonic()
    told = {**os.environ, **(environment or {})}
    process = subprocess.Popen([*ENDS_WITH_US, *command], env=told, stdout=subprocess.PIPE, text=True)
    try:
        return _watch(process, began)
    finally:
        if process.returncode is None:
            process.kill()
            process.wait()


def _watch(process: subprocess.Popen[str], began: float) -> Ended:
    # What it says is little enough for a pipe to hold.
    peak = 0.0
    while True:
        # Not ru_maxrss: a child begins with the peak of the process that it was split from.
        peak = max(peak, peak_mb(process.pid))
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        time.sleep(LOOK_SECONDS)
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.stdout is not None
    with process.stdout as stdout:
        said = stdout.read()
    if process.returncode:
        raise SystemExit(f"{' '.join(process.args)}: ended with status {process.returncode}")
    return Ended(said, seconds, used.ru_utime + used.ru_stime, peak)


def peak_mb(pid: int) -> float:
    """The most memory that a process has taken so far, in MB; 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)


def cpu_seconds() -> float:
    """What this process has taken."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def servers_cpu_seconds() -> float:
    """What the servers that this process has started by multiprocessing have taken."""
    return sum(_cpu_of(child.pid) for child in multiprocessing.active_children() if child.pid is not None)


def _cpu_of(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def end_with(parent: Connection) -> None:
    """For a server: end when whoever holds the other end of a pipe has ended, even if killed."""

    def wait() -> None:
        try:
            parent.recv()
        except (EOFError, OSError):
            os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def end_in_order() -> None:
    """Take SIGTERM and Ctrl-C as an end: what has been started is ended on the way out."""

    def stop(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
