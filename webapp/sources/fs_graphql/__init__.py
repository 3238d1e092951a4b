"""Asks an institution's FS through Sikt's GraphQL API (docs/fs-graphql.md) what it has on people."""

from collections import defaultdict
from collections.abc import Generator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from pydantic import ValidationError

from webapp.errors import SourceError
from webapp.model import Description, Outcome, Question, Reply
from webapp.sources.fs_graphql.asking import Deadline, Endpoint, Fault, not_understood
from webapp.sources.fs_graphql.reading import PROTOCOL, read_students
from webapp.sources.fs_graphql.records import (
    FIELD,
    Student,
    by_place,
    id_of,
    list_of,
    listed_institution,
    mark_after,
    nodes_of,
    payload_of,
    whom_about,
)
from webapp.sources.fs_graphql.things import text_of
from webapp.sources.http import ATTEMPTS, DIRECT, WarmSession, Way
from webapp.sources.replies import document_reply

__all__ = ["LARGEST_BATCH", "FsGraphql", "read_students"]

LARGEST_BATCH = 100
#: Results on a page, which is also what FS gives when nothing is said.
PAGE = 100
#: More pages than this of one person are no answer but a loop.
MOST_PAGES = 100
#: How many requests more are made for those whom an answer leaves in doubt.
MOST_REPEATS = 20
DOCUMENT = "person.graphql"

_Said = dict[str, Reply | SourceError]


class FsGraphql:
    """One institution's FS. Several threads may share it.

    `url`: the endpoint; `organisation`: the institution's code in FS, which is its institution number;
    `timeout_seconds`: the limit for an answer about up to `batch` people, with all its pages; `seats`, `attempts` and
    `way` as in WarmSession.
    """

    def __init__(
        self,
        url: str,
        organisation: str,
        timeout_seconds: float,
        seats: int,
        batch: int | None = None,
        attempts: int = ATTEMPTS,
        way: Way = DIRECT,
    ) -> None:
        self._endpoint = Endpoint(WarmSession(url, timeout_seconds, seats, attempts=attempts, way=way), url, DOCUMENT)
        self._organisation = organisation
        self._timeout_seconds = timeout_seconds
        self.batch = min(batch or LARGEST_BATCH, LARGEST_BATCH)

    @property
    def certificate_until(self) -> datetime | None:
        """The end of the certificate that the source showed last."""
        return self._endpoint.certificate_until

    @property
    def date(self) -> datetime | None:
        """What time it was where the latest answer came from."""
        return self._endpoint.date

    def close(self) -> None:
        """Closes the connections."""
        self._endpoint.close()

    def prepare(self) -> int:
        """How many people are asked about at once: there is nothing to find out."""
        return self.batch

    def describe(self) -> Description:
        """Whether people can be asked about, and the institution's names where its results can be listed too. Raises
        SourceError."""
        data, faults = self._endpoint.ask("Description", {"organisation": self._organisation})
        asked = [each for each in faults if not each.path or each.path[0] == FIELD]
        if asked or not isinstance(data.get(FIELD), list):
            raise asked[0].as_error() if asked else not_understood("the answer has no list of students")
        try:
            institution = listed_institution(data)
        except ValidationError:
            raise not_understood("an institution is not what it should be") from None
        code = (institution.organisasjonskode if institution else None) or ""
        names = text_of(institution.navnAlleSprak) if institution else {}
        return Description(PROTOCOL, int(code) if code.isascii() and code.isdigit() else None, names, batch=self.batch)

    def look_up(self, question: Question) -> Reply:
        """What FS has on one person. Raises SourceError."""
        said = _Asked(self, {"": question}).all()[""]
        if isinstance(said, SourceError):
            raise said
        return said

    def look_up_many(self, questions: Mapping[str, Question]) -> Generator[tuple[str, Reply | SourceError], None, None]:
        """What FS has on each of several people, by a reference of the caller's; a failure is given, not raised."""
        left = iter(questions.items())
        while chunk := dict(islice(left, self.batch)):
            yield from _Asked(self, chunk).all().items()

    def students(self, numbers: Sequence[str], deadline: Deadline) -> tuple[list[Any], list[Fault]]:
        """The list of students as it came, with its faults. Raises SourceError, also when there is no list."""
        variables = {"organisation": self._organisation, "numbers": numbers, "first": PAGE}
        data, faults = self._endpoint.ask("Students", variables, deadline.left())
        return list_of(data, faults), faults

    def further(self, student: str, numbers: Sequence[str], after: str, deadline: Deadline) -> Any:
        """The next page of a student's results, found among those with these numbers. Raises SourceError."""
        variables = {"organisation": self._organisation, "numbers": numbers, "first": PAGE, "after": after}
        data, faults = self._endpoint.ask("Further", variables, deadline.left())
        for each in faults:
            raise each.as_error()
        found = [each for each in list_of(data, faults) if isinstance(each, dict) and each.get("id") == student]
        if not found:
            raise not_understood("the student is not there any more")
        return found[0].get("resultaterV2")

    @property
    def timeout_seconds(self) -> float:
        """The limit for an answer about a batch, with all its pages."""
        return self._timeout_seconds


