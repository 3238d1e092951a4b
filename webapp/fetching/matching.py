"""Whether an answer is about the person who was asked about."""

from dataclasses import dataclass

from webapp.errors import N_, Refusal
from webapp.identity import parse
from webapp.model import Learner, Person
from webapp.names import fold

#: What a birth date that is missing or another counts; letters in which names differ count one each (ELMO.md 4.6).
OTHER_BIRTH_DATE = 100


@dataclass(frozen=True)
class Verdict:
    """Whether it is the same person, and why it is not, in words for the caseworker, marked for translation.

    `score`: how far the birth date and the names are from those of the person: 0 when they are the same, a letter more
    or less in a name is 1, another birth date or none is 100. `agrees`: what speaks for it, in such words.
    """

    same: bool
    reasons: tuple[str, ...]
    score: int = 0
    agrees: tuple[str, ...] = ()


def is_same(person: Person, learner: Learner) -> bool:
    """Whether `compare` finds that it is the same person. A number that is the person's own is not taken apart: it was
    before it was registered."""
    return not set(person.identifiers).isdisjoint(learner.national_identifiers) or compare(person, learner).same


def compare(person: Person, learner: Learner) -> Verdict:
    """Compare number, then birth date and folded name.

    A national identity number decides either way. A source may leave it out (most ELMO files do), and other countries
    have numbers of 11 digits too: then birth date and name must both be there and agree.
    """
    born = person.birth_date is not None and learner.birth_date == person.birth_date
    named = _same_name(person, learner)
    score = 0 if born else OTHER_BIRTH_DATE
    score += _letters_apart(person.family_name, learner.family_name)
    score += _letters_apart(person.given_names, learner.given_names)
    agrees = [N_("Fødselsdatoen stemmer.")] if born else []
    agrees += [N_("Navnet stemmer.")] if named else []
    if numbers := norwegian_numbers(learner):
        if set(numbers).isdisjoint(person.identifiers):
            return Verdict(False, (N_("Nummeret er et annet enn det som ble spurt om."),), score, tuple(agrees))
        return Verdict(True, (), score, (N_("Nummeret er personens."), *agrees))
    reasons = [] if born else [N_("Svaret har ikke nummer, og fødselsdatoen stemmer ikke.")]
    reasons += [] if named else [N_("Svaret har ikke nummer, og navnet stemmer ikke.")]
    return Verdict(not reasons, tuple(reasons), score, tuple(agrees))


def norwegian_numbers(learner: Learner) -> tuple[str, ...]:
    """The learner's national identity numbers that can be Norwegian: those of other countries may look alike."""
    return tuple(number for number in learner.national_identifiers if _is_norwegian(number))


def _is_norwegian(number: str) -> bool:
    try:
        parse(number)
    except Refusal:
        return False
    return True


def _letters_apart(one: str | None, other: str | None) -> int:
    """How many letters must be put in, taken out or changed to make one folded name of the other (Levenshtein)."""
    ours, theirs = fold(one or ""), fold(other or "")
    if ours == theirs:
        return 0
    row = list(range(len(theirs) + 1))
    for place, letter in enumerate(ours, 1):
        before, row = row, [place]
        for column, against in enumerate(theirs, 1):
            row.append(min(before[column] + 1, row[-1] + 1, before[column - 1] + (letter != against)))
    return row[-1]


def _same_name(person: Person, learner: Learner) -> bool:
    """The family name agrees and the given names share one: middle names come and go between institutions."""
    family, given = fold(person.family_name or ""), set(fold(person.given_names or "").split())
    return (
        bool(family)
        and family == fold(learner.family_name or "")
        and not given.isdisjoint(fold(learner.given_names or "").split())
    )
