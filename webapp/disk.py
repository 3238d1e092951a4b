"""Files and folders that nobody else may read, and what a power cut does not take."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def for_us_alone(path: str, flags: int) -> int:
    """An opener for `open`: what it makes, only its owner may read and write."""
    return os.open(path, flags, 0o600)


def sync(path: Path) -> None:
    """Have the disk keep a file, or the names in a folder, before anything else is done. Raises OSError."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def folder_for_now(path: Path) -> Iterator[Path]:
    """An empty folder for us alone, that is gone afterwards; what a killed process left there goes first. Raises
    OSError."""
    _remove(path)
    path.mkdir(mode=0o700)
    try:
        yield path
    finally:
        _remove(path)


def _remove(path: Path) -> None:
    if path.exists():
        shutil.rmtree(path)
