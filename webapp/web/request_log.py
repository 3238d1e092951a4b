"""A line in the log for each request, and its count in the figures: which door, what status, how long it took.

Never the address: it may have a secret in it, or a number that somebody typed. What else is logged while a request is
answered bears its id too, and so does the answer, for whoever asks what went wrong.
"""

import logging
import secrets
import time
from typing import Any

from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, unbind_contextvars

from webapp.web.metrics import Metrics

#: What stands for the door where an address leads nowhere.
NOWHERE = "nowhere"
#: Machines ask for these all the time, and browsers for files: counted, and not logged.
QUIET = frozenset({"static", "help.page", "monitoring.lives", "monitoring.ready", "monitoring.metrics"})
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
HEADER = "X-Request-Id"

_log = logging.getLogger(__name__)


def keep_request_log(app: Flask) -> None:
    """Log and count an application's requests. To be called before all else that looks at them, so as to begin first
    and end last."""

    def begin() -> None:
        g.request_began = time.monotonic()
        g.request_id = secrets.token_hex(8)
        bind_contextvars(request=g.request_id)

    def end(answer: Response) -> Response:
        seconds = time.monotonic() - g.request_began
        door = request.endpoint or NOWHERE
        metrics: Metrics = app.extensions["metrics"]
        metrics.answered(door, answer.status_code, seconds)
        answer.headers[HEADER] = g.request_id
        if door not in QUIET:
            method = request.method if request.method in METHODS else "other"
            facts = {"method": method, "endpoint": door, "status": answer.status_code, "seconds": round(seconds, 4)}
            _log.info("%s %s %d", method, door, answer.status_code, extra=facts)
        return answer

    def forget(error: BaseException | None) -> None:
        unbind_contextvars("request")

    app.before_request(begin)
    app.after_request(end)
    app.teardown_request(forget)
    app.log_exception = _log_exception  # type: ignore[method-assign]


def _log_exception(exc_info: Any) -> None:
    """In place of Flask's own, which logs the address. The door is a part of the words: Sentry is told those alone."""
    _log.error(f"{request.endpoint or NOWHERE} failed within", exc_info=exc_info)
