"""A person's whole file (GDPR art. 15): everything that is kept about one person, as JSON and with the documents."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from webapp.store import Store, as_text, institutions, whole_person

#: What the shape of the file is called; docs/privacy.md describes it.
FORMAT = "eksternstudium-person/1"
#: The columns that name an institution by its number.
_INSTITUTIONS = ("institution", "source", "under")


@dataclass(frozen=True)
class WholeFile:
    """The rows of each section, and the institutions that they name by number."""

    made_at: datetime
    institutions: Mapping[int, Mapping[str, str]]
    sections: Mapping[str, Sequence[Mapping[str, Any]]]


def whole_file(store: Store, person_id: int, now: datetime) -> WholeFile:
    """Everything that is kept about a person now."""
    sections = whole_person.whole_person(store.db, person_id)
    rows = [row for section in sections.values() for row in section]
    rows = [row for section in sections.values() for row in section]
    named = {row[column] for row in rows for column in _INSTITUTIONS if row.get(column)}
    known = institutions.choices(store.db)
    return WholeFile(now, {number: dict(known[number]) for number in sorted(named & known.keys())}, sections)


def as_json(file: WholeFile) -> str:
    """The file as JSON."""
    said = {
        "format": FORMAT,
        "made_at": as_text(file.made_at),
        "institutions": {str(number): name for number, name in file.institutions.items()},
        **file.sections,
    }
    return json.dumps(said, ensure_ascii=False, indent=1)


def as_zip(store: Store, person_id: int, file: WholeFile) -> bytes:
    """The file as JSON in a ZIP, with the answers as they came by their hashes, and the uploads that wait."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr("person.json", as_json(file))
        for name, body in whole_person.bodies(store.db, person_id):
            archive.writestr(name, body)
    return packed.getvalue()
