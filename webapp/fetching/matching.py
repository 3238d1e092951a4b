"""Whether an answer is about the person who was asked about."""

from dataclasses import dataclass

from webapp.errors import N_
from webapp.model import Learner, Person
from webapp.names import fold


@dataclass(frozen=True)
class Verdict:
    """Whether it is the same person, and the reasons, in words for the caseworker, marked for translation."""

    same: bool
    reasons: tuple[str, ...]


def compare(person: Person, learner: Learner) -> Verdict:
    """Compare number, then birth date and folded name.

    A national identity number decides either way. A source may leave it out (most ELMO files do): then birth date
    and name must both be there and agree.
    """
    numbers = learner.national_identifiers
    if numbers:
        same = not set(numbers).isdisjoint(person.identifiers)
        return Verdict(same, (N_("Nummeret er et annet enn det som ble spurt om."),) if not same else ())
    reasons = []
    if not person.birth_date or learner.birth_date != person.birth_date:
        reasons.append(N_("Svaret har ikke nummer, og fødselsdatoen stemmer ikke."))
    if not _same_name(person, learner):
        reasons.append(N_("Svaret har ikke nummer, og navnet stemmer ikke."))
    return Verdict(not reasons, tuple(reasons))


def _same_name(person: Person, learner: Learner) -> bool:
    """The family name agrees and the given names share one: middle names come and go between institutions."""
    family, given = fold(person.family_name or ""), set(fold(person.given_names or "").split())
    return (
        bool(family)
        and family == fold(learner.family_name or "")
        and not given.isdisjoint(fold(learner.given_names or "").split())
    )
