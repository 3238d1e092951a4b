"""Files taken in behind the screens: one after another, and followed in the table of imports."""

import logging
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from webapp.config import Settings
from webapp.identity import mask
from webapp.intake.files import import_file
from webapp.model import ImportState, IntakeKind, Report
from webapp.store import Store, imports
from webapp.troubles import trouble_of

log = logging.getLogger(__name__)

#: How often a running import tells how far it has come, in seconds.
TELL_SECONDS = 0.5
#: How long a stop waits for the running import to notice, in seconds.
STOP_SECONDS = 3.0
LONGEST_FILE_NAME = 100


class BrokenOff(Exception):
    """The import is not carried on with: the process is about to end."""


class Importer:
    """Takes in files in the background of one process. A file is kept until it has been read, and no longer.

    One that waits, or that a stop has broken off, is taken in after the next start. One that was being read when the
    process died is not: it may be what it died of.
    """

    def __init__(self, store: Store, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._folder = settings.instance / "uploads"
        # One at a time: they would wait for each other's writing anyway.
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="import")
        self._stopping = threading.Event()
        self._under_way: set[Future[None]] = set()
        #: Imports that have ended while the database was in trouble, so that it does not say so.
        self._untold: dict[int, tuple[ImportState, Report | None]] = {}

    def start(self, kind: IntakeKind, file: IO[bytes], file_name: str, dry_run: bool, by: str) -> int:
        """Keep a file and have it taken in; returns the import's id."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = self._kept(file)
        try:
            with self._store.write() as db:
                name = mask(file_name)[-LONGEST_FILE_NAME:]
                import_id = imports.begin(db, kind, name, dry_run, by, self._clock())
        except BaseException:
            kept.unlink()
            raise
        kept.rename(self._waiting(import_id))
        self._submit(import_id)
        return import_id

    def _kept(self, file: IO[bytes]) -> Path:
        """A copy of a file; nothing of it is left when there is no room for all of it."""
        with NamedTemporaryFile(dir=self._folder, delete=False) as kept:
            try:
                shutil.copyfileobj(file, kept)
                kept.flush()
            except BaseException:
                Path(kept.name).unlink()
                raise
        return Path(kept.name)

    def recover(self) -> None:
        """Go on with what a process before this one left, or note that it was broken off. To be called before anything
        is started."""
        going_on = [each for each in imports.running(self._store.db) if self._waiting(each).exists()]
        kept = {self._waiting(each) for each in going_on}
        for path in set(self._folder.glob("*")) - kept:
            path.unlink(missing_ok=True)
        with self._store.write() as db:
            imports.break_off_running(db, self._clock(), going_on)
        for import_id in going_on:
            self._submit(import_id)

    def _submit(self, import_id: int) -> None:
        future = self._pool.submit(self.work, import_id)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)

    def _waiting(self, import_id: int) -> Path:
        return self._folder / str(import_id)

    def work(self, import_id: int) -> None:
        """Take in the file of one import and write how it ended."""
        found = imports.file_import(self._store.db, import_id)
        if found is None or found.state is not ImportState.RUNNING:
            return
        waiting, path = self._waiting(import_id), self._folder / f"{import_id}-begun"
        state, report, began = ImportState.BROKEN_OFF, None, time.monotonic()
        try:
            waiting.rename(path)
            tell = self._teller(import_id)
            now = self._clock()
            report = import_file(
                self._store, self._settings, found.kind, path, now, dry_run=found.dry_run, on_progress=tell
            )
            state = ImportState.REFUSED if report.complaint_count else ImportState.DONE
            seconds = time.monotonic() - began
            facts = {"import": import_id, "state": str(state), "rows": report.rows, "seconds": round(seconds, 1)}
            log.info("import %d: %s, %d rows in %.1f s", import_id, state, report.rows, seconds, extra=facts)
        except BrokenOff:
            log.info("import %d: broken off by a stop; it goes on at the next start", import_id)
            path.rename(waiting)
            return
        except Exception as wrong:
            trouble = trouble_of(wrong)
            log.error("import %d: failed within: %s", import_id, trouble or wrong, exc_info=trouble is None)
        path.unlink(missing_ok=True)
        self._untold[import_id] = state, report
        try:
            self.go_on()
        except sqlite3.Error as wrong:
            log.error("import %d: how it ended is not written yet (%s)", import_id, trouble_of(wrong) or wrong)

    def go_on(self) -> None:
        """Write how imports ended, of which that is not written: the database was in trouble. To be called now and
        then; raises sqlite3.Error while it still is."""
        for import_id, (state, report) in list(self._untold.items()):
            with self._store.write() as db:
                imports.finish(db, import_id, state, report, self._clock())
            self._untold.pop(import_id, None)

    def settle(self, seconds: float) -> None:
        """Wait until all that was started has ended, at most that long."""
        wait(tuple(self._under_way), timeout=seconds)

    def close(self) -> None:
        """Break off what is running, of which nothing is written; it and what waits go on at the next start."""
        self._stopping.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.settle(STOP_SECONDS)

    def _teller(self, import_id: int) -> Callable[[float], None]:
        """What notes how far an import has come, now and then, and ends it when the process is to end."""
        told = time.monotonic()

        def tell(done: float) -> None:
            nonlocal told
            if self._stopping.is_set():
                raise BrokenOff
            if time.monotonic() - told >= TELL_SECONDS:
                told = time.monotonic()
                with self._store.write() as db:
                    imports.tell_progress(db, import_id, done)

        return tell
