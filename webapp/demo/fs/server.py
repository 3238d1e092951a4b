"""FS' GraphQL over HTTP: the institutions of a shelf, each below `/<number>/graphql`."""

import gzip
import json
import math
import threading
import time
from base64 import b64encode
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from cachetools import LRUCache
from flask import Flask, Response, abort, current_app, request

from webapp.demo.fs.applicants import Applicants
from webapp.demo.fs.conduct import Conduct, Rate
from webapp.demo.fs.students import Node, organisation_of, student_of
from webapp.errors import Refusal, UnreadableElmo
from webapp.model import ApplicationRecord, Institution, Transcript
from webapp.provider.shelf import Entry, Sharer, Shelf
from webapp.sources.elmo import read

try:
    import graphql
except ImportError:  # pragma: no cover - the tests have it
    graphql = None  # type: ignore[assignment]

REQUEST_BYTE_LIMIT = 1_000_000
#: How many students are kept as they were read from their documents.
REMEMBERED_STUDENTS = 2000


@cache
def schema() -> "graphql.GraphQLSchema":
    """The schema that is answered by."""
    return graphql.build_schema(files(__package__).joinpath("schema.graphql").read_text(encoding="utf-8"))


class FsServer:
    """What the institutions of a shelf hold, as the schema asks for it."""

    def __init__(self, shelf: Shelf, conduct: Conduct, applicants: Iterable[ApplicationRecord]) -> None:
        self.shelf = shelf
        self.conduct = conduct
        self.rate = Rate(conduct)
        self._applicants = Applicants(applicants)
        self._lock = threading.Lock()
        self._students: LRUCache[tuple[int, str], Node] = LRUCache(REMEMBERED_STUDENTS)

    def answer(self, sharer: Sharer, asked: dict[str, Any]) -> dict[str, Any]:
        """What comes of a request: data and errors."""
        try:
            document, wrong = _checked(str(asked.get("query")))
        except graphql.GraphQLError as error:
            return {"errors": [error.formatted | {"extensions": {"classification": "InvalidSyntax"}}]}
        if wrong:
            return {
                "errors": [{"message": text, "extensions": {"classification": "ValidationError"}} for text in wrong]
            }
        done = graphql.execute_sync(
            schema(),
            document,
            root_value=self._root(sharer),
            variable_values=asked.get("variables") or {},
            operation_name=asked.get("operationName"),
        )
        return dict(done.formatted)

    def _root(self, sharer: Sharer) -> Node:
        """The fields of Query."""
        here = organisation_of(Institution(sharer.number, sharer.name))

        def students(_: Any, eierOrganisasjonskode: str, fodselsnumre: Sequence[str]) -> list[Any]:
            _only_own(sharer, eierOrganisasjonskode)
            entries = self.shelf.entries(sharer.number, fodselsnumre)
            # Somebody who is asked about by two numbers is one student all the same.
            once = {entry.id: entry for number in fodselsnumre if (entry := entries.get(number))}
            return [self._student(sharer, entry) for entry in once.values()]

        def profiles(_: Any, eierOrganisasjonskode: str, fodselsnumre: Sequence[str]) -> list[Any]:
            _only_own(sharer, eierOrganisasjonskode)
            return self._applicants.profiles(fodselsnumre)

        def outcomes(_: Any, filter: Node, first: int, after: str | None = None) -> Node:
            _only_own(sharer, filter["eierOrganisasjonskode"])
            return {"nodes": [{"id": "0", "larested": here}], "pageInfo": {"hasNextPage": False}}

        return {
            "studenterGittFodselsnumre": students,
            "personProfilerGittFodselsnumre": profiles,
            "resultater": outcomes,
        }

    def _student(self, sharer: Sharer, entry: Entry) -> "Node | graphql.GraphQLError":
        """A student; an error in its place where it cannot be had."""
        if sharer.requires_consent and not entry.consent:
            return _denied("the student has not consented")
        numbers = self.shelf.numbers(entry)
        if self.conduct.lost.intersection(numbers):
            return graphql.GraphQLError(
                "the student cannot be read", extensions={"classification": "DataFetchingException"}
            )
        key = sharer.number, f"{entry.id} {entry.etag}"
        with self._lock:
            student = self._students.get(key)
        if student is None:
            try:
                transcript = read(gzip.decompress(self.shelf.compressed(entry)))
            except UnreadableElmo:
                return graphql.GraphQLError("the document cannot be read")
            student = student_of(_named(sharer, transcript), transcript, numbers)
            with self._lock:
                self._students[key] = student
        return student | {
            "samtykker": self._applicants.consents(numbers),
            "resultaterV2": lambda _, first, after=None: self._page(student["results"], numbers, first, after),
        }

    def _page(self, results: Sequence[Node], numbers: Sequence[str], first: int, after: str | None) -> Node:
        if self.conduct.broken.intersection(numbers):
            raise graphql.GraphQLError(
                "the results cannot be read", extensions={"classification": "DataFetchingException"}
            )
        time.sleep(self.conduct.page_seconds)
        begins = int(after.removeprefix("after-")) if after else 0
        ends = begins + min(first, self.conduct.page)
        return {
            "nodes": results[begins:ends],
            "pageInfo": {"hasNextPage": ends < len(results), "endCursor": f"after-{ends}"},
            "totalCount": len(results),
        }


