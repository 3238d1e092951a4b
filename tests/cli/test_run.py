"""`eksternstudium run`, over HTTP to a provider, as somebody in a terminal or a program sees it."""

import json
import signal
import subprocess
from collections.abc import Callable
from datetime import datetime

import pytest

from mail_server import Postbox, mail_server
from run_instance import AUTUMN, LIN_NUMBER, RunWorld
from webapp.cli import run_work
from webapp.config import Settings
from webapp.fetching import nightly, pace
from webapp.fetching.run_lock import run_lock
from webapp.model import Run, RunKind, RunState, RunWish
from webapp.store import Store, runs
from world import KARI_NUMBER, NOW, OLA_NUMBER, UIB, UIO, UIT

Start = Callable[..., subprocess.Popen[str]]
FRIDAY = "2026-11-27T20:00"
MAIL = """[mail]
server = "127.0.0.1"
security = "none"
sender = "fs@example.no"
subscribers = ["opptak@example.no"]
address = "https://eksternstudium.example.no"
"""


def counts(institution: int, **more: int) -> dict[str, int | None]:
    names = ["asked", "found", "nothing", "unchanged", "failed", "no_consent", "not_shared", "mismatch", "awaited"]
    return {"institution": institution, **dict.fromkeys(names, 0), "off": None, **more}


LEFT_OUT = {"phase": 1, "cut-off": 0, "no-consent": 1, "protected": 0, "number": 0, "already-asked": 0}


def test_a_run_as_json(world: RunWorld) -> None:
    report = world.report("full", "--at", FRIDAY)
    assert isinstance(report.pop("seconds"), float)
    assert report == {
        "run": 1,
        "kind": "full",
        "scheduled_for": "2026-11-27T20:00:00+01:00",
        "state": "complete",
        "ordered": 2,
        "people": 2,
        "left_out": LEFT_OUT,
        "sources": [
            counts(UIT, asked=2, not_shared=2),
            counts(UIB, asked=2, nothing=2),
            counts(UIO, asked=2, found=1, nothing=1),
        ],
        "changed_people": 1,
    }


def test_a_dry_run_orders_for_nobody(world: RunWorld) -> None:
    report = world.report("full", "--at", FRIDAY, "--dry-run")
    assert isinstance(report.pop("seconds"), float)
    assert report == {
        "run": None,
        "kind": "full",
        "scheduled_for": "2026-11-27T20:00:00+01:00",
        "state": "dry-run",
        "ordered": 2,
        "people": 2,
        "left_out": LEFT_OUT,
        "sources": [],
        "changed_people": 0,
    }
    assert world.all_runs() == []
    assert not world.asked.is_set()


@pytest.mark.parametrize("dry", [["--dry-run"], []])
@pytest.mark.parametrize(
    ("at", "ordered", "left_out"),
    [
        ("2020-11-24T20:00", 1, {"phase": 1, "no-consent": 2}),  # the day before Lin's consent
        ("2027-08-31T23:59", 2, {"phase": 1, "no-consent": 1}),
        ("2027-09-01T00:00", 0, {"phase": 1, "cut-off": 3}),
        ("2027-08-31T23:00+00:00", 0, {"phase": 1, "cut-off": 3}),  # after midnight in Oslo
    ],
)
def test_the_rules_are_judged_at_the_instant(
    world: RunWorld, dry: list[str], at: str, ordered: int, left_out: dict[str, int]
) -> None:
    report = world.report("full", "--at", at, *dry)
    said = report["left_out"]
    assert isinstance(said, dict)
    assert (report["ordered"], {gate: count for gate, count in said.items() if count}) == (ordered, left_out)


def test_a_delta_asks_about_new_applicants_alone(world: RunWorld) -> None:
    assert world.report("full", "--at", "2020-11-24T20:00")["ordered"] == 1
    report = world.report("delta", "--at", FRIDAY)
    assert (report["kind"], report["ordered"], report["left_out"]) == ("delta", 1, LEFT_OUT | {"already-asked": 1})


