"""The description of the API for people: what the specification says, as a page."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from apiflask import APIFlask
from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from webapp.web.api.spec import operations_of

routes = Blueprint("api", __name__)


@dataclass(frozen=True)
class Kind:
    """What sort of value something is, in a few words; `shape` names the object that it is or holds."""

    words: str
    shape: str = ""


@dataclass(frozen=True)
class Field:
    """A parameter of an operation, or a field of an object."""

    name: str
    place: str
    kind: Kind
    required: bool
    description: str


@dataclass(frozen=True)
class Operation:
    """Something that can be asked for; `answers` by status."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Field, ...]
    body: Kind | None
    answers: Mapping[str, tuple[str, Kind]]


@dataclass(frozen=True)
class Object:
    """An object, or with `values` a text that is one of them."""

    name: str
    description: str
    fields: tuple[Field, ...]
    values: tuple[str, ...]


@routes.get("/api")
def show() -> ResponseReturnValue:
    """The API for people."""
    # The one that is kept: the property makes it anew each time.
    spec = cast(dict[str, Any], cast(APIFlask, current_app)._get_spec("json"))
    rooms: dict[str, list[Operation]] = defaultdict(list)
    for method, path, operation in operations_of(spec):
        rooms[operation["tags"][0]].append(_operation(method, path, operation))
    objects = [_object(name, schema) for name, schema in sorted(spec["components"]["schemas"].items())]
    return render_template("api.html", info=spec["info"], rooms=rooms, objects=objects)


def _operation(method: str, path: str, given: dict[str, Any]) -> Operation:
    body = given.get("requestBody")
    return Operation(
        id=given["operationId"],
        method=method,
        path=path,
        summary=given["summary"],
        description=given.get("description", ""),
        parameters=tuple(_parameters(given)),
        body=_kind(_content(body)) if body else None,
        answers={status: (told["description"], _kind(_content(told))) for status, told in given["responses"].items()},
    )


def _content(told: dict[str, Any]) -> dict[str, Any]:
    return next((each.get("schema", {}) for each in told.get("content", {}).values()), {})


def _parameters(operation: dict[str, Any]) -> Iterator[Field]:
    for each in operation["parameters"]:
        said = each.get("description") or each["schema"].get("description", "")
        if each["in"] != "header":
            yield Field(each["name"], each["in"], _kind(each["schema"]), each["required"], said)


def _object(name: str, schema: dict[str, Any]) -> Object:
    required = schema.get("required", [])
    fields = (
        Field(field, "", _kind(told), field in required, told.get("description", ""))
        for field, told in schema.get("properties", {}).items()
    )
    return Object(name, schema.get("description", ""), tuple(fields), tuple(map(str, schema.get("enum", ()))))


def _kind(schema: dict[str, Any]) -> Kind:
    """A schema in a few words."""
    if "$ref" in schema:
        return Kind("", schema["$ref"].rsplit("/", 1)[-1])
    if "anyOf" in schema:
        parts = [_kind(part) for part in schema["anyOf"]]
        return Kind(" | ".join(part.words for part in parts if part.words), "".join(part.shape for part in parts))
    if schema.get("type") == "array":
        items = _kind(schema["items"])
        return Kind(f"array {items.words}".strip(), items.shape)
    if "additionalProperties" in schema and isinstance(schema["additionalProperties"], dict):
        return Kind(f"object: {_kind(schema['additionalProperties']).words}")
    words = str(schema.get("format") or schema.get("type", ""))
    if "enum" in schema:
        words = " | ".join(map(str, schema["enum"]))
    return Kind(words)
