"""What a program is told of the sources."""

from datetime import datetime, timedelta

from flask.testing import FlaskClient

from webapp.errors import SourceFailure
from webapp.house import House
from webapp.store.source_health import note_answered, note_failed
from world import NOW, UIB, UIO, UIT


def test_the_sources_are_told(client: FlaskClient) -> None:
    told = client.get("/api/sources").get_json()["items"][1]
    expected = {
        "institution": UIO,
        "name": "Universitetet i Oslo",
        "protocol": "elmo-pull",
        "shares": True,
        "enabled": True,
        "seconds": 10.0,
        "state": "unasked",
        "off": None,
        "secret_until": None,
    }
    assert {name: told[name] for name in expected} == expected


def test_each_source_tells_how_it_stands(client: FlaskClient, house: House) -> None:
    with house.store.write() as db:
        note_answered(db, UIO, NOW, 0.256, NOW + timedelta(days=90))
        note_failed(db, UIB, NOW, SourceFailure.UNAVAILABLE, "HTTP status 503")
    items = {each["institution"]: each for each in client.get("/api/sources").get_json()["items"]}
    assert [items[number]["state"] for number in (UIB, UIO, UIT)] == ["down", "ok", "unasked"]
    assert items[UIB]["health"]["failure"] == "unavailable"
    assert datetime.fromisoformat(items[UIB]["health"]["failing_since"]) == NOW
    assert items[UIO]["last_day"] == {"answered": 1, "failed": 0, "median_seconds": 0.256, "p95_seconds": 0.256}
    assert datetime.fromisoformat(items[UIO]["health"]["certificate_until"]) == NOW + timedelta(days=90)
    assert items[UIT]["last_day"]["median_seconds"] is None


def test_a_source_that_is_off_tells_until_when_and_why(client: FlaskClient, house: House) -> None:
    time = {"from": datetime(2026, 11, 24), "until": datetime(2026, 12, 1, 6), "reason": "flytter"}
    sources = [
        type(each).model_validate({**dict(each), "downtime": (time,)}) if each.institution == UIO else each
        for each in house.settings.sources
    ]
    house.settings = house.settings.model_copy(update={"sources": tuple(sources)})
    uio = next(each for each in client.get("/api/sources").get_json()["items"] if each["institution"] == UIO)
    assert (uio["state"], uio["off"]["reason"]) == ("off", "flytter")
    assert datetime.fromisoformat(uio["off"]["until"]).isoformat() == "2026-12-01T06:00:00+01:00"
