"""The digest of a run: what it says and to whom, that it says nothing about anybody, and that it goes out once."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from lxml import html

from mail_server import Postbox, mail_server, with_mail
from webapp.config import Settings
from webapp.mailing import send_digest
from webapp.mailing.digest import Facts, digest
from webapp.mailing.forms import html_of, plain_text_of
from webapp.mailing.tongue import Tongue
from webapp.model import Gate, Person, Run, RunKind, RunSource, RunState, RunWish
from webapp.store import Store, notices, runs
from world import KARI_NUMBER, NOW

PLAIN = """\
FS154.001: komplett overføring 24.11.2026

Kjørt etter planen. Gjelder alle åpne opptak.
Satt til tirsdag 24.11.2026 kl. 09.14. Begynt tirsdag 24.11.2026 kl. 09.14. Avsluttet tirsdag 24.11.2026 kl. 11.14.
Alle er forsøkt spurt om, men noen kilder svarte ikke.

Søknader bestilt for: 1 234
Personer spurt om: 1 200
Personer med endrede resultater: 12
Endringer som ingen har sett: 1

41 søknader er ikke med, og hvorfor:
- saksbehandlingsfasen er ikke J: 40
- samtykke mangler: 1

1 institusjon kunne ikke spørres om alle; nytt forsøk tirsdag 24.11.2026 kl. 20.00:
- Universitetet i Bergen: 1 person

Kjøringen: https://eksternstudium.example.no/jobs/1
Endringer: https://eksternstudium.example.no/changes

