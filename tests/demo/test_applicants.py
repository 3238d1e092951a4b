"""The demo's applications come in as anybody's do."""

from collections import Counter

from webapp.config import Settings
from webapp.demo import DEMO_PERSON, demo_admissions, demo_applications
from webapp.intake.applying import take_in_admissions, take_in_applications
from webapp.model import Tally
from webapp.store import Store, applications, people
from world import NOW


def test_they_come_in_and_twice_changes_nothing(store: Store, settings: Settings) -> None:
    take_in_admissions(store, settings, enumerate(demo_admissions(NOW), 1), NOW)
    first, second = (take_in_applications(store, settings, enumerate(demo_applications(NOW), 1), NOW) for _ in range(2))
    assert first.complaints == ()
    assert (first.people, second.people) == (Tally(500, 0, 0), Tally(0, 0, 500))
    assert 500 < first.applications.new == second.applications.unchanged < 600
    person = people.person_with_number(store.db, DEMO_PERSON.number)
    assert person is not None
    (application,) = applications.applications_of(store.db, person.id)
    assert application.has_consent(NOW)


def test_some_have_no_consent_and_some_took_it_back() -> None:
    consents = Counter(
        (bool(each.consent_given_at), bool(each.consent_withdrawn_at)) for each in demo_applications(NOW)
    )
    assert consents[True, False] > 10 * consents[True, True] > 0
    assert consents[False, False] > 0
