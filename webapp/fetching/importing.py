"""Carrying out a run."""

import threading
from collections.abc import Callable
from datetime import datetime

from webapp.config import Settings
from webapp.model import Run
from webapp.store import Store

RUN_LOCK = "run.lock"


def carry_out(
    store: Store,
    settings: Settings,
    run_id: int,
    clock: Callable[[], datetime],
    stopping: threading.Event,
    at: datetime | None = None,
) -> Run:
    """Plan a waiting run, or go on with a running one; returns it as it stands."""
    raise NotImplementedError
