"""Faults of the program sent to Sentry, where an institution wants that: which code failed, and nothing of whom.

What Sentry's library gathers is not cleaned but left: an event is made anew of what is known to be about the program
alone. The text of an exception may name anybody, and so may the arguments of a log line, the address of a request, a
local variable and the command line; none of them is sent.
"""

import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version
from pkgutil import resolve_name
from typing import Any

from webapp.errors import Refusal
from webapp.log_lines import without_numbers

#: What Sentry's library looks at: errors that are logged (and no lines before them), and exceptions that nobody
#: catches. Its others look at requests, command lines and what is installed.
_LOOKS_AT: Mapping[str, Mapping[str, Any]] = {
    "logging:LoggingIntegration": {"level": None, "sentry_logs_level": None},
    "excepthook:ExcepthookIntegration": {},
    "threading:ThreadingIntegration": {"propagate_scope": False},
    "dedupe:DedupeIntegration": {},
    "atexit:AtexitIntegration": {"callback": lambda pending, seconds: None},
}
_OF_AN_EVENT = ("event_id", "timestamp", "level", "logger", "platform", "release", "environment", "sdk")
_OF_A_FRAME = ("filename", "function", "module", "lineno", "in_app", "pre_context", "context_line", "post_context")
#: So many seconds an ending process waits for what is on its way out.
FLUSH_SECONDS = 2.0


def begin(dsn: str, proxy: str | None = None, transport: Any = None) -> None:
    """Have faults sent to the project of a DSN, through a proxy if there is one. `transport` is sentry_sdk's, for
    another way out. Raises Refusal where the library is not installed."""
    try:
        sentry_sdk = import_module("sentry_sdk")
    except ImportError as missing:
        raise Refusal(
            "sentry_dsn er satt, men Sentry er ikke installert. Installer eksternstudium[sentry], eller ta sentry_dsn "
            "ut av [monitoring] i settings.toml."
        ) from missing
    integrations = [resolve_name(f"sentry_sdk.integrations.{name}")(**options) for name, options in _LOOKS_AT.items()]
    # Not send_default_pii=False: that is what it is unless set, and to set it at all warns by now.
    sentry_sdk.init(
        dsn=dsn,
        release=version("eksternstudium"),
        environment="production",
        server_name="",
        http_proxy=proxy,
        https_proxy=proxy,
        transport=transport,
        integrations=integrations,
        default_integrations=False,
        auto_enabling_integrations=False,
        before_send=of_the_program,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        shutdown_timeout=FLUSH_SECONDS,
    )


def flush() -> None:
    """Wait for what is on its way out, a little and if anything is: for a process that is about to end at once."""
    if sentry_sdk := sys.modules.get("sentry_sdk"):
        sentry_sdk.flush(FLUSH_SECONDS)


def of_the_program(event: Mapping[str, Any], hint: Any = None) -> dict[str, Any]:
    """What of an event of sentry_sdk is about the program: of a log line the words before ids and the like are put into
    them, of exceptions their types and where in the code they came from."""
    sent = {name: event[name] for name in _OF_AN_EVENT if name in event}
    if words := (event.get("logentry") or {}).get("message"):
        sent["logentry"] = {"message": words}
    if thrown := (event.get("exception") or {}).get("values"):
        sent["exception"] = {"values": [_exception(one) for one in thrown]}
    cleaned: dict[str, Any] = without_numbers(sent)
    return cleaned


def _exception(one: Mapping[str, Any]) -> dict[str, Any]:
    frames = (one.get("stacktrace") or {}).get("frames") or ()
    return {
        "type": one.get("type"),
        "module": one.get("module"),
        "stacktrace": {"frames": [{name: frame[name] for name in _OF_A_FRAME if name in frame} for frame in frames]},
    }
