"""What the log tells of requests: the door and never the address."""

import logging

import pytest
from flask.testing import FlaskClient
from structlog.contextvars import get_contextvars

from webapp.house import House
from webapp.model import Person
from webapp.web.factory import create_app
from webapp.web.request_log import HEADER


@pytest.fixture(autouse=True)
def at_length(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "webapp")


def requests_in(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name == "webapp.web.request_log"]


def test_a_request_is_one_line(client: FlaskClient, kari: Person, caplog: pytest.LogCaptureFixture) -> None:
    client.get(f"/people/{kari.id}?secret=1")
    (record,) = requests_in(caplog)
    assert record.getMessage() == "GET person.show 200"
    assert (record.method, record.endpoint, record.status) == ("GET", "person.show", 200)
    assert 0 < record.seconds < 60


@pytest.mark.parametrize(
    ("method", "address", "line"),
    [
        ("GET", "/set-up/a-secret", "GET set_up.show 404"),
        ("GET", "/a-secret", "GET nowhere 404"),
        ("BREW", "/a-secret", "other nowhere 404"),
    ],
)
def test_what_stands_in_an_address_is_not_told(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, method: str, address: str, line: str
) -> None:
    client.open(address, method=method)
    assert caplog.messages == [line]


def test_what_machines_ask_for_all_the_time_is_no_line(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    for address in ("/healthz", "/readyz", "/metrics", "/static/icons.svg"):
        client.get(address)
    assert requests_in(caplog) == []


def test_all_lines_of_a_request_bear_the_id_that_its_answer_has(house: House) -> None:
    app = create_app(house)
    seen = []
    app.before_request(lambda: seen.append(get_contextvars()["request"]))
    answers = [app.test_client().get("/healthz") for _ in range(2)]
    assert seen == [answer.headers[HEADER] for answer in answers]
    assert seen[0] != seen[1]
    assert "request" not in get_contextvars()


def test_a_fault_is_told_by_its_door(house: House, caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(house)

    def fail() -> str:
        raise LookupError("within")

    app.view_functions["monitoring.lives"] = fail
    assert app.test_client().get("/healthz?secret=1").status_code == 500
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == "monitoring.lives failed within"
    assert record.exc_info
    assert record.exc_info[0] is LookupError