class _Asked:
    """One question about several people, with the requests that it takes."""

    def __init__(self, source: FsGraphql, questions: Mapping[str, Question]) -> None:
        self._source = source
        self._questions = questions
        self._deadline = Deadline(source.timeout_seconds)
        self._repeats = 0

    def all(self) -> _Said:
        """What is said of each."""
        return self._said_of(list(self._questions))

    def _said_of(self, refs: Sequence[str]) -> _Said:
        """Ask about some. What came before a failure stays; the failure is for those who are left."""
        numbers = [number for ref in refs for number in self._questions[ref].identifiers]
        try:
            listed, faults = self._source.students(numbers, self._deadline)
        except SourceError as error:
            return dict.fromkeys(refs, error)
        records, doubt = self._records(refs, listed, faults)
        said = {ref: self._reply(ref, found) for ref, found in records.items()}
        left = [ref for ref in refs if ref not in said]
        if doubt is None:
            # Unknown people are null or absent.
            return said | dict.fromkeys(left, Reply(Outcome.NOTHING))
        return said | self._asked_again(left, doubt)

    def _asked_again(self, refs: Sequence[str], doubt: SourceError) -> _Said:
        """Halve those of whom one or more are in doubt, until the doubt is about each alone."""
        if len(refs) < 2 or self._repeats + 2 > MOST_REPEATS:
            return dict.fromkeys(refs, doubt)
        self._repeats += 2
        middle = len(refs) // 2
        return self._said_of(refs[:middle]) | self._said_of(refs[middle:])

    def _records(
        self, refs: Sequence[str], listed: Sequence[Any], faults: Sequence[Fault]
    ) -> tuple[dict[str, list[Student] | SourceError], SourceError | None]:
        """The records of each whom some are about, or what is wrong with them; and why somebody who has none may have
        been meant all the same: data with errors never say "nothing"."""
        owners: defaultdict[str, list[str]] = defaultdict(list)
        for ref in refs:
            for number in self._questions[ref].identifiers:
                owners[number].append(ref)
        broken, doubt = by_place(faults)
        found: dict[str, list[Student] | SourceError] = {}
        for place, student in enumerate(listed):
            if student is None:
                doubt = broken[place].as_error() if place in broken else doubt
                continue
            about = whom_about(student, owners) or (list(refs) if len(refs) == 1 else [])
            if not about:
                stranger = not_understood("a student who was not asked about")
                doubt = doubt or (broken[place].as_error() if place in broken else stranger)
            for ref in about:
                known = found.setdefault(ref, [])
                if place in broken:
                    found[ref] = broken[place].as_error()
                elif isinstance(known, list):
                    known.append(student)
        return found, doubt

    def _reply(self, ref: str, found: list[Student] | SourceError) -> Reply | SourceError:
        if isinstance(found, SourceError):
            return found
        question = self._questions[ref]
        try:
            students = {id_of(student): student for student in found}
            whole = [self._whole(student, question.identifiers) for _, student in sorted(students.items())]
            return document_reply(payload_of(whole), question.payload, reader=read_students)
        except SourceError as error:
            return error

    def _whole(self, student: Student, numbers: Sequence[str]) -> Student:
        """A student with the results of all pages, as they came but for the marks of the pages."""
        page = student.get("resultaterV2")
        nodes = nodes_of(page)
        for _ in range(MOST_PAGES):
            after = mark_after(page)
            if after is None:
                return student | {"resultaterV2": {"nodes": nodes}}
            page = self._source.further(id_of(student), numbers, after, self._deadline)
            nodes = nodes + nodes_of(page)
        raise not_understood("the pages do not end")
