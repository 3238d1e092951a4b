"""Whom a document is about."""

from dataclasses import replace

from webapp.model import Identifier, Learner
from webapp.sources.elmo.findings import FindingCode, Findings
from webapp.sources.elmo.nodes import Parts, first_text, text_of, typed_texts
from webapp.sources.elmo.terms import read_date

NATIONAL = "nationalIdentifier"


def read_learner(found: Parts, findings: Findings) -> Learner:
    """The learner as the parts of their element describe them; the birth date is `bday`, in ELMO 2.0 `dateOfBirth`."""
    birth_date = None
    for node in (*found.get("bday", ()), *found.get("dateOfBirth", ())):
        raw = text_of(node)
        if raw is not None and (birth_date := read_date(raw)) is None:
            findings.note(FindingCode.UNREADABLE_DATE, node[0])
        if birth_date is not None:
            break
    return Learner(
        identifiers=tuple(dict.fromkeys(Identifier(*pair) for pair in typed_texts(found.get("identifier")))),
        given_names=first_text(found.get("givenNames")),
        family_name=first_text(found.get("familyName")),
        birth_date=birth_date,
    )


def is_norwegian(found: Parts) -> bool:
    """Whether the learner's citizenship (in the purl form an identifier called nationality) is Norwegian."""
    nationality = dict(typed_texts(found.get("identifier"))).get("nationality")
    return "NO" in (first_text(found.get("citizenship")), nationality)


def padded(learner: Learner) -> Learner:
    """The learner with national identity numbers that lost their leading zero on the way given it back."""
    return replace(
        learner,
        identifiers=tuple(
            Identifier(i.type, i.value.zfill(11))
            if i.type == NATIONAL and len(i.value) == 10 and i.value.isascii() and i.value.isdigit()
            else i
            for i in learner.identifiers
        ),
    )


def same_person(one: Learner, other: Learner) -> bool:
    """Whether two learners in one document are one: by national number, else by birth date and name."""
    if one is other:
        return True
    mine, theirs = _national_numbers(one), _national_numbers(other)
    if mine and theirs:
        return bool(mine & theirs)
    return _name_and_birth(one) == _name_and_birth(other)


def _national_numbers(learner: Learner) -> set[str]:
    return {i.value.zfill(11) for i in learner.identifiers if i.type == NATIONAL}


def _name_and_birth(learner: Learner) -> tuple[object, ...]:
    names = ((name or "").casefold() for name in (learner.given_names, learner.family_name))
    return (learner.birth_date, *names)


def together(one: Learner, other: Learner) -> Learner:
    """What two descriptions of the same person say; the first where both say something."""
    if one is other:
        return one
    return Learner(
        identifiers=tuple(dict.fromkeys(one.identifiers + other.identifiers)),
        given_names=one.given_names or other.given_names,
        family_name=one.family_name or other.family_name,
        birth_date=one.birth_date or other.birth_date,
    )
