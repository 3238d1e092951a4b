"""Asks an institution that speaks ELMO pull (docs/protocol.md) what it has on a person."""

import json
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import datetime
from itertools import islice

from pydantic import BaseModel, Field, ValidationError

from webapp.errors import SourceError, SourceFailure
from webapp.model import Description, Outcome, Purpose, Question, Reply
from webapp.sources.failures import StatusError
from webapp.sources.http import ATTEMPTS, DIRECT, HttpAnswer, WarmSession, Way
from webapp.sources.replies import document_reply

PROTOCOL = "elmo-pull/1"
_XML = frozenset({"application/xml", "text/xml"})
_LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
#: More people than this in one question are not asked about, whatever a source takes.
LARGEST_BATCH = 1000
_REFUSALS = {"not-shared": Outcome.NOT_SHARED, "no-consent": Outcome.NO_CONSENT}
#: Nine in ten lines of a run say this: one object serves them all.
_NOTHING = Reply(Outcome.NOTHING)
_FAILURES = {"bad-request": SourceFailure.BAD_REQUEST, "unavailable": SourceFailure.UNAVAILABLE}

#: What an entity tag may hold (RFC 9110 8.8.3): anything else could not be sent back in a header.
_TAG = re.compile(r'(?:W/)?"?([\x21\x23-\x7e]{1,200})"?')
_ENCODING = re.compile(r"""^(<\?xml[^>]*?)\s+encoding\s*=\s*("[^"]*"|'[^']*')""")


class _Institution(BaseModel):
    number: int
    name: dict[str, str] = {}


class _Description(BaseModel):
    protocol: str
    institution: _Institution
    shares: bool
    batch: int = Field(default=1, ge=1)
    purposes: list[str] = []


class _Line(BaseModel):
    ref: str
    status: str
    etag: str | None = None
    elmo: str | None = None


#: What `_Line.model_validate_json` calls, without what that does beside.
_read_line: Callable[[bytes], _Line] = _Line.__pydantic_validator__.validate_json


class ElmoPull:
    """One source that speaks ELMO pull. Several threads may share it.

    `url` is the base of the source; `timeout_seconds` the limit for each answer; `seats` how many threads
    ask at once; `batch` how many people it takes in one request, None or 1 when it takes one at a time; `attempts`
    how often a question is put before its failure is told; `way` how it is reached.
    """

    def __init__(
        self,
        url: str,
        timeout_seconds: float,
        seats: int,
        batch: int | None = None,
        attempts: int = ATTEMPTS,
        way: Way = DIRECT,
    ) -> None:
        self._session = WarmSession(url, timeout_seconds, seats, attempts=attempts, way=way)
        self._set_batch = batch
        self.batch = batch or 1

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

    def describe(self) -> Description:
        """What the source says of itself. Raises SourceError: NOT_UNDERSTOOD for another protocol."""
        answer = self._session.get("", "application/json")
        if answer.media_type != "application/json":
            raise _not_understood("the description is not JSON")
        try:
            said = _Description.model_validate_json(answer.body)
        except ValidationError:
            raise _not_understood("the description lacks what the protocol requires") from None
        if said.protocol != PROTOCOL:
            raise _not_understood(f"the source does not speak {PROTOCOL}")
        known = {purpose for purpose in Purpose if purpose in said.purposes}
        institution = said.institution
        return Description(
            said.protocol, institution.number, institution.name, said.shares, said.batch, frozenset(known)
        )

    def prepare(self) -> int:
        """Ask the source how many people it takes at once, unless that was set; returns how many. Raises SourceError.

        A number that is set stands above what the source says: whoever set it knows the gateway between them.
        """
        said = self.describe().batch
        if self._set_batch is None:
            self.batch = min(said, LARGEST_BATCH)
        return self.batch

    def look_up(self, question: Question) -> Reply:
        """What the source has on one person. Raises SourceError."""
        headers = {"Content-Type": "application/json", "Accept": "application/xml"}
        if question.etag is not None:
            headers["If-None-Match"] = f'"{question.etag}"'
        content = {"identifiers": question.identifiers, **_terms(question)}
        try:
            answer = self._session.post("/results", _json(content), headers)
        except StatusError as error:
            return _refusal(error)
        return _reply(answer, question.payload)

    def look_up_many(self, questions: Mapping[str, Question]) -> Generator[tuple[str, Reply | SourceError], None, None]:
        """What the source has on each of several people, in any order, each as soon as it has come.

        `questions` by a reference of the caller's; purpose, basis and request are the same for all. A failure
        is given, not raised, and for every reference there is exactly one pair. The time limit runs on while
        the caller holds a pair: take them all first, work with them afterwards.
        """
        left = iter(questions.items())
        while chunk := dict(islice(left, self.batch)):
            if self.batch == 1:
                yield from ((ref, self._reply_or_failure(question)) for ref, question in chunk.items())
            else:
                yield from self._batch_replies(chunk)

    def _reply_or_failure(self, question: Question) -> Reply | SourceError:
        try:
            return self.look_up(question)
        except SourceError as error:
            return error

    def _batch_replies(self, questions: dict[str, Question]) -> Iterator[tuple[str, Reply | SourceError]]:
        """One request. What has come before a failure stays; the failure is for those who are left."""
        left = dict(questions)
        rest: Reply | SourceError = _not_understood("no line for this person")
        try:
            for ref, reply in self._line_replies(questions):
                if left.pop(ref, None):
                    yield ref, reply
        except StatusError as error:
            rest = _refusal_or_failure(error)
        except SourceError as error:
            rest = error
        yield from ((ref, rest) for ref in left)

    def _line_replies(self, questions: dict[str, Question]) -> Iterator[tuple[str, Reply | SourceError]]:
        people = [
            {"ref": ref, "identifiers": question.identifiers}
            if question.etag is None
            else {"ref": ref, "identifiers": question.identifiers, "etag": question.etag}
            for ref, question in questions.items()
        ]
        content = {"people": people, **_terms(next(iter(questions.values())))}
        headers = {"Content-Type": "application/json", "Accept": "application/x-ndjson"}
        with self._session.post_for_lines("/results/batch", _json(content), headers) as (media_type, lines):
            if media_type not in _LINES:
                raise _not_understood("the answer is not JSON lines")
            for text in lines:
                line = _line(text)
                if line is not None and (question := questions.get(line.ref)) is not None:
                    yield line.ref, _line_reply(line, question)


