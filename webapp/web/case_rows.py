"""Recognition cases ready to be shown: on their own pages, and on the page of their person."""

from dataclasses import dataclass

from webapp.model import Case
from webapp.store import cases
from webapp.web.current import house
from webapp.web.labels import case_status_name, case_type_name
from webapp.web.words import moment_of


@dataclass(frozen=True)
class CaseRow:
    """A case; type and status are the codes of FS, with words beside them."""

    id: int
    person_id: int
    type: str
    type_name: str
    status: str
    status_name: str
    applied: str
    place: str
    responsible: str
    journal_number: str
    application_text: str
    note: str
    created: str
    created_by: str
    changed: str
    changed_by: str
    locked: bool


def case_row(case: Case) -> CaseRow:
    """A case ready to be shown."""
    zone, now = house().settings.zone, house().clock()
    return CaseRow(
        id=case.id,
        person_id=case.person_id,
        type=case.type.value,
        type_name=case_type_name(case.type),
        status=case.status.value,
        status_name=case_status_name(case.status),
        applied=f"{case.applied_on:%d.%m.%Y}",
        place=case.place,
        responsible=case.responsible,
        journal_number=case.journal_number,
        application_text=case.application_text,
        note=case.note,
        created=moment_of(case.created_at, zone, now) if case.created_at else "",
        created_by=case.created_by,
        changed=moment_of(case.changed_at, zone, now) if case.changed_at else "",
        changed_by=case.changed_by,
        locked=case.locked,
    )


def person_cases(person_id: int) -> tuple[CaseRow, ...]:
    """A person's cases, for _person_cases.html."""
    return tuple(case_row(case) for case in cases.cases_of(house().store.db, person_id))
