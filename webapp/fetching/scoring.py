"""How far apart a person and the learner of a document are, as EMREX' own student mobility plugin counts it."""

from rapidfuzz.distance import Levenshtein

from webapp.model import Learner, Person, Score
from webapp.names import fold

#: What a birth date counts that is missing or another (ELMO.md 4: emrex-eu/SMP, VerificationServlet).
BIRTH_DATE = 100


def score(person: Person, learner: Learner) -> Score:
    """The distance between a person and a learner; names are folded before their edits are counted."""
    numbers = learner.national_identifiers
    agrees = person.birth_date is not None and person.birth_date == learner.birth_date
    return Score(
        0 if agrees else BIRTH_DATE,
        Levenshtein.distance(fold(person.family_name or ""), fold(learner.family_name or "")),
        Levenshtein.distance(fold(person.given_names or ""), fold(learner.given_names or "")),
        not set(numbers).isdisjoint(person.identifiers) if numbers else None,
    )