--\x20
Sendt automatisk etter kjøringen. E-posten inneholder ingen personopplysninger.
"""


def text_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n").replace("\N{NO-BREAK SPACE}", " ")


def sent(store: Store, settings: Settings, run: Run, postbox: Postbox, **more: object) -> bool:
    with mail_server(postbox) as port:
        return send_digest(store, with_mail(settings, port, **more), run, NOW + timedelta(hours=2))


def test_the_mail_says_what_the_run_did(
    store: Store, settings: Settings, kari: Person, run: Run, postbox: Postbox
) -> None:
    with store.write() as db:
        notices.raise_notice(db, kari.id, [185], NOW)
    assert sent(store, settings, run, postbox)
    assert text_of(postbox.only(), "plain") == PLAIN


def test_its_headers_are_those_of_a_mail_by_a_machine(
    store: Store, settings: Settings, run: Run, postbox: Postbox
) -> None:
    sent(store, settings, run, postbox)
    headers = {name: str(postbox.only()[name]) for name in postbox.only() if not name.startswith(("Content-T", "X-"))}
    assert headers == {
        "From": "Eksternstudium <fs@example.no>",
        "To": "opptak@example.no",
        "Subject": "FS154.001 24.11.2026: 12 personer har endrede resultater, 1 institusjon kunne ikke spørres om alle",
        "Date": "Tue, 24 Nov 2026 10:14:00 +0000",
        "Message-ID": "<run-1-0.https-eksternstudium-example-no@example.no>",
        "Content-Language": "nb",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
    }


def test_the_page_has_the_same_words_and_links(store: Store, settings: Settings, run: Run, postbox: Postbox) -> None:
    sent(store, settings, run, postbox)
    page = html.fromstring(text_of(postbox.only(), "html"))
    assert page.xpath("//a/@href") == [
        f"https://eksternstudium.example.no/jobs/{run.id}",
        "https://eksternstudium.example.no/changes",
    ]
    words = re.findall(r"\w+", text_of(postbox.only(), "plain").replace("https://eksternstudium.example.no", ""))
    shown = " ".join(page.xpath("//body//text()"))
    assert [word for word in words if word not in re.findall(r"\w+", shown)] == ["jobs", "changes"]


def test_subscribers_do_not_see_each_other(store: Store, settings: Settings, run: Run, postbox: Postbox) -> None:
    both = ["a@example.no", "b@example.no"]
    sent(store, settings, run, postbox, subscribers=both)
    assert [(people, message["To"]) for people, message in postbox.received] == [([who], who) for who in both]
    assert not any(other in postbox.received[0][1].as_string() for other in both[1:])
    assert len({message["Message-ID"] for _, message in postbox.received}) == 2


def test_nothing_about_anybody_stands_in_it(
    store: Store, settings: Settings, kari: Person, run: Run, postbox: Postbox
) -> None:
    with store.write() as db:
        db.execute(
            "INSERT INTO admissions (code, year, season, type) VALUES ('2027-VÅR-MASTER', 2027, 'VÅR', 'MASTER')"
        )
        db.execute(
            """INSERT INTO applications (applicant_number, person_id, admission)
            VALUES ('MAS4711', ?, '2027-VÅR-MASTER')""",
            [kari.id],
        )
        db.execute("INSERT INTO run_applicants VALUES (?, ?, 'MAS4711', 'full', NULL)", [run.id, kari.id])
        db.execute("UPDATE runs SET placed_by = 'kberg', forced = 1, stopped_by = 'oli', state = 'stopped'")
    assert sent(store, settings, run, postbox)
    whole = postbox.only().as_string() + text_of(postbox.only(), "plain") + text_of(postbox.only(), "html")
    secrets = ["Kari", "Nordmann", KARI_NUMBER, "03.05.1998", "MAS4711", "kberg", "oli"]
    assert [secret for secret in secrets if re.search(rf"\b{secret}\b", whole)] == []
    assert "Tvangskjørt" in whole


def test_it_goes_out_once(store: Store, settings: Settings, run: Run, postbox: Postbox) -> None:
    with mail_server(postbox) as port:
        told = [send_digest(store, with_mail(settings, port), run, NOW) for _ in range(2)]
    assert told == [True, False]
    assert len(postbox.received) == 1


def test_without_a_server_in_the_settings_nothing_is_sent(store: Store, settings: Settings, run: Run) -> None:
    assert not send_digest(store, settings, run, NOW)


@pytest.mark.parametrize(
    ("kind", "state", "change", "told"),
    [
        (RunKind.DELTA, RunState.COMPLETE, "", False),
        (RunKind.DELTA, RunState.COMPLETE, "UPDATE runs SET ordered = 1", True),
        (RunKind.DELTA, RunState.COMPLETE, "UPDATE runs SET changed_people = 1", True),
        (
            RunKind.DELTA,
            RunState.INCOMPLETE,
            "INSERT INTO run_sources (run_id, institution, failed) VALUES (1, 184, 1)",
            True,
        ),
        (RunKind.DELTA, RunState.SKIPPED, "", True),
        (RunKind.FULL, RunState.COMPLETE, "", True),
        (RunKind.FULL, RunState.RUNNING, "", False),
        (RunKind.FULL, RunState.WAITING, "", False),
    ],
)
def test_a_delta_with_nobody_in_it_is_not_worth_a_mail(
    kind: RunKind,
    state: RunState,
    change: str,
    told: bool,
    store: Store,
    settings: Settings,
    postbox: Postbox,
) -> None:
    with store.write() as db:
        run_id = runs.add(db, RunWish(kind, NOW, "FS154.001", forced=False))
        runs.set_state(db, run_id, state, NOW)
        db.execute(change or "SELECT 1")
    run = runs.run(store.db, run_id)
    assert run is not None
    assert sent(store, settings, run, postbox) is told


def facts(**more: object) -> Facts:
    run = Run(7, RunKind.FULL, RunState.COMPLETE, datetime(2026, 11, 27, 19, tzinfo=UTC), "FS154.001", forced=False)
    return replace(Facts(run, [], 0, 0, None), **more)  # type: ignore[arg-type]


def worded(facts: Facts, settings: Settings, language: str = "nb") -> str:
    said = digest(facts, Tongue(language, settings.zone), "https://x.no")
    return f"{said.subject}\n{plain_text_of(said)}".replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (0, "FS154.001 27.11.2026: ingen har endrede resultater"),
        (1, "FS154.001 27.11.2026: 1 person har endrede resultater"),
        (1234, "FS154.001 27.11.2026: 1 234 personer har endrede resultater"),
    ],
)
def test_one_person_is_not_people(changed: int, sentence: str, settings: Settings) -> None:
    run = replace(facts().run, changed_people=changed)
    assert worded(facts(run=run), settings).splitlines()[0] == sentence


def test_one_application_is_left_out_in_the_singular(settings: Settings) -> None:
    run = replace(facts().run, left_out={Gate.NUMBER: 1})
    assert "1 søknad er ikke med, og hvorfor:\n- nummeret kan ikke brukes: 1\n" in worded(facts(run=run), settings)


def test_what_a_run_that_was_skipped_or_stopped_says(settings: Settings) -> None:
    skipped = worded(facts(run=replace(facts().run, state=RunState.SKIPPED)), settings)
    stopped = worded(facts(run=replace(facts().run, state=RunState.STOPPED)), settings)
    assert "27.11.2026: hoppet over\n" in skipped and "fordi en annen pågikk. Ingen er spurt om." in skipped
    assert "27.11.2026: stoppet, ingen har" in stopped and "stoppet før alle var spurt om." in stopped


def test_more_notices_than_the_menu_counts_and_answers_about_others(settings: Settings) -> None:
    said = worded(facts(unseen=1000, set_aside=2), settings)
    assert "Endringer som ingen har sett: 999+" in said
    assert "Svar om en annen person, lagt til side: 2" in said


def test_without_evenings_those_who_failed_are_asked_in_the_next_run(settings: Settings) -> None:
    failing = [RunSource(184, {"nb": "Universitetet i Bergen", "en": "University of Bergen"}, 9, failed=2)]
    said = worded(facts(failing=failing), settings)
    assert "nytt forsøk ved neste kjøring:\n- Universitetet i Bergen: 2 personer\n" in said


@pytest.mark.parametrize(
    ("language", "day", "institution"),
    [("nn", "fredag", "Universitetet i Bergen"), ("en", "Friday", "University of Bergen")],
)
def test_days_and_institutions_are_in_the_language_of_the_mail(
    language: str, day: str, institution: str, settings: Settings
) -> None:
    failing = [RunSource(184, {"nb": "Universitetet i Bergen", "en": "University of Bergen"}, 9, failed=2)]
    said = worded(facts(failing=failing), settings, language)
    assert f"{day} 27.11.2026" in said and institution in said


def test_the_page_shows_a_name_as_it_is_written(settings: Settings) -> None:
    failing = [RunSource(184, {"nb": "<b>Å & Ø</b>"}, 9, failed=2)]
    page = html.fromstring(html_of(digest(facts(failing=failing), Tongue("nb", settings.zone), "https://x.no")))
    assert "<b>Å & Ø</b>" in page.xpath("//th/text()")
