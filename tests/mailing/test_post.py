"""The mail server takes the digest over a safe connection, or it does not go; whatever happens, no run fails."""

import socket
from datetime import datetime

import pytest

from mail_server import PASSWORD, REFUSED, USER, Certificate, Postbox, mail_server, with_mail
from webapp.cli.demo import free_port
from webapp.config import Settings
from webapp.mailing import post, send_digest
from webapp.model import Run
from webapp.store import Store, runs
from world import NOW

ACCOUNT = {"user": USER, "password": PASSWORD}


def mailed_at(store: Store, run: Run) -> datetime | None:
    stored = runs.run(store.db, run.id)
    return stored.mailed_at if stored else None


def test_starttls_and_the_account_come_before_the_mail(
    store: Store, settings: Settings, run: Run, postbox: Postbox, trusted: Certificate
) -> None:
    with mail_server(postbox, tls_context=trusted.context, require_starttls=True, auth_required=True) as port:
        assert send_digest(store, with_mail(settings, port, security="starttls", **ACCOUNT), run, NOW)
    assert (postbox.encrypted, mailed_at(store, run)) == ([True], NOW)


def test_a_server_that_is_encrypted_from_the_start_is_spoken_to_so(
    store: Store, settings: Settings, run: Run, postbox: Postbox, trusted: Certificate
) -> None:
    with mail_server(postbox, ssl_context=trusted.context) as port:
        assert send_digest(store, with_mail(settings, port, security="tls"), run, NOW)
    assert len(postbox.received) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    security: str,
    store: Store,
    settings: Settings,
    run: Run,
    postbox: Postbox,
    certificate: Certificate,
    caplog: pytest.LogCaptureFixture,
) -> None:
    how = {"tls": "ssl_context", "starttls": "tls_context"}[security]
    with mail_server(postbox, **{how: certificate.context}) as port:
        assert not send_digest(store, with_mail(settings, port, security=security), run, NOW)
    assert (postbox.received, mailed_at(store, run)) == ([], None)
    assert "certificate verify failed" in caplog.text


def test_a_server_without_starttls_gets_nothing_in_the_open(
    store: Store, settings: Settings, run: Run, postbox: Postbox
) -> None:
    with mail_server(postbox) as port:
        assert not send_digest(store, with_mail(settings, port, security="starttls"), run, NOW)
    assert postbox.received == []


def test_a_wrong_password_is_told_without_it(
    store: Store, settings: Settings, run: Run, postbox: Postbox, trusted: Certificate, caplog: pytest.LogCaptureFixture
) -> None:
    with mail_server(postbox, tls_context=trusted.context, auth_required=True) as port:
        wrong = with_mail(settings, port, security="starttls", user=USER, password="feil-passord")
        assert not send_digest(store, wrong, run, NOW)
    assert f"run-{run.id}: 1 of 1 subscribers got no mail: SMTPAuthenticationError 535" in caplog.text
    assert "feil-passord" not in caplog.text + repr(wrong)


def test_a_subscriber_who_is_refused_does_not_keep_it_from_the_others(
    store: Store, settings: Settings, run: Run, postbox: Postbox, caplog: pytest.LogCaptureFixture
) -> None:
    with mail_server(postbox) as port:
        three = with_mail(settings, port, subscribers=["a@example.no", REFUSED, "b@example.no"])
        assert send_digest(store, three, run, NOW)
    assert [people for people, _ in postbox.received] == [["a@example.no"], ["b@example.no"]]
    assert "1 of 3 subscribers got no mail: SMTPRecipientsRefused" in caplog.text
    assert REFUSED not in caplog.text


def test_a_run_whose_only_subscriber_is_refused_was_not_mailed(
    store: Store, settings: Settings, run: Run, postbox: Postbox
) -> None:
    with mail_server(postbox) as port:
        assert not send_digest(store, with_mail(settings, port, subscribers=[REFUSED]), run, NOW)
    assert mailed_at(store, run) is None


def test_a_server_that_is_down_is_logged(
    store: Store, settings: Settings, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    assert not send_digest(store, with_mail(settings, free_port(0)), run, NOW)
    assert "1 of 1 subscribers got no mail: ConnectionRefusedError" in caplog.text


@pytest.mark.parametrize("security", ["none", "tls"])
def test_a_server_that_hangs_is_given_up(
    security: str,
    store: Store,
    settings: Settings,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(post, "STEP_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not send_digest(store, with_mail(settings, silent.getsockname()[1], security=security), run, NOW)
    assert "timed out" in caplog.text


def test_a_name_that_no_server_can_have_is_logged(
    store: Store, settings: Settings, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    assert not send_digest(store, with_mail(settings, 25, server="smtp..example.no"), run, NOW)
    assert "UnicodeError" in caplog.text
