"""What is sent to Sentry, seen by a transport of our own: where the program failed, and nothing of whom."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from flask import Flask, request
from sentry_sdk.transport import Transport

from webapp import sentry
from webapp.errors import Refusal
from webapp.house import House
from webapp.log_lines import TAKEN_OUT
from webapp.web.factory import create_app

DSN = "https://key@sentry.example.no/1"
NAME, APPLICATION, TOKEN = SECRETS = ("Nordmann", "NOM1001", "a-secret")
#: What looks like a number, and is nobody's: the suite looks at all that is logged.
NUMBER = "12345678901"


class Kept(Transport):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Any) -> None:
        self.events.extend(item.payload.json for item in envelope.items)


@pytest.fixture
def kept() -> Iterator[Kept]:
    kept = Kept()
    sentry.begin(DSN, transport=kept)
    yield kept
    sentry_sdk.init()


def fail_about(name: str) -> None:
    local = name.upper()
    raise LookupError(f"{local} {name} is gone")


def secrets_in(event: dict[str, Any]) -> list[str]:
    """What of the secrets is in an event, in whatever case."""
    sent = json.dumps(event).lower()
    return [secret for secret in (*SECRETS, NUMBER) if secret.lower() in sent]


def test_an_error_is_sent_with_its_place_in_the_code_alone(kept: Kept) -> None:
    sentry_sdk.set_user({"username": NAME})
    try:
        fail_about(NAME)
    except LookupError:
        log = logging.getLogger("webapp.apart")
        log.exception("application %s failed", APPLICATION, extra={"who": NAME, "token": TOKEN})
    (event,) = kept.events
    (thrown,) = event["exception"]["values"]
    assert (thrown["type"], event["logentry"]) == ("LookupError", {"message": "application %s failed"})
    assert thrown["stacktrace"]["frames"][-1]["function"] == "fail_about"
    assert secrets_in(event) == []


def test_a_number_within_the_words_is_taken_out(kept: Kept) -> None:
    logging.getLogger("webapp.apart").error(f"{NUMBER} failed")
    (event,) = kept.events
    assert event["logentry"] == {"message": f"{TAKEN_OUT} failed"}


def test_a_request_that_fails_is_sent_without_what_was_asked(kept: Kept, house: House) -> None:
    app: Flask = create_app(house)
    app.view_functions["search.search"] = lambda: fail_about(request.form["wanted"])
    shown = {"Cookie": f"x={TOKEN}", "Referer": f"http://localhost/{TOKEN}"}
    app.test_client().post(f"/search?of={TOKEN}", data={"wanted": NAME}, headers=shown)
    (event,) = kept.events
    assert event["logentry"] == {"message": "search.search failed within"}
    assert secrets_in(event) == []


def test_warnings_and_what_led_there_are_not_sent(kept: Kept) -> None:
    logging.getLogger("webapp.apart").warning("a source failed")
    assert kept.events == []


def test_nothing_is_sent_where_nothing_is_set(house: House) -> None:
    assert house.settings.settings.monitoring.sentry_dsn is None
    assert not sentry_sdk.is_initialized() or sentry_sdk.get_client().dsn is None


def test_who_lacks_the_library_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(sentry, "import_module", lacking)
    with pytest.raises(Refusal, match=r"Installer eksternstudium\[sentry\]"):
        sentry.begin(DSN)