def has_fs() -> bool:
    """Whether the extra `demo` is there, without which no FS can be played."""
    return graphql is not None


def create_fs_server(
    shelf: Shelf, conduct: Conduct | None = None, applicants: Iterable[ApplicationRecord] = ()
) -> Flask:
    """A WSGI application that answers as FS for the institutions on a shelf, each below `/<number>/graphql`.

    `applicants`: the applications that its people are known by as applicants. Raises Refusal without the extra `demo`.
    """
    if not has_fs():
        raise Refusal('FS-tjeneren trenger tilvalget demo. Installer det: pip install "eksternstudium[demo]".')
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = REQUEST_BYTE_LIMIT
    app.url_map.strict_slashes = False
    app.extensions["fs"] = FsServer(shelf, conduct or Conduct(), applicants)
    app.add_url_rule("/<int:number>/graphql", view_func=endpoint, methods=["POST"])
    return app


def endpoint(number: int) -> Response:
    """The endpoint of one institution."""
    server: FsServer = current_app.extensions["fs"]
    if wait := server.rate.wait():
        return Response(status=429, headers={"Retry-After": str(math.ceil(wait))})
    if server.conduct.credentials is not None:
        user, password = server.conduct.credentials
        expected = "Basic " + b64encode(f"{user}:{password}".encode()).decode()
        if request.headers.get("Authorization") != expected:
            return Response(status=401, headers={"WWW-Authenticate": 'Basic realm="FS"'})
    sharer = next((each for each in server.shelf.sharers() if each.number == number), None) or abort(404)
    asked = request.get_json()
    if not isinstance(asked, dict):
        abort(400)
    said = json.dumps(server.answer(sharer, asked), ensure_ascii=False, separators=(",", ":"))
    return Response(said, content_type="application/json")


@lru_cache(maxsize=20)
def _checked(query: str) -> "tuple[graphql.DocumentNode, tuple[str, ...]]":
    """A query, parsed, and what is wrong with it by the schema."""
    document = graphql.parse(query)
    return document, tuple(error.message for error in graphql.validate(schema(), document))


def _only_own(sharer: Sharer, code: str) -> None:
    if code != str(sharer.number) or not sharer.shares:
        raise _denied("no access to the data of this institution")


def _denied(text: str) -> "graphql.GraphQLError":
    return graphql.GraphQLError(text, extensions={"classification": "FORBIDDEN"})


def _named(sharer: Sharer, transcript: Transcript) -> Institution:
    """The institution as its own documents call it, which is more than the shelf knows."""
    told = (study.institution for study in transcript.studies if study.institution.number == sharer.number)
    return next(told, Institution(sharer.number, sharer.name))
