"""People's names folded for comparison and search."""

import re

from anyascii import anyascii

from webapp.model import Person

_NOT_LETTERS = re.compile(r"[^a-z]+")


def fold(name: str) -> str:
    """A name in lower-case ASCII letters with single blanks: "Bjørn-Åge  Sætre" becomes "bjorn age saetre".

    Institutions spell the same name in different alphabets and with different marks (ELMO issues 82, 59).
    """
    return _NOT_LETTERS.sub(" ", anyascii(name).lower()).strip()


def full_name(person: Person) -> str:
    """A person's name as FS lists write it."""
    return written_name(person.given_names, person.family_name)


def written_name(given_names: str | None, family_name: str | None) -> str:
    """A name as FS lists write it: "Nordmann, Kari", or what there is of it; "" when nothing is known."""
    return ", ".join(part for part in (family_name, given_names) if part)
