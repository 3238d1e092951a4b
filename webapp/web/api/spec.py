"""The description of the API for programs: OpenAPI 3.1."""

from collections.abc import Iterator
from typing import Any

from apiflask import APIFlask

from webapp.web.api.door import VERSION
from webapp.web.api.problems import MEDIA_TYPE, Problem
from webapp.web.api.shapes import MOST_ID
from webapp.web.current import house

SPEC_PATH = "/api/openapi.json"
DESCRIPTION = (
    "What a screen of Eksternstudium can do with data, a program can do here. National identity numbers travel in "
    "bodies only, never in an address. Lists come in pages: follow their next. What goes wrong is told as "
    "application/problem+json (RFC 9457)."
)
_METHODS = {"get": "GET", "post": "POST", "put": "PUT", "delete": "DELETE"}
_FAULTS = {
    "400": "The request is not HTTP or JSON that can be read, or it asks for another version.",
    "401": "Nobody has signed in, or the token is wrong, has ended or was revoked.",
    "403": "The token or the role does not open this, or the request came from another site's page.",
    "404": "There is nothing at this address.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "The request cannot be granted; its errors tell of each field that is wrong.",
}
#: What a program shows where people sign in; the session of a page of ours is no concern of programs.
_SCHEMES = {"token": {"type": "http", "scheme": "bearer", "description": "A token made under API-nøkler."}}
_VERSION_HEADER = {
    "name": "API-Version",
    "in": "header",
    "required": False,
    "description": "The version that the caller was made for.",
    "schema": {"type": "string", "enum": [VERSION]},
}


def describe(app: APIFlask) -> None:
    """Have the application describe its API."""
    app.config.update(
        OPENAPI_VERSION="3.1.0",
        DESCRIPTION=DESCRIPTION,
        AUTO_SERVERS=False,
        AUTO_404_RESPONSE=False,
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_OPERATION_ID=True,
    )
    app.spec_processor(_completed)


def _completed(given: dict[str, Any] | str) -> dict[str, Any]:
    """The specification with what APIFlask leaves out: the answers to what is wrong, the version, and bounds of ids.

    APIFlask names each model once more for each one that holds it; here they bear one name.
    """
    spec: dict[str, Any] = _tidy(given)
    schemas = spec["components"]["schemas"]
    schemas.pop("HTTPError", None)
    spec["components"]["schemas"] = {_name(name): schema for name, schema in schemas.items()}
    problem = _tidy(Problem.model_json_schema(ref_template="#/components/schemas/{model}"))
    spec["components"]["schemas"] |= {**problem.pop("$defs"), "Problem": problem}
    if house().settings.settings.sign_in is not None:
        spec["components"]["securitySchemes"] = _SCHEMES
        spec["security"] = [{"token": []}]
    for method, _, operation in operations_of(spec):
        operation["parameters"].append(_VERSION_HEADER)
        for parameter in operation["parameters"]:
            if parameter["in"] == "path":
                parameter["required"] = True
                if parameter["schema"] == {"type": "integer"}:
                    parameter["schema"] |= {"minimum": 0, "maximum": MOST_ID}
        for status in _faults_of(method, operation):
            operation["responses"].setdefault(status, {"description": _FAULTS[status]})
        whole = next(iter(operation["responses"].values()))
        for status, answer in operation["responses"].items():
            if status.startswith("2") and "content" in whole:
                answer["content"] = whole["content"]
            answer["headers"] = {"API-Version": {"schema": {"type": "string"}}, **answer.get("headers", {})}
            if status.startswith("4"):
                answer["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        operation["responses"] = dict(sorted(operation["responses"].items()))
    return spec


def _faults_of(method: str, operation: dict[str, Any]) -> Iterator[str]:
    places = {parameter["in"] for parameter in operation["parameters"]}
    yield "400"
    if "path" in places:
        yield "404"
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True
        yield from ("413", "415")
    yield from ("401", "403")
    if method != "GET" or "query" in places:
        yield "422"


def operations_of(spec: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation of each thing that can be asked for."""
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            yield _METHODS[method], path, operation


def _tidy(part: Any) -> Any:
    """The same with the models' plain names in references, and without the titles and defaults that say nothing."""
    if isinstance(part, list):
        return [_tidy(each) for each in part]
    if not isinstance(part, dict):
        return part
    kept = {key: _tidy(value) for key, value in part.items() if (key, value) != ("default", None)}
    if "$ref" in kept:
        kept["$ref"] = "#/components/schemas/" + _name(kept["$ref"].rsplit("/", 1)[-1])
    if isinstance(kept.get("title"), str) and ("type" in kept or "anyOf" in kept or "$ref" in kept):
        del kept["title"]
    return kept


def _name(component: str) -> str:
    return component.rsplit(".", 1)[-1].removesuffix("Shape")