def _terms(question: Question) -> dict[str, str]:
    return {"purpose": question.purpose, "basis": question.basis, "request": question.request}


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _not_understood(cause: str) -> SourceError:
    return SourceError(SourceFailure.NOT_UNDERSTOOD, cause)


def _refusal(error: StatusError) -> Reply:
    """What a problem means: a refusal is an answer. Anything else is raised."""
    outcome = _REFUSALS.get(error.problem or "")
    if outcome is not None:
        return Reply(outcome)
    failure = _FAILURES.get(error.problem or "", error.failure)
    raise SourceError(failure, str(error), error.retry_after_seconds)


def _refusal_or_failure(error: StatusError) -> Reply | SourceError:
    try:
        return _refusal(error)
    except SourceError as failure:
        return failure


def _reply(answer: HttpAnswer, known: str | None) -> Reply:
    if answer.status == 304:
        return Reply(Outcome.UNCHANGED, etag=_tag(answer.etag))
    if answer.status == 204:
        return _NOTHING
    if answer.media_type not in _XML:
        raise _not_understood("the answer is not XML")
    return document_reply(answer.body, known, _tag(answer.etag))


def _line(text: bytes) -> _Line | None:
    """A line, None when it is a bad one. Raises BROKEN_OFF for a bad one that the answer ends within."""
    try:
        return _read_line(text)
    except ValidationError:
        if not text.endswith(b"\n"):
            raise SourceError(SourceFailure.BROKEN_OFF, "the answer ends within a line") from None
        return None


def _line_reply(line: _Line, question: Question) -> Reply | SourceError:
    if line.status == "nothing":
        return _NOTHING
    etag = _tag(line.etag)
    if line.status == "no-consent":
        return Reply(Outcome.NO_CONSENT)
    if line.status == "unchanged" and question.etag is not None:
        return Reply(Outcome.UNCHANGED, etag=etag)
    if line.status != "found" or line.elmo is None:
        return _not_understood("a line with a status that does not fit")
    # The text has been decoded already: what it says of its encoding no longer holds.
    try:
        return document_reply(_ENCODING.sub(r"\1", line.elmo).encode(), question.payload, etag)
    except SourceError as error:
        return error


def _tag(etag: str | None) -> str | None:
    """An entity tag without its quotes; a weak one says the same here. None when it is not one."""
    match = _TAG.fullmatch(etag.strip()) if etag else None
    return match.group(1) if match else None
