"""People with a protected address: only case administrators open what is about them, and see who they are. This is the
one place that decides."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Flask, request

from webapp.model import Person, Right
from webapp.store import protection
from webapp.web.access import NotAllowed
from webapp.web.current import house, may
from webapp.web.doors import DOORS
from webapp.web.language import gettext


class ProtectedPerson(NotAllowed):
    """Somebody wants to open what is about a person whom only case administrators may see."""


def keep_protected(app: Flask) -> None:
    """Ask at every door whom it leads to."""
    app.before_request(_meet)


def _meet() -> None:
    if may(Right.ADMINISTER_CASES) or DOORS.get(request.endpoint or "") is Right.OPEN:
        return
    # A list that is asked for with ?person_id is about the person as much as an address with the id in it.
    about = {"person_id": person} if (person := request.args.get("person_id", type=int)) else {}
    demand_open(**(about | (request.view_args or {})))


def demand_open(**named: object) -> None:
    """Turn away, with ProtectedPerson, who may not open what these are about (the names of store.protection.BEHIND)."""
    if not may(Right.ADMINISTER_CASES) and protection.is_protected(house().store.db, named):
        raise ProtectedPerson


def demand_seen(person: Person | None) -> None:
    """The same of a person who was found, if anybody was."""
    if person is not None and is_hidden(person):
        raise ProtectedPerson


def is_hidden(person: Person) -> bool:
    """Whether the reader may not know who this is."""
    return person.protected_address and not may(Right.ADMINISTER_CASES)


def is_hidden_row(row: Mapping[str, Any]) -> bool:
    """The same of a row that has `protected_address`; one that has it not is about nobody."""
    return bool(row.get("protected_address")) and not may(Right.ADMINISTER_CASES)


def shown_people(people: Sequence[int]) -> Sequence[int]:
    """Those of whom the reader may know who they are, by their ids."""
    return people if may(Right.ADMINISTER_CASES) else protection.unprotected(house().store.db, people)


def hidden_name() -> str:
    """What stands for such a person in a list."""
    return gettext("Skjermet person")
