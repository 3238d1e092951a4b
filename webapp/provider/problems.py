"""Errors of the provider as problem details (RFC 9457)."""

import json
import sqlite3

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

RETRY_AFTER_SECONDS = 30


class Problem(Exception):
    """A question that gets no answer: HTTP status, the last part of the type, and what to do about it."""

    def __init__(self, status: int, kind: str, title: str, detail: str | None = None) -> None:
        super().__init__(title)
        self.status = status
        self.kind = kind
        self.title = title
        self.detail = detail

    def response(self) -> Response:
        """The problem as an answer."""
        content: dict[str, object] = {"type": f"/problems/{self.kind}", "title": self.title}
        if self.detail is not None:
            content["detail"] = self.detail
        content["status"] = self.status
        return Response(json.dumps(content), self.status, content_type="application/problem+json")


def not_shared() -> Problem:
    """The institution does not share its results."""
    return Problem(403, "not-shared", "This institution does not share its results")


def no_consent() -> Problem:
    """The person has not consented to the sharing."""
    return Problem(403, "no-consent", "There is no consent for this person")


def bad_request(detail: str) -> Problem:
    """A body that is not what the protocol says; `detail` must not echo it."""
    return Problem(400, "bad-request", "The request is not as the protocol says", detail)


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
    def unavailable(error: sqlite3.OperationalError) -> Response:
        app.logger.error("the provider's file does not answer: %s", error)
        response = Problem(503, "unavailable", "The results cannot be read just now").response()
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
