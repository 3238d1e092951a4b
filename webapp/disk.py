"""Files that nobody else may read, and that a power cut does not take."""

import os
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
