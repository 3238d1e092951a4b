"""Memory is taken of few places, however many threads take of it."""

import ctypes
import subprocess
import sys

import pytest

from webapp.memory import PLACES

#: Prints how many places there are beside the heap: glibc lays them at multiples of 64 MiB.
TAKES = """
import re, sys, threading
from pathlib import Path
from webapp.memory import take_of_few_places

if sys.argv[1] == "few":
    take_of_few_places()
all_there, kept = threading.Barrier(16), []

def take():
    kept.append([bytes(4000) for _ in range(100)])
    all_there.wait(30)

threads = [threading.Thread(target=take) for _ in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
begins = re.findall(r"^([0-9a-f]+)-\\S+ rw-p \\S+ 00:00 0 *$", Path("/proc/self/maps").read_text(), re.MULTILINE)
print(sum(int(begin, 16) % 2**26 == 0 for begin in begins))
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="another C library than glibc")
def test_threads_take_of_few_places() -> None:
    def places(how: str) -> int:
        done = subprocess.run([sys.executable, "-c", TAKES, how], capture_output=True, text=True, check=True)
        return int(done.stdout)

    assert places("few") <= PLACES < places("as it is")
