"""What pages ask for by themselves is sent when it is news."""

import pytest
from flask.testing import FlaskClient

from every_door import fill
from webapp.house import House
from webapp.model import Person
from webapp.store import as_text
from world import NOW, FakeSource


@pytest.mark.parametrize(
    ("address", "change"),
    [
        ("/people/{person_id}/orders/{order_id}/news?waiting=", "UPDATE fetches SET state = 'queued'"),
        ("/jobs/{run_id}/news?was=waiting", "UPDATE runs SET state = 'stopped', finished_at = :now"),
        ("/imports/{import_id}/news", "UPDATE imports SET done = 0.5"),
        ("/people/{person_id}/invitations/news", "UPDATE invitations SET withdrawn_at = :now, withdrawn_by = 'kberg'"),
    ],
)
def test_an_answer_is_sent_once(
    client: FlaskClient, house: House, kari: Person, sources: dict[int, FakeSource], address: str, change: str
) -> None:
    there = fill(house, kari, sources)
    first = client.get(address.format(**there))
    known = {"If-None-Match": first.headers["ETag"]}
    again = client.get(address.format(**there), headers=known)
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    assert again.headers["Cache-Control"] == "private, no-store"
    with house.store.write() as db:
        db.execute(change, {"now": as_text(NOW)} if ":now" in change else {})
    news = client.get(address.format(**there), headers=known)
    assert (news.status_code, news.headers["ETag"] != first.headers["ETag"]) == (200, True)
