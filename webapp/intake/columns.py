"""The columns that a file may have, and what they are in a record."""

from collections.abc import Mapping
from dataclasses import dataclass

from webapp.model import IntakeKind


@dataclass(frozen=True)
class Columns:
    """The columns of a kind of file: name to the record's field; some must be there."""

    fields: Mapping[str, str]
    needed: tuple[str, ...]

    def name_of(self, field: str) -> str:
        """What a field of the record is called in a file; "" for the whole row."""
        return next((name for name, known in self.fields.items() if known == field), "")


COLUMNS = {
    IntakeKind.APPLICATIONS: Columns(
        {
            "sokernummer": "applicant_number",
            "fodselsnummer": "number",
            "tidligere_fodselsnummer": "former_numbers",
            "etternavn": "family_name",
            "fornavn": "given_names",
            "opptak": "admission",
            "samtykke_gitt": "consent_given_at",
            "samtykke_trukket": "consent_withdrawn_at",
            "sperret_adresse": "protected_address",
            "opptatt": "admitted",
        },
        needed=("sokernummer", "fodselsnummer", "opptak"),
    ),
    IntakeKind.ADMISSIONS: Columns(
        {"opptak": "admission", "navn": "name", "saksbehandlingsfase": "processing_phase", "frist": "deadline"},
        needed=("opptak",),
    ),
}
