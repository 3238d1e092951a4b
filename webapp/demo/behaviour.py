"""How the institutions of the demo network answer: with their delays, and some not as they should."""

import io
import json
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from webapp.demo.chance import chance
from webapp.demo.roster import BEHAVIOURS, Behaviour

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MEDIAN_SECONDS = 0.150
#: Spread of the logarithm: nine answers of ten come within 80 to 280 ms.
SPREAD = 0.38
SLOW_SECONDS = 5.0
FAILURES = 2
RETRY_AFTER_SECONDS = 1
#: How many questions the memory of a failing institution goes back.
REMEMBERED_QUESTIONS = 10_000

_RUBBISH = (
    "<!DOCTYPE html>\n<html><head><title>Vedlikehold</title></head><body><h1>Vi er straks tilbake</h1></body></html>"
)
_PROBLEM = {"type": "/problems/unavailable", "title": "The results cannot be read just now", "status": 503}


class Behaving:
    """The provider as its institutions really are.

    `latency_scale` multiplies every delay; 0 is none. The delays follow from seed, institution and number of the
    request alone, so that two runs of the same questions are equally slow.
    """

    def __init__(self, provider: "WSGIApplication", *, seed: int, latency_scale: float = 1.0) -> None:
        self._provider = provider
        self._seed = seed
        self._latency_scale = latency_scale
        self._lock = threading.Lock()
        self._requests: Counter[int] = Counter()
        self._failed: OrderedDict[str, int] = OrderedDict()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Waits as long as the institution takes, then answers as it does."""
        number = _institution(environ)
        behaviour = BEHAVIOURS.get(number)
        time.sleep(self._delay(number, behaviour) * self._latency_scale)
        if behaviour is Behaviour.RUBBISH:
            return _answer(start_response, "200 OK", "text/html; charset=utf-8", _RUBBISH)
        if behaviour is Behaviour.FAILS_TWICE and self._fails(environ):
            wait = ("Retry-After", str(round(RETRY_AFTER_SECONDS * self._latency_scale)))
            status, kind = "503 Service Unavailable", "application/problem+json"
            return _answer(start_response, status, kind, json.dumps(_PROBLEM), wait)
        return self._provider(environ, start_response)

    def _delay(self, number: int, behaviour: Behaviour | None) -> float:
        if behaviour is Behaviour.SLOW:
            return SLOW_SECONDS
        with self._lock:
            self._requests[number] += 1
            count = self._requests[number]
        return MEDIAN_SECONDS * chance("delay", self._seed, number, count).lognormvariate(0, SPREAD)

    def _fails(self, environ: "WSGIEnvironment") -> bool:
        """Whether this is the first or second time that the question is put."""
        question = _question(environ)
        if question is None:
            return False
        with self._lock:
            failed = self._failed.get(question, 0)
            if failed == FAILURES:
                return False
            self._failed[question] = failed + 1
            if len(self._failed) > REMEMBERED_QUESTIONS:
                self._failed.popitem(last=False)
            return True


def _institution(environ: "WSGIEnvironment") -> int:
    first = environ.get("PATH_INFO", "").strip("/").partition("/")[0]
    return int(first) if first.isascii() and first.isdigit() else 0


def _question(environ: "WSGIEnvironment") -> str | None:
    """The `request` of a POST, the same for every repetition; the body stays readable for the provider."""
    if environ["REQUEST_METHOD"] != "POST":
        return None
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    try:
        asked = json.loads(body)
    except ValueError:
        return None
    return str(asked["request"]) if isinstance(asked, dict) and "request" in asked else None


def _answer(
    start_response: "StartResponse", status: str, media_type: str, text: str, *headers: tuple[str, str]
) -> list[bytes]:
    body = text.encode()
    start_response(status, [("Content-Type", media_type), ("Content-Length", str(len(body))), *headers])
    return [body]
