"""What came of a request, before it is read: students, pages, faults, and whom each is about."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_json

from webapp.errors import SourceError
from webapp.sources.fs_graphql import shapes
from webapp.sources.fs_graphql.asking import Fault, not_understood
from webapp.sources.fs_graphql.reading import PROTOCOL

FIELD = "studenterGittFodselsnumre"
_FORMER = "tidligereFodselsnummer"

#: A student as it came.
Student = dict[str, Any]


def list_of(data: Mapping[str, Any], faults: Sequence[Fault]) -> list[Any]:
    listed = data.get(FIELD)
    if isinstance(listed, list):
        return listed
    raise faults[0].as_error() if faults else not_understood("the answer has no list of students")


def by_place(faults: Sequence[Fault]) -> tuple[dict[int, Fault], SourceError | None]:
    """The faults that are about one student, by the place in the list; and the first that may be about anybody."""
    broken: dict[int, Fault] = {}
    whole: SourceError | None = None
    for fault in faults:
        match list(fault.path):
            case [field, int(place), *_] if field == FIELD:
                broken.setdefault(place, fault)
            case _:
                whole = whole or fault.as_error()
    return broken, whole


def whom_about(student: Any, owners: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Whom of those asked about a student is, by the current number and all former ones."""
    profile = student.get("personProfil") if isinstance(student, dict) else None
    if not isinstance(profile, dict):
        return []
    history = profile.get("fodselsnummerhistorikk")
    changes = [each for each in history if isinstance(each, dict)] if isinstance(history, list) else []
    numbers = [profile.get("fodselsnummer")]
    numbers += [number for each in changes for number in (each.get("nyttFodselsnummer"), each.get(_FORMER))]
    refs = (ref for number in numbers if isinstance(number, str) for ref in owners.get(number, ()))
    return list(dict.fromkeys(refs))


def id_of(student: Student) -> str:
    found = student.get("id") if isinstance(student, dict) else None
    if not isinstance(found, str):
        raise not_understood("a student without an id")
    return found


def nodes_of(page: Any) -> list[Any]:
    nodes = page.get("nodes") if isinstance(page, dict) else None
    if not isinstance(nodes, list):
        raise not_understood("a page without results")
    return nodes


def mark_after(page: Any) -> str | None:
    """The mark after which the next page begins, None when this is the last."""
    info = page.get("pageInfo")
    if not isinstance(info, dict) or info.get("hasNextPage") is None:
        raise not_understood("a page that does not tell whether it is the last")
    if not info["hasNextPage"]:
        return None
    after = info.get("endCursor")
    if not isinstance(after, str):
        raise not_understood("a page without its mark")
    return after


def payload_of(students: Sequence[Student]) -> bytes:
    """What is kept. The same facts give the same bytes: a server keeps to the order of the query's fields (GraphQL
    7.2.2), and sorting them again would cost more than the rest."""
    return to_json({"protocol": PROTOCOL, "students": students})


def listed_institution(data: Mapping[str, Any]) -> shapes.Organisation | None:
    listed = data.get("resultater")
    nodes: Iterator[Any] = iter(listed.get("nodes") or ()) if isinstance(listed, dict) else iter(())
    found = next((each.get("larested") for each in nodes if isinstance(each, dict)), None)
    return TypeAdapter(shapes.Organisation).validate_python(found) if found else None
