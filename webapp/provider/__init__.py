"""The provider (resultatdeler): answers what institutions share, by ELMO pull; see docs/protocol.md."""

import gzip
from datetime import UTC, datetime
from typing import Any, TypeVar

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request, stream_with_context, url_for
from pydantic import ValidationError
from werkzeug.exceptions import NotFound, UnsupportedMediaType

from webapp.model import Purpose
from webapp.provider import trace
from webapp.provider.askers import Asker
from webapp.provider.batches import lines
from webapp.provider.decisions import Decision, Said, decisions
from webapp.provider.gate import Gate
from webapp.provider.problems import bad_request, no_consent, not_allowed, not_shared, register
from webapp.provider.questions import Asked, AskedForMany, AskedForOne, slips
from webapp.provider.settings import OPEN, ProviderSettings
from webapp.provider.shelf import Sharer, Shelf

__all__ = ["create_provider"]

PROTOCOL = "elmo-pull/1"
REQUEST_BYTE_LIMIT = 1_000_000
#: Who asks, in the trace, where access is open.
ANYBODY = "åpen adgang"

_AnyAsked = TypeVar("_AnyAsked", bound=Asked)

pull = Blueprint("pull", __name__)


def create_provider(shelf: Shelf, settings: ProviderSettings = OPEN, *, is_traced: bool = True) -> Flask:
    """A WSGI application that answers for the institutions on a shelf, each below `/<number>`.

    With a single institution the root is its base too. `settings`: whom it answers; `is_traced`: whether it keeps a
    trace of who asked about whom, which a network of people who were made up need not.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = REQUEST_BYTE_LIMIT
    app.extensions["shelf"] = shelf
    app.extensions["gate"] = Gate(lambda: _shelf_of(app), settings)
    app.extensions["is_traced"] = is_traced
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    register(app)
    app.register_blueprint(pull)
    return app


@pull.before_request
def let_in() -> None:
    """Nobody hears anything who may not ask."""
    g.asker = _gate().asker(request)
    _gate().enter(g.asker)
    g.has_seat = True


@pull.teardown_request
def free_seat(error: BaseException | None) -> None:
    """After the last byte of an answer, whatever became of it."""
    if g.pop("has_seat", False):
        _gate().leave(g.asker)


@pull.get("/")
@pull.get("/<int:number>")
def describe(number: int | None = None) -> Response:
    """What the institution shares and how; at the root of several, which there are."""
    sharers = _shelf().sharers()
    if number is None and len(sharers) != 1:
        return jsonify({"protocol": PROTOCOL, "institutions": [_listed(sharer) for sharer in sharers]})
    sharer = _sharer(number)
    return jsonify(
        {
            "protocol": PROTOCOL,
            "institution": {"number": sharer.number, "name": sharer.name},
            "shares": sharer.shares,
            "batch": sharer.batch,
            "purposes": list(Purpose),
        }
    )


@pull.post("/results")
@pull.post("/<int:number>/results")
def results(number: int | None = None) -> Response:
    """One person's results."""
    sharer = _sharer(number)
    asked = _asked(AskedForOne)
    [decision] = _decisions(sharer, asked)
    entry = decision.entry
    if decision.said is Said.NO_CONSENT:
        raise no_consent()
    if entry is None:
        return Response(status=204)
    if request.if_none_match.contains_weak(entry.etag):
        response = Response(status=304)
    else:
        response = _document(_shelf().compressed(entry))
    response.set_etag(entry.etag)
    return response


@pull.post("/results/batch")
@pull.post("/<int:number>/results/batch")
def batch(number: int | None = None) -> Response:
    """Several people's results, a line each."""
    sharer = _sharer(number)
    asked = _asked(AskedForMany)
    if len(asked.people) > sharer.batch:
        raise bad_request(f"people: at most {sharer.batch} at once")
    if len({person.ref for person in asked.people}) < len(asked.people):
        raise bad_request("people: each ref once")
    answer = stream_with_context(lines(_shelf(), asked.people, _decisions(sharer, asked)))
    return Response(answer, content_type="application/x-ndjson")


def _decisions(sharer: Sharer, asked: Asked) -> list[Decision]:
    """What is said of each of the people. It stands in the trace before anything of it is sent. Raises Problem."""
    asker: Asker | None = g.asker
    shelf, whom = _shelf(), asked.whom
    _gate().count(asker, len(whom))
    if asker is not None and not asker.may_ask(sharer.number):
        decided = [Decision(Said.NOT_ALLOWED)] * len(whom)
    elif not sharer.shares:
        decided = [Decision(Said.NOT_SHARED)] * len(whom)
    else:
        decided = decisions(shelf, sharer, whom)
    if current_app.extensions["is_traced"]:
        answered = [(tuple(numbers), decision.said) for numbers, decision in zip(whom, decided, strict=True)]
        name = f"{asker.name} ({asker.institution})" if asker else ANYBODY
        terms = (asked.purpose, asked.basis, str(asked.request))
        with shelf.write() as db:
            trace.append(db, trace.Traced(datetime.now(UTC), name, sharer.number, *terms, answered))
    if decided[0].said is Said.NOT_ALLOWED:
        raise not_allowed()
    if decided[0].said is Said.NOT_SHARED:
        raise not_shared()
    return decided


def _shelf_of(app: Flask) -> Shelf:
    shelf: Shelf = app.extensions["shelf"]
    return shelf


def _shelf() -> Shelf:
    return _shelf_of(current_app)


def _gate() -> Gate:
    gate: Gate = current_app.extensions["gate"]
    return gate


def _sharer(number: int | None) -> Sharer:
    """The institution that is asked; without a number the only one there is."""
    sharers = _shelf().sharers()
    asked = [sharer for sharer in sharers if number in (None, sharer.number)]
    if len(asked) != 1:
        raise NotFound
    return asked[0]


def _listed(sharer: Sharer) -> dict[str, Any]:
    address = url_for(".describe", number=sharer.number, _external=True)
    return {"number": sharer.number, "name": sharer.name, "url": address}


def _asked(kind: type[_AnyAsked]) -> _AnyAsked:
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        return kind.model_validate_json(request.get_data())
    except ValidationError as error:
        raise bad_request(slips(error)) from None


def _document(compressed: bytes) -> Response:
    """Handed out as it lies on the shelf where the asker takes gzip."""
    if request.accept_encodings["gzip"] > 0:
        response = Response(compressed, content_type="application/xml")
        response.content_encoding = "gzip"
    else:
        response = Response(gzip.decompress(compressed), content_type="application/xml")
    response.vary.add("Accept-Encoding")
    return response
