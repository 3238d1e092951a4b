"""An instance in which every resource of the API has something to show."""

from collections.abc import Callable
from datetime import date

import pytest

from runs import planned
from webapp.fetching.reporting import register
from webapp.house import House
from webapp.intake.applying import take_in_applications
from webapp.model import Admission, Alternative, ApplicationRecord, Origin, Outcome, Person, Reply, Season
from webapp.sources.elmo import write
from webapp.store.admissions import remember_admission
from world import KARI_NUMBER, NOW, OLA_NUMBER, UIB, UIO, FakeSource, bachelor, course, found

NOM = Admission(2027, Season.AUTUMN, "NOM", "Nasjonalt opptak", True, date(2027, 3, 1))
KARIS, OLAS = "27001", "27002"


@pytest.fixture
def applied(house: House, kari: Person) -> Person:
    """Kari, when she and Ola have applied: she with a consent."""
    with house.store.write() as db:
        remember_admission(db, NOM)
    records = [
        ApplicationRecord(
            KARIS,
            KARI_NUMBER,
            NOM.code,
            consent_given_at="2026-11-01T12:00+01:00",
            alternatives=(Alternative(1, "BIO", "Biologi"),),
        ),
        ApplicationRecord(OLAS, OLA_NUMBER, NOM.code, family_name="Nordmann", given_names="Ola"),
    ]
    take_in_applications(house.store, house.settings, list(enumerate(records, 1)), NOW)
    return kari


@pytest.fixture
def world(house: House, applied: Person, sources: dict[int, FakeSource], fetched: Callable[[], int]) -> int:
    """The id of an order about Kari: UiO has results, UiB answers about somebody else, UiT has nothing. Since then she
    has reported new results."""
    sources[UIO].answer = found(bachelor(), course("BIO100"), course("GEO1", credits=None))
    about_ola = found(course("MAT1"), number=OLA_NUMBER, institution=UIB).transcript
    assert about_ola
    sources[UIB].answer = Reply(Outcome.FOUND, about_ola, payload=write(about_ola, NOW))
    order_id = fetched()
    # A run goes on that orders for Kari and leaves Ola out.
    planned(house.store, house.settings)
    register(house.store, applied, Origin("kberg", "person"), NOW)
    return order_id
