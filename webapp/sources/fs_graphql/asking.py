"""GraphQL over HTTP as FS speaks it: a query by the name of its operation, data, and errors with the way to each."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from time import monotonic
from typing import Any

from webapp.errors import SourceError, SourceFailure
from webapp.sources.http import HttpAnswer, WarmSession

#: Without it FS knows nothing of fields that are still "beta" or "experimental", which those asked for are.
FEATURE_FLAGS = "beta,experimental"
_MEDIA_TYPES = frozenset({"application/json", "application/graphql-response+json"})
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json", "Feature-Flags": FEATURE_FLAGS}
#: How servers class their errors: the first word that is found in it, letters only, tells.
_FAILURES = {
    "UNAUTHENTICATED": SourceFailure.UNAUTHORIZED,
    "UNAUTHORIZED": SourceFailure.UNAUTHORIZED,
    "IKKEAUTORISERT": SourceFailure.FORBIDDEN,
    "FORBIDDEN": SourceFailure.FORBIDDEN,
    "ACCESSDENIED": SourceFailure.FORBIDDEN,
    "VALIDATION": SourceFailure.BAD_REQUEST,
    "INVALIDSYNTAX": SourceFailure.BAD_REQUEST,
    "BADREQUEST": SourceFailure.BAD_REQUEST,
    "BADUSERINPUT": SourceFailure.BAD_REQUEST,
    "RATELIMIT": SourceFailure.OVERLOADED,
    "TOOMANYREQUESTS": SourceFailure.OVERLOADED,
    "UNAVAILABLE": SourceFailure.UNAVAILABLE,
    "TIMEOUT": SourceFailure.TIMEOUT,
}


@dataclass(frozen=True)
class Fault:
    """An error in a part of the data: the way to it, empty when it is about the whole."""

    path: Sequence[object]
    failure: SourceFailure

    def as_error(self) -> SourceError:
        """The fault as the failure of a question. Its text holds nothing of the server's, which may name people."""
        return SourceError(self.failure, "the answer has errors in a part of the data")


class Endpoint:
    """Asks the queries of one document at an address. Several threads may share it.

    `url` with its slash at the end, where it has one: a redirect to the other form is not followed.
    """

    def __init__(self, session: WarmSession, url: str, document: str) -> None:
        self._session = session
        self._path = "/" if url.endswith("/") else ""
        text = files(__package__).joinpath(document).read_text(encoding="utf-8")
        self._document = json.dumps(_compact(text))

    def ask(
        self, operation: str, variables: Mapping[str, object], within_seconds: float | None = None
    ) -> tuple[dict[str, Any], list[Fault]]:
        """The data, and what is wrong in parts of them. Raises SourceError, also when there are no data."""
        content = (
            f'{{"query":{self._document},"operationName":"{operation}",'
            f'"variables":{json.dumps(variables, separators=(",", ":"))}}}'
        )
        answer = self._session.post(self._path, content.encode(), _HEADERS, within_seconds)
        said = _json(answer)
        faults = _faults(said.get("errors"))
        data = said.get("data")
        if not isinstance(data, dict):
            raise faults[0].as_error() if faults else not_understood("the answer has no data")
        return data, faults

    @property
    def certificate_until(self) -> datetime | None:
        """The end of the certificate that the source showed last."""
        return self._session.certificate_until

    @property
    def date(self) -> datetime | None:
        """What time it was where the latest answer came from."""
        return self._session.date

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()


class Deadline:
    """A time limit that several requests share."""

    def __init__(self, seconds: float) -> None:
        self._ends = monotonic() + seconds

    def left(self) -> float:
        """How many seconds are left. Raises SourceError: TIMEOUT when none are."""
        left = self._ends - monotonic()
        if left <= 0:
            raise SourceError(SourceFailure.TIMEOUT, "no whole answer within the limit: pages are missing")
        return left


def not_understood(cause: str) -> SourceError:
    """An answer that is not what was agreed."""
    return SourceError(SourceFailure.NOT_UNDERSTOOD, cause)


def _compact(document: str) -> str:
    """A document without its comments and its layout."""
    return " ".join(re.sub(r"#[^\n]*", "", document).split())


def _json(answer: HttpAnswer) -> dict[str, Any]:
    if answer.media_type not in _MEDIA_TYPES:
        raise not_understood("the answer is not JSON")
    try:
        said = json.loads(answer.body)
    except RecursionError:
        raise SourceError(SourceFailure.UNSAFE, "the answer is nested too deeply") from None
    except ValueError:
        raise not_understood("the answer cannot be read as JSON") from None
    if not isinstance(said, dict):
        raise not_understood("the answer is not an object")
    return said


def _faults(errors: object) -> list[Fault]:
    if errors is None:
        return []
    if not isinstance(errors, list):
        raise not_understood("the errors are not a list")
    return [_fault(each) if isinstance(each, dict) else Fault((), SourceFailure.SERVER_ERROR) for each in errors]


def _fault(error: dict[str, Any]) -> Fault:
    path, extensions = error.get("path"), error.get("extensions")
    told = extensions if isinstance(extensions, dict) else {}
    words = " ".join(str(told.get(each, "")) for each in ("classification", "errorType", "code"))
    kind = re.sub(r"[^A-Z]", "", words.upper())
    failure = next((failure for word, failure in _FAILURES.items() if word in kind), SourceFailure.SERVER_ERROR)
    return Fault(path if isinstance(path, list) else (), failure)
