"""Who has applied, as FS holds it: profiles with applications, and what students have consented to."""

from collections.abc import Iterable, Sequence
from typing import Any

from webapp.demo.fs.students import Node, profile_of, term_of
from webapp.errors import Refusal
from webapp.identity import parse
from webapp.model import Admission, ApplicationRecord, Identifier, Learner, Term


class Applicants:
    """People by all numbers that they have or had."""

    def __init__(self, records: Iterable[ApplicationRecord]) -> None:
        self._records: dict[str, list[ApplicationRecord]] = {}
        self._current: dict[str, str] = {}
        for record in records:
            self._records.setdefault(record.number, []).append(record)
            for number in _numbers(record):
                self._current[number] = record.number

    def profiles(self, numbers: Sequence[str]) -> list[Node]:
        """Those with these numbers, each once; unknown ones are absent."""
        current = dict.fromkeys(self._current[number] for number in numbers if number in self._current)
        return [self._profile(self._records[number]) for number in current]

    def consents(self, numbers: Sequence[str]) -> list[Node]:
        """What somebody with these numbers answered, and when: a withdrawal is an answer too."""
        current = {self._current[number] for number in numbers if number in self._current}
        records = [record for number in current for record in self._records[number]]
        return [each for record in records if (each := _consent(record))]

    def _profile(self, records: Sequence[ApplicationRecord]) -> Node:
        first = records[0]
        identifiers = tuple(Identifier("nationalIdentifier", number) for number in _numbers(first))
        learner = Learner(identifiers, first.given_names, first.family_name, _birth_date(first.number))
        nodes = [_application(record) for record in records]

        def applications(_: Any, filter: Node | None = None, first: int = 100, after: str | None = None) -> Node:
            return {"nodes": nodes, "pageInfo": {"hasNextPage": False}, "totalCount": len(nodes)}

        return profile_of(learner, ()) | {"fsSoknader": applications}


def _numbers(record: ApplicationRecord) -> Sequence[str]:
    return (record.number, *(record.former_numbers or "").split())


def _birth_date(number: str) -> Any:
    try:
        return parse(number).birth_date
    except Refusal:
        return None


def _application(record: ApplicationRecord) -> Node:
    parts = Admission.parts_of(record.admission)
    year, season, kind = parts if parts else (None, None, None)
    return {
        "sokernummer": record.applicant_number,
        "opptak": {
            "id": record.admission,
            "opptakstype": {"kode": kind},
            "termin": term_of(Term(year, season)) if year and season else None,
        },
    }


def _consent(record: ApplicationRecord) -> Node | None:
    answered = record.consent_withdrawn_at or record.consent_given_at
    if not answered:
        return None
    given = not record.consent_withdrawn_at
    return {"gittSamtykke": given, "svartidspunkt": answered, "samtykkekrav": {"aktiv": True}}
