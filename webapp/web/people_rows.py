"""A person as lists and heads show them."""

from dataclasses import dataclass

from webapp.identity import parse
from webapp.model import Person
from webapp.names import full_name
from webapp.web.language import gettext
from webapp.web.protection import hidden_name, is_hidden


@dataclass(frozen=True)
class PersonRow:
    """A person; the numbers themselves are not here: `webapp.web.numbers` shows them to who asks. `hidden`: the reader
    may not know who it is, and nothing leads there."""

    id: int
    name: str
    birth_date: str
    masked: str
    protected_address: bool
    hidden: bool = False


def person_row(person: Person) -> PersonRow:
    """A person ready to be shown."""
    if is_hidden(person):
        return PersonRow(0, hidden_name(), "", "", True, hidden=True)
    return PersonRow(
        id=person.id,
        name=full_name(person) or gettext("Uten navn"),
        birth_date=f"{person.birth_date:%d.%m.%Y}" if person.birth_date else "",
        masked=parse(person.identifiers[0]).masked if person.identifiers else "",
        protected_address=person.protected_address,
    )
