"""What the API takes and gives of applications."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, model_validator

from webapp.model import Alternative, Application, ApplicationRecord, IntakeKind
from webapp.store.applications import LIST
from webapp.web.api.admissions import renamed, texts_of
from webapp.web.api.paging import Page, Paging, sort_pattern
from webapp.web.api.shapes import Day, Id, Instant, Line, Maybe, QueryId, QueryLine, QueryTruth, Shape, YesOrNo
from webapp.web.current import house

#: Applications that may come at once. More are imported as a file.
MOST_AT_ONCE = 1000


class AlternativeShape(Shape):
    """A study programme applied for; `priority` counts from 1."""

    priority: Id
    code: Line
    name: Line = ""


class ApplicationShape(Shape):
    """An application. `unhandled` (Ubehandlet resultat): a fetch changed something and nobody has finished with it.
    `has_consent`: it bears a consent that is given and not withdrawn now. `admitted`: null while nobody has told."""

    applicant_number: str
    person_id: int
    admission: str
    consent_given_at: datetime | None
    consent_withdrawn_at: datetime | None
    has_consent: bool
    unhandled: bool
    fetched_at: datetime | None
    result_changed_at: datetime | None
    finished_at: datetime | None
    finished_by: str | None
    admitted: bool | None


class ApplicationWhole(ApplicationShape):
    """An application with its alternatives."""

    alternatives: list[AlternativeShape]


class Applications(Page[ApplicationShape]):
    """A page of applications."""


class ApplicationFilters(Paging):
    """Which applications are wanted. `fetched_from` and `changed_from` are days."""

    applicant_number: Maybe[Annotated[QueryLine, Field(description="How it begins.")]] = None
    name: Maybe[Annotated[QueryLine, Field(description="The beginnings of the words of a name.")]] = None
    person_id: Maybe[QueryId] = None
    admission: Maybe[QueryLine] = None
    type: Maybe[Annotated[QueryLine, Field(description="The admission's type, as NOM.")]] = None
    consent: Maybe[Annotated[str, Field(pattern="^(given|missing|withdrawn)$")]] = None
    unhandled: Maybe[QueryTruth] = None
    fetched_from: Maybe[Day] = None
    changed_from: Maybe[Day] = None
    sort: Annotated[str, Field(pattern=sort_pattern(LIST))] = "applicant_number"


class ApplicationUpdate(Shape):
    """What is known of an application and its person. What is absent stays as it is, null takes away what is there.

    Times are ISO 8601 and have been. A line of a JSON file of applicants is understood too.
    """

    number: Annotated[Line, Field(description="The current national identity number.")]
    former_numbers: Maybe[Annotated[Line, Field(description="Those before it, separated by blanks.")]] = None
    family_name: Maybe[Line] = None
    given_names: Maybe[Line] = None
    admission: Line
    consent_given_at: Line | None = None
    consent_withdrawn_at: Line | None = None
    protected_address: Maybe[YesOrNo] = None
    admitted: YesOrNo | None = None
    alternatives: Maybe[Annotated[list[AlternativeShape], Field(max_length=100)]] = None

    @model_validator(mode="before")
    @classmethod
    def _of_file(cls, given: Any) -> Any:
        return renamed(given, IntakeKind.APPLICATIONS)

    def record(self, applicant_number: str) -> ApplicationRecord:
        """The same as it is taken in."""
        named = set(type(self).model_fields) - {"alternatives", "applicant_number"}
        alternatives = self.alternatives
        return ApplicationRecord(
            applicant_number,
            alternatives=None
            if alternatives is None
            else tuple(Alternative(each.priority, each.code, each.name) for each in alternatives),
            **texts_of(self, *named),
        )


class NumberedApplication(ApplicationUpdate):
    """An application among many."""

    applicant_number: Line


class ManyApplications(Shape):
    """Applications that come in together: all of them or none."""

    items: Annotated[list[NumberedApplication], Field(min_length=1, max_length=MOST_AT_ONCE)]


class Seen(Shape):
    """What is finished with. `seen`: the `result_changed_at` that the caller has seen; a later change is not."""

    seen: Maybe[Instant] = None


class TallyShape(Shape):
    """How many were new, changed and unchanged."""

    new: int
    changed: int
    unchanged: int


class TakenIn(Shape):
    """What came of applications that came in together."""

    people: TallyShape
    applications: TallyShape


def application_shape(application: Application) -> ApplicationShape:
    """An application as a list has it."""
    return ApplicationShape(
        applicant_number=application.applicant_number,
        person_id=application.person_id,
        admission=application.admission,
        consent_given_at=application.consent_given_at,
        consent_withdrawn_at=application.consent_withdrawn_at,
        has_consent=application.has_consent(house().clock()),
        unhandled=application.unhandled,
        fetched_at=application.fetched_at,
        result_changed_at=application.result_changed_at,
        finished_at=application.finished_at,
        finished_by=application.finished_by,
        admitted=application.admitted,
    )


def application_whole(application: Application) -> ApplicationWhole:
    """An application with its alternatives."""
    alternatives = [
        AlternativeShape(priority=each.priority, code=each.code, name=each.name) for each in application.alternatives
    ]
    return ApplicationWhole(**application_shape(application).model_dump(), alternatives=alternatives)
