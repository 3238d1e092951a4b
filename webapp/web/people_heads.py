"""The head of every page about a person: who it is, and the tabs of the person or of one institution's row."""

from dataclasses import dataclass
from typing import Any

from flask import abort, url_for

from webapp.fetching.inviting import portal_source
from webapp.model import Person, Right
from webapp.store import institutions, people
from webapp.web.current import house, may
from webapp.web.language import gettext
from webapp.web.people_rows import person_row
from webapp.web.rights import may_see_answers
from webapp.web.traced import about
from webapp.web.words import text_of


@dataclass(frozen=True)
class Tab:
    """A tab: where it leads, its name, and whether the page is it."""

    href: str
    name: str
    here: bool


def known_person(person_id: int) -> Person:
    """The person with this id; 404 when there is none."""
    person = people.person(house().store.db, person_id) or abort(404)
    about(person.id)
    return person


def known_institution(institution: int) -> str:
    """The name of the institution with this number; 404 when there is none."""
    return text_of(institutions.choices(house().store.db).get(institution) or abort(404))


def head_of(person: Person, here: str, institution: int | None = None) -> dict[str, Any]:
    """What the head of a page needs; `here` is the page's tab, `institution` the row that it is about."""
    shown = {"person": person_row(person), "tabs": person_tabs(person.id, here), "institution_name": "", "subtabs": ()}
    if institution is not None:
        shown["tabs"] = person_tabs(person.id, "")
        shown["institution_name"] = known_institution(institution)
        shown["subtabs"] = study_tabs(person.id, institution, here)
    return shown


def person_tabs(person_id: int, here: str) -> tuple[Tab, ...]:
    """The tabs of a person."""
    tabs = {
        "show": ("person.show", gettext("Resultater")),
        "changes": ("log.of_person", gettext("Endringer")),
        "orders": ("asked.of_person", gettext("Bestillinger")),
        "evidence": ("evidence.latest", gettext("Kildebevis")),
        "consents": ("consents.of_person", gettext("Samtykke")),
    }
    if invites():
        tabs["invitations"] = ("invitations.of_person", gettext("Be studenten levere"))
    if may(Right.ADMINISTER_CASES):
        tabs["file"] = ("person_file.show", gettext("Personvern"))
        tabs["looks"] = ("person_trace.show", gettext("Hvem har sett"))
    return tuple(Tab(url_for(to, person_id=person_id), name, key == here) for key, (to, name) in tabs.items())


def invites() -> bool:
    """Whether students can be asked to deliver from a portal."""
    return portal_source(house().settings) is not None


def study_tabs(person_id: int, institution: int, here: str = "show") -> tuple[Tab, ...]:
    """The tabs of an institution's row; Resultater is the row itself on the person's page."""
    tabs = {
        "changes": ("log.of_study", gettext("Endringer")),
        "orders": ("asked.of_study", gettext("Bestillinger")),
        "answer": ("asked.answer_of_study", gettext("Svaret som det kom")),
        "evidence": ("evidence.of_study", gettext("Kildebevis")),
    }
    if not may_see_answers():
        del tabs["answer"]
    results = url_for("person.show", person_id=person_id, open=institution, _anchor=f"study-{institution}")
    others = (
        Tab(url_for(to, person_id=person_id, institution=institution), name, key == here)
        for key, (to, name) in tabs.items()
    )
    return (Tab(results, gettext("Resultater"), False), *others)
