"""What ends soon of the sources'."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from certificates import Authority
from webapp.config import Settings
from webapp.fetching.warnings import Ending, Warned, warnings
from webapp.mailing.digest import Facts, digest
from webapp.mailing.tongue import Tongue
from webapp.model import Run, RunKind, RunState
from webapp.source_credentials import ClientCertificate
from webapp.store import Store, source_health
from webapp.web.words import warning_sentence
from world import NOW, UIB, UIO

TODAY = NOW.date()


def with_uio(settings: Settings, **values: object) -> Settings:
    sources = [each.model_copy(update=values) if each.institution == UIO else each for each in settings.sources]
    return settings.model_copy(update={"sources": tuple(sources)})


@pytest.mark.parametrize(("days", "is_told"), [(-400, True), (0, True), (30, True), (31, False)])
def test_a_certificate_is_warned_of_for_the_last_thirty_days(
    store: Store, settings: Settings, days: int, is_told: bool
) -> None:
    with store.write() as db:
        source_health.note_answered(db, UIB, NOW, 0.1, NOW + timedelta(days=days))
    wanted = Warned(UIB, "Universitetet i Bergen", Ending.CERTIFICATE, TODAY + timedelta(days=days), days <= 0)
    assert warnings(store.db, settings, NOW) == ([wanted] if is_told else [])


@pytest.mark.parametrize(("days", "is_past"), [(-1, True), (0, False)])
def test_a_secret_holds_to_the_end_of_its_last_day(store: Store, settings: Settings, days: int, is_past: bool) -> None:
    last = TODAY + timedelta(days=days)
    wanted = Warned(UIO, "Universitetet i Oslo", Ending.SECRET, last, is_past)
    assert warnings(store.db, with_uio(settings, secret_until=last), NOW) == [wanted]


@pytest.mark.parametrize(("days", "is_told"), [(2, True), (31.5, False)])
def test_a_certificate_of_our_own_is_warned_of(
    store: Store, settings: Settings, tmp_path: Path, days: float, is_told: bool
) -> None:
    made = Authority(tmp_path).make("ours", days=days)
    own = ClientCertificate(certificate=made.certificate, key=made.key)
    now = datetime.now(UTC)
    last = (now + timedelta(days=days)).astimezone(settings.zone).date()
    wanted = Warned(UIO, "Universitetet i Oslo", Ending.CLIENT_CERTIFICATE, last, False)
    assert warnings(store.db, with_uio(settings, client_certificate=own), now) == ([wanted] if is_told else [])


def test_a_source_that_is_not_in_use_worries_nobody(store: Store, settings: Settings) -> None:
    assert not warnings(store.db, with_uio(settings, secret_until=TODAY, enabled=False), NOW)


@pytest.mark.parametrize(
    ("what", "is_past", "sentence"),
    [
        (Ending.CERTIFICATE, False, "Kilden UiB: sertifikatet går ut 12.12.2026."),
        (Ending.CERTIFICATE, True, "Kilden UiB: sertifikatet gikk ut 12.12.2026."),
        (Ending.CLIENT_CERTIFICATE, False, "Kilden UiB: vårt eget sertifikat går ut 12.12.2026."),
        (Ending.CLIENT_CERTIFICATE, True, "Kilden UiB: vårt eget sertifikat gikk ut 12.12.2026."),
        (Ending.SECRET, False, "Kilden UiB: hemmeligheten gjelder til og med 12.12.2026."),
        (Ending.SECRET, True, "Kilden UiB: hemmeligheten gjaldt til og med 12.12.2026."),
    ],
)
def test_it_is_said_in_a_sentence(what: Ending, is_past: bool, sentence: str) -> None:
    assert warning_sentence(Warned(UIB, "UiB", what, date(2026, 12, 12), is_past)) == sentence


def test_the_mail_after_a_run_says_it_in_one_line(settings: Settings) -> None:
    run = Run(1, RunKind.DELTA, RunState.COMPLETE, NOW, "FS154.001", ordered=1)
    warned = [
        Warned(UIB, "UiB", Ending.CERTIFICATE, date(2026, 12, 12), False),
        Warned(UIO, "UiO", Ending.SECRET, date(2026, 11, 1), True),
    ]
    tongue = Tongue("nb", settings.zone)
    worded = digest(Facts(run, [], 0, 0, None, warned), tongue, "https://x.example")
    assert worded.sentences[-1] == (
        "Går snart ut, eller har gått ut: UiB (sertifikat, 12.12.2026), UiO (hemmelighet, 01.11.2026)."
    )
