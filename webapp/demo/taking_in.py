"""The network's people in an instance, so that its screens have something to show."""

from webapp.demo.applicants import demo_admissions, demo_applications
from webapp.demo.people import DEMO_PERSON, demo_people
from webapp.house import House
from webapp.identity import parse
from webapp.intake.applying import take_in_admissions, take_in_applications
from webapp.store import admissions, people


def take_in_people(house: House) -> None:
    """Register everybody in the network, and the admissions that they have applied to, where that is not done yet."""
    with house.store.write() as db:
        if people.person_with_number(db, DEMO_PERSON.number) is None:
            for person in demo_people():
                numbers = [parse(number) for number in person.identifiers]
                people.register(db, numbers, person.given_names, person.family_name, house.clock())
    if not admissions.admissions(house.store.db):
        now = house.clock()
        take_in_admissions(house.store, house.settings, enumerate(demo_admissions(now), 1), now)
        take_in_applications(house.store, house.settings, enumerate(demo_applications(now), 1), now)