def test_one_admission_alone(world: RunWorld) -> None:
    report = world.report("full", "--at", FRIDAY, "--admission", "2027-vår-lok")
    assert (report["ordered"], report["left_out"]) == (0, dict.fromkeys(LEFT_OUT, 0) | {"phase": 1})


def test_a_table_and_a_sentence_for_people(world: RunWorld) -> None:
    result = world.run("full", "--at", FRIDAY)
    said = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert said[:4] == [
        "Institusjon Spurt Funn Ingen Uendret Feil Ellers",
        "UiT Norges arktiske universit… 2 0 0 0 0 2",
        "Universitetet i Bergen 2 0 2 0 0 0",
        "Universitetet i Oslo 2 1 1 0 0 0",
    ]
    assert "Holdt utenfor, samtykke mangler: 1" in said
    assert said[-1].startswith(
        "Komplett overføring fredag 27.11.2026 kl. 20.00: ferdig. Spurte 2 institusjoner om 2 søkere på "
    )
    assert said[-1].endswith(" 1 søker har nye eller endrede resultater.")


def test_a_dry_run_for_people(world: RunWorld) -> None:
    said = world.run("delta", "--at", FRIDAY, "--dry-run").stdout
    assert said.startswith(
        f"Endringsoverføring fredag 27.11.2026 kl. 20.00 ville bestilt for 2 søknader, 2 personer, i {AUTUMN}.\n"
    )


def test_a_run_that_ended_is_told_of_by_mail(world: RunWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Run] = []

    def fail(store: Store, settings: Settings, run: Run, now: datetime) -> bool:
        told.append(run)
        raise OSError("no route to the mail server")

    monkeypatch.setattr(run_work, "send_digest", fail)
    assert world.report("full", "--at", FRIDAY)["state"] == "complete"
    assert [(run.id, run.state) for run in told] == [(1, RunState.COMPLETE)]


@pytest.mark.slow
def test_what_could_not_be_asked_is_no_error(world: RunWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "DOWN_SECONDS", 0.0)
    toml = (world.instance / "sources.toml").read_text()
    dead = toml.replace(f"/{UIB}", f"/{UIB}/dead")
    (world.instance / "sources.toml").write_text(dead)
    report = world.report("full", "--at", FRIDAY)
    sources = report["sources"]
    assert isinstance(sources, list)
    assert (report["state"], sources[1]) == ("incomplete", counts(UIB, asked=2, failed=2))
    (world.instance / "sources.toml").write_text(toml)
    report = world.report("delta", "--at", FRIDAY)
    sources = report["sources"]
    assert isinstance(sources, list)
    # The others owe nothing and are not asked.
    assert (report["state"], sources) == (
        "complete",
        [counts(UIB, asked=2, nothing=2)],
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["full", "--admission", "2031-HØST-NOM"], "Opptaket 2031-HØST-NOM er ukjent."),
        (["full", "--dry-run", "--admission", "2031-HØST-NOM"], "Opptaket 2031-HØST-NOM er ukjent."),
        (["full", "--at", "fredag"], "Tidspunktet fredag lar seg ikke lese."),
        ([], "Skriv full eller delta"),
        (["--carry-out", "12"], "Kjøring 12 finnes ikke."),
    ],
)
def test_a_wrong_wish_is_one_sentence_and_status_2(world: RunWorld, arguments: list[str], sentence: str) -> None:
    result = world.run(*arguments)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert sentence in result.stderr
    assert world.all_runs() == []


