"""How often a user may do what is heavy or takes much out. What a page asks for by itself is not counted."""

from collections.abc import Mapping
from time import time

from flask import Flask, request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

from webapp.model import Act
from webapp.web.current import house, user
from webapp.web.trace_doors import TRACED

#: The endpoints that are counted, by the name of their limit in [limits]. So is what the trace calls a file that was
#: taken out or a document that was made, and a list's export, which ends in _export.
_COUNTED: Mapping[str, tuple[str, ...]] = {
    "searches": ("search.search", "search.register", "case_form.find", "api_people.search", "api_people.register"),
    "exports": ("asked.answer_of_study",),
    "documents": ("evidence.pdf_with_numbers",),
    "sign_ins": ("oidc.begin", "oidc.come_back"),
    "deliveries": ("deliver.choose", "deliver.set_out", "deliver.come_back", "deliver.receipt"),
}
_BY_ACT = {Act.EXPORTED: "exports", Act.PRINTED: "documents"}
_KINDS = {endpoint: _BY_ACT[act] for endpoint, act in TRACED.items() if act in _BY_ACT} | {
    endpoint: kind for kind, endpoints in _COUNTED.items() for endpoint in endpoints
}


def limit_rates(app: Flask) -> None:
    """Count the requests of an application, in its memory: it runs in one process. To be put behind the doors, which
    find out who asks."""
    limiter = MovingWindowRateLimiter(MemoryStorage())

    def count() -> None:
        settings, kind = house().settings.settings, kind_of(request.endpoint or "")
        if settings.sign_in is None or kind is None:
            return
        asking = user()
        key = (kind, "user", asking.name) if asking else (kind, "address", request.remote_addr or "")
        item = RateLimitItemPerMinute(getattr(settings.limits, kind))
        if not limiter.hit(item, *key):
            again = limiter.get_window_stats(item, *key).reset_time - time()
            raise TooManyRequests(retry_after=max(1, round(again)))

    app.before_request(count)


def kind_of(endpoint: str) -> str | None:
    """The limit that an endpoint counts against; None for one that does not."""
    return "exports" if endpoint.endswith("_export") else _KINDS.get(endpoint)
