"""Each door opens for the roles that it is for, and for nobody else."""

import pytest

from lent_screens import screens_of
from signing_in import browser_of, with_sign_in
from webapp.house import House
from webapp.model import Person, Role
from webapp.web.doors import DOORS


def test_every_route_has_a_rule_and_every_rule_a_route(house: House) -> None:
    assert {rule.endpoint for rule in screens_of(house).url_map.iter_rules()} == set(DOORS)


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.READER, 200),
        (Role.CASEWORKER, 200),
        (Role.CASE_ADMINISTRATOR, 200),
        (Role.SYSTEM_ADMINISTRATOR, 403),
        (Role.AUDITOR, 403),
    ],
)
def test_a_person_is_shown_to_those_who_may_see(house: House, kari: Person, role: Role, status: int) -> None:
    assert browser_of(with_sign_in(house), role).get(f"/people/{kari.id}").status_code == status


def test_a_stranger_sees_nothing(house: House, kari: Person) -> None:
    answer = browser_of(with_sign_in(house)).get(f"/people/{kari.id}")
    assert (answer.status_code, answer.location) == (302, f"/sign-in?next=/people/{kari.id}")
    assert "Nordmann" not in answer.text