def test_while_another_process_carries_out_a_run_it_is_refused(world: RunWorld) -> None:
    with run_lock(world.instance):
        result = world.run("full", "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "En kjøring er i gang allerede." in result.stderr
    assert world.all_runs() == []


def test_what_was_broken_off_is_carried_through_first(world: RunWorld) -> None:
    with world.store.write() as db:
        runs.add(db, RunWish(RunKind.DELTA, NOW, nightly.PLACED_BY, forced=False))
        runs.add(db, RunWish(RunKind.DELTA, NOW, "kberg", AUTUMN))
        db.execute("UPDATE runs SET state = 'running' WHERE id = 1")
    result = world.run("full", "--at", FRIDAY, "--json")
    assert json.loads(result.stdout)["run"] == 3
    assert result.stderr == "Kjøring 1 ble brutt av. Den gjøres ferdig først.\n"
    assert world.all_runs() == [(1, "delta", "complete"), (2, "delta", "waiting"), (3, "full", "complete")]


@pytest.mark.slow
def test_a_run_that_a_caseworker_stops_is_status_1(world: RunWorld, start: Start) -> None:
    world.answering.clear()
    process = start("run", "full", "--json")
    assert world.asked.wait(20)
    with world.store.write() as db:
        runs.ask_to_stop(db, 1, "kberg")
    out, _ = process.communicate(timeout=12)
    assert (process.returncode, json.loads(out)["state"]) == (1, "stopped")


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_the_same_command_goes_on_with_what_was_broken_off(world: RunWorld, start: Start, end: signal.Signals) -> None:
    world.answering.clear()
    process = start("run", "full", "--at", FRIDAY, "--json")
    assert world.asked.wait(20)
    process.send_signal(end)
    out, complaint = process.communicate(timeout=10)
    if end is signal.SIGTERM:
        assert (process.returncode, json.loads(out)["state"]) == (143, "running")
        assert complaint == "Kjøringen er avbrutt. Den går videre ved neste start.\n"
    assert world.all_runs() == [(1, "full", "running")]
    world.answering.set()
    result = world.run("full", "--at", FRIDAY, "--json")
    report = json.loads(result.stdout)
    assert (report["run"], report["state"], report["ordered"], report["changed_people"]) == (1, "complete", 2, 1)
    assert result.stderr == "Kjøring 1 ble brutt av, og går videre.\n"


def test_the_calendar(world: RunWorld) -> None:
    report = json.loads(world.run("--calendar", "2027", "--json").stdout)
    assert report[:2] == [
        {"at": "2027-01-01T20:00:00+01:00", "kind": "full", "admissions": [AUTUMN]},
        {"at": "2027-01-03T20:00:00+01:00", "kind": "delta", "admissions": [AUTUMN]},
    ]
    assert report[-1] == {"at": "2027-08-31T20:00:00+02:00", "kind": "delta", "admissions": [AUTUMN]}
    lines = world.run("--calendar", "2027").stdout.splitlines()
    assert lines[0] == f"fre. 01.01.2027 20.00  Komplett overføring  {AUTUMN}"
    assert len(lines) == len(report)
    assert world.run("--calendar", "2028", "--json").stdout == "[]\n"


def test_the_number_is_in_no_output(world: RunWorld) -> None:
    said = world.run("full", "--at", FRIDAY).output + world.run("full", "--at", FRIDAY, "--json").output
    assert KARI_NUMBER not in said
    assert "Nordmann" not in said


def test_subscribers_are_told_of_a_run_once_and_of_nobody_in_it(world: RunWorld) -> None:
    postbox, settings = Postbox(), world.instance / "settings.toml"
    before = settings.read_text() if settings.exists() else ""
    with mail_server(postbox) as port:
        settings.write_text(f"{before}\n{MAIL}port = {port}\n")
        world.report("full", "--at", FRIDAY)
        world.report("delta", "--at", FRIDAY)  # about nobody
    message = postbox.only()
    assert message["Subject"] == "FS154.001 27.11.2026: 1 person har endrede resultater"
    everybody = [*world.store.db.execute("SELECT given_names, family_name FROM people").fetchall(), ("N1", "N2")]
    whole = message.as_string()
    secrets = [*(word for names in everybody for word in names), KARI_NUMBER, OLA_NUMBER, LIN_NUMBER]
    assert [secret for secret in secrets if secret in whole] == []
    assert [run.mailed_at is None for run in runs.latest(world.store.db, 9)] == [True, False]
