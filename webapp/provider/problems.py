"""Errors of the provider as problem details (RFC 9457)."""

import json
import sqlite3
from collections.abc import Mapping

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from webapp.provider.settings import ProviderSettings

RETRY_AFTER_SECONDS = 30


class Problem(Exception):
    """A question that gets no answer: HTTP status, the last part of the type, what to do about it, and headers."""

    def __init__(
        self, status: int, kind: str, title: str, detail: str | None = None, headers: Mapping[str, str] = {}
    ) -> None:
        super().__init__(title)
        self.status = status
        self.kind = kind
        self.title = title
        self.detail = detail
        self.headers = headers

    def response(self) -> Response:
        """The problem as an answer."""
        content: dict[str, object] = {"type": f"/problems/{self.kind}", "title": self.title}
        if self.detail is not None:
            content["detail"] = self.detail
        content["status"] = self.status
        return Response(json.dumps(content), self.status, self.headers, content_type="application/problem+json")


def not_shared() -> Problem:
    """The institution does not share its results."""
    return Problem(403, "not-shared", "This institution does not share its results")


def no_consent() -> Problem:
    """The person has not consented to the sharing."""
    return Problem(403, "no-consent", "There is no consent for this person")


def bad_request(detail: str) -> Problem:
    """A body that is not what the protocol says; `detail` must not echo it."""
    return Problem(400, "bad-request", "The request is not as the protocol says", detail)


def not_known(settings: ProviderSettings, presented: bool) -> Problem:
    """Who asks is not known (RFC 9110 11.6.1); `presented`: although something was shown (RFC 6750 3.1)."""
    challenge = 'Bearer realm="elmo-pull"' + (', error="invalid_token"' if presented else "")
    detail = f"Show one of: {', '.join(settings.asks_for)}"
    return Problem(401, "not-known", "Who asks is not known", detail, {"WWW-Authenticate": challenge})


def out_of_scope() -> Problem:
    """A token that was issued for something else."""
    challenge = 'Bearer realm="elmo-pull", error="insufficient_scope"'
    return Problem(403, "not-allowed", "The token is not for this", headers={"WWW-Authenticate": challenge})


def not_allowed() -> Problem:
    """An asker that may ask others, but not this institution."""
    return Problem(403, "not-allowed", "You may not ask this institution")


def too_many(seconds: int, detail: str) -> Problem:
    """More than the asker's limits; `seconds` until it makes sense to try again."""
    return Problem(429, "too-many", "Too many questions", detail, {"Retry-After": str(seconds)})


def unavailable(title: str) -> Problem:
    """Something that we need does not answer."""
    return Problem(503, "unavailable", title, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def register(app: Flask) -> None:
    """Lets every error of the application be a problem."""

    @app.errorhandler(Problem)
    def ours(error: Problem) -> Response:
        return error.response()

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        status = error.code or 500
        kind = (error.name or "error").lower().replace(" ", "-")
        response = Problem(status, kind, error.name).response()
        response.headers.extend(h for h in error.get_headers() if h[0] in ("Allow", "Retry-After"))
        return response

    @app.errorhandler(sqlite3.OperationalError)
    def no_file(error: sqlite3.OperationalError) -> Response:
        app.logger.error("the provider's file does not answer: %s", error)
        return unavailable("The results cannot be read just now").response()
