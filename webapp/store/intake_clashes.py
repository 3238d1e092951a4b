"""Where staged rows contradict each other, or what is stored already."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlite_utils import Database

from webapp.model import Clash
from webapp.store.intake import RENUMBERED, withdrawn


@dataclass(frozen=True)
class Contradiction:
    """A row that cannot be taken in; `other` is the line that it contradicts, None when it is what is stored."""

    clash: Clash
    line: int
    other: int | None


def contradictions(db: Database) -> Iterator[Contradiction]:
    """Every contradiction of the staged rows, after `intake.resolve`."""
    for clash, sql in _QUERIES.items():
        for row in db.query(sql):
            yield Contradiction(clash, row["line"], row["other"])


def _differing(column: str) -> str:
    """Rows about a person that another row says something else of."""
    return f"""SELECT rows.line, first.line AS other FROM (
            SELECT person, min(line) AS line FROM staged_applications WHERE {column} <> ''
            GROUP BY person HAVING min({column}) <> max({column})) AS persons
        JOIN staged_applications AS first ON first.line = persons.line
        JOIN staged_applications AS rows ON rows.person = persons.person
        WHERE rows.{column} <> '' AND rows.{column} <> first.{column}"""


_QUERIES = {
    Clash.APPLICANT_NUMBER_TWICE: """SELECT rows.line, first.line AS other FROM (
            SELECT applicant_number, min(line) AS line FROM staged_applications
            GROUP BY applicant_number HAVING count(*) > 1) AS first
        JOIN staged_applications AS rows USING (applicant_number) WHERE rows.line > first.line""",
    Clash.APPLICANT_NUMBER_TAKEN: """SELECT line, NULL AS other FROM staged_applications AS rows
        JOIN applications AS known USING (applicant_number) WHERE rows.person_id IS NOT known.person_id""",
    # A number has one owner in a file: it is current in one row and former in another, or former of two people.
    Clash.NUMBER_OF_ANOTHER_ROW: """SELECT DISTINCT rows.line, first.line AS other FROM (
            SELECT number, min(line) AS line FROM staged_numbers
            GROUP BY number HAVING min(owner) <> max(owner)) AS shared
        JOIN staged_numbers AS first ON first.line = shared.line AND first.number = shared.number
        JOIN staged_numbers AS rows ON rows.number = shared.number WHERE rows.owner <> first.owner""",
    Clash.NUMBERS_OF_TWO_PEOPLE: """SELECT line, NULL AS other FROM staged_applications WHERE number IN (
            SELECT owner FROM staged_numbers GROUP BY owner HAVING min(person_id) <> max(person_id))""",
    Clash.TWO_CURRENT_NUMBERS: f"""SELECT rows.line, NULL AS other FROM staged_applications AS rows
        JOIN ({RENUMBERED}) AS renumbered USING (person_id, number) WHERE person_id IN (
            SELECT person_id FROM ({RENUMBERED}) GROUP BY person_id HAVING count(*) > 1)""",
    Clash.FAMILY_NAME_DIFFERS: _differing("family_name"),
    Clash.GIVEN_NAMES_DIFFER: _differing("given_names"),
    Clash.PROTECTION_DIFFERS: _differing("protected_address"),
    Clash.WITHDRAWN_BEFORE_GIVEN: f"""SELECT line, NULL AS other FROM staged_applications AS rows
        LEFT JOIN applications AS known USING (applicant_number)
        WHERE {withdrawn()}
            < nullif(coalesce(rows.consent_given_at, known.consent_given_at), '')""",
}
