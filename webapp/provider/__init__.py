"""The provider (resultatdeler): answers what institutions share, by ELMO pull; see docs/protocol.md."""

import gzip
from typing import Any, TypeVar

from flask import Blueprint, Flask, Response, current_app, jsonify, request, stream_with_context, url_for
from pydantic import ValidationError
from werkzeug.exceptions import NotFound, UnsupportedMediaType

from webapp.model import Purpose
from webapp.provider.batches import first_of, lines
from webapp.provider.problems import bad_request, no_consent, not_shared, register
from webapp.provider.questions import Asked, AskedForMany, AskedForOne, slips
from webapp.provider.shelf import Sharer, Shelf

__all__ = ["create_provider"]

PROTOCOL = "elmo-pull/1"
REQUEST_BYTE_LIMIT = 1_000_000

_AnyAsked = TypeVar("_AnyAsked", bound=Asked)

pull = Blueprint("pull", __name__)


def create_provider(shelf: Shelf) -> Flask:
    """A WSGI application that answers for the institutions on a shelf, each below `/<number>`.

    With a single institution the root is its base too.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = REQUEST_BYTE_LIMIT
    app.extensions["shelf"] = shelf
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    register(app)
    app.register_blueprint(pull)
    return app


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
    if not sharer.shares:
        raise not_shared()
    entry = first_of(_shelf().entries(sharer.number, asked.identifiers), asked.identifiers)
    if entry is None:
        return Response(status=204)
    if sharer.requires_consent and not entry.consent:
        raise no_consent()
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
    if not sharer.shares:
        raise not_shared()
    answer = stream_with_context(lines(_shelf(), sharer, asked.people))
    return Response(answer, content_type="application/x-ndjson")


def _shelf() -> Shelf:
    shelf: Shelf = current_app.extensions["shelf"]
    return shelf


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
