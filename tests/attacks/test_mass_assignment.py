"""Fields that a form or a program was never meant to have."""

from datetime import date

import pytest
from flask.testing import FlaskClient

from webapp.house import House
from webapp.identity import make_synthetic
from webapp.model import Person
from webapp.store import orders, people

#: What somebody would like to decide about.
WISHED = {
    "id": "999",
    "person_id": "999",
    "by": "somebody",
    "ordered_by": "somebody",
    "roles": "auditor",
    "run_id": "1",
}


def test_an_order_is_placed_by_who_places_it(house: House, kari: Person, caseworker: FlaskClient) -> None:
    answer = caseworker.post(f"/people/{kari.id}/orders", data={"purpose": "recognition", "reason": "Klage", **WISHED})
    assert answer.status_code in (200, 303)
    order = orders.orders_of(house.store.db, kari.id)[0]
    assert (order.person_id, order.placed_by, order.run_id) == (kari.id, "caseworker", None)


def test_a_person_is_registered_under_the_next_id(house: House, kari: Person, caseworker: FlaskClient) -> None:
    before = people.person(house.store.db, kari.id)
    number = make_synthetic(date(1990, 1, 2), 0)
    data = {"given_names": "Liv", "family_name": "Berg", **WISHED, "number": number, "id": str(kari.id)}
    assert caseworker.post("/people", data=data).status_code == 303
    assert people.person(house.store.db, kari.id) == before


@pytest.mark.parametrize("field", WISHED)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/orders", {"purpose": "recognition", "case_id": 1}),
        ("/api/people", {"number": "", "given_names": "a", "family_name": "b"}),
        ("/api/cases", {"type": "x"}),
        ("/api/people/1/studies/185/results", {"category": "EMNE"}),
    ],
    ids=["order", "person", "case", "row"],
)
def test_no_field_is_taken_that_is_not_described(
    caseworker: FlaskClient, path: str, body: dict[str, object], field: str
) -> None:
    if path == "/api/orders" and field == "person_id":
        field = "person"
    answer = caseworker.post(path, json={**body, field: WISHED.get(field, "1")})
    assert answer.status_code == 422
    assert f"#/{field}" in [each.get("pointer") for each in answer.get_json().get("errors", [])]
