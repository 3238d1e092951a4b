"""Every screen in every state, as a table: a new screen is one more line of SCREENS."""

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from threading import Event
from unittest.mock import patch

from playwright.sync_api import Page

from portal import catalogue, entry, played
from runs import planned
from serving import screens_served
from signing import STRANGER, TRUSTED
from webapp.config import Settings, SettingsFile
from webapp.errors import SourceError, SourceFailure, SwitchedOff
from webapp.fetching import fanout as fanout_module
from webapp.fetching.changing_sources import SourceKeeper
from webapp.fetching.fanout import Fanout
from webapp.fetching.ordering import place
from webapp.fetching.reporting import register
from webapp.fetching.run_lock import run_lock
from webapp.house import House
from webapp.identity import make_synthetic, parse
from webapp.institutions import REGISTER
from webapp.model import (
    Act,
    Admission,
    Answer,
    Case,
    CaseStatus,
    CaseType,
    FetchState,
    Institution,
    IntakeKind,
    Invitation,
    LeftOut,
    LeftOutReason,
    Origin,
    Outcome,
    Person,
    Purpose,
    Question,
    Reply,
    Result,
    Right,
    Role,
    RunKind,
    RunState,
    RunWish,
    Season,
    Signature,
    SignatureState,
    Study,
    TraceEntry,
    UserKind,
    VisitEnd,
    VisitOutcome,
)
from webapp.privacy.previewing import compute_anew
from webapp.recognition.cases import include, open_case, set_status
from webapp.source_settings import Downtime, ElmoPullSettings, EmrexSettings, FileSettings, FsGraphqlSettings
from webapp.sources.elmo import write
from webapp.sources.file import FileSource
from webapp.store import (
    Store,
    api_tokens,
    as_text,
    attempts,
    cases,
    invitations,
    people,
    runs,
    trace,
    trace_chain,
    users,
)
from webapp.store.admissions import remember_admission
from webapp.store.answers import keep_payload, record
from webapp.store.applications import finish
from webapp.store.institutions import remember
from webapp.store.source_health import note_answered, note_failed
from webapp.web.factory import create_app
from world import NOTHING, NOW, UIB, UIO, UIT, FakeSource, bachelor, course, found, transcript

NTNU, VOLDA = 194, 223
#: Volda is switched off.
OFF = (Downtime(begins=datetime(2026, 11, 23, 8), until=datetime(2026, 12, 1, 8), reason="flytter database"),)
PLANNED = (Downtime(begins=datetime(2026, 12, 24, 8), until=datetime(2026, 12, 27, 8), reason="Ny utgave"),)
#: Nobody was asked about the first; an order about the second goes on for ever; the third's has ended.
EMPTY, OPEN, DONE = 1, 2, 3
#: New results of this one have been fetched and more reported, on a case too; those of the next cannot be asked for.
REPORTED, LEFT_OUT = 10, "4100009"
APPLICATIONS = 60
#: Runs, in the order in which they are placed.
COMPLETE, INCOMPLETE, STOPPED, RUNNING, WAITING = 1, 2, 3, 4, 5
#: A run with its order log: the first of these was found, an answer about somebody else came for the next, and the last
#: was left out; one institution did not answer.
LOGGED, IN_RUN, ASIDE_IN_RUN, OUT_OF_RUN = 6, 21, 22, 24
#: The application of the person whose order has ended is the first of the list, that of the next is finished.
UNHANDLED, HANDLED = "4100002", "4100003"
BORN = date(1998, 5, 3)
UNKNOWN_NUMBER = make_synthetic(date(1990, 1, 2), 0)
ADMISSION = Admission(2027, Season.AUTUMN, "NOM", "Samordna opptak", True)


#: Invitations of this one stand in every state; these open one, and tell how a visit to a portal went.
INVITED, LINK, SESSION = 11, "link", "session"
PORTALS = 9900
#: The address of this one is protected.
PROTECTED = 12


@dataclass(frozen=True)
class Screen:
    """A screen in a state: where it is, and what a reader does there to bring it about."""

    name: str
    path: str
    do: Callable[[Page], object] = lambda page: None

    def visit(self, page: Page, address: str) -> None:
        """Open it in this state."""
        page.goto(address + self.path)
        self.do(page)


def _type(field: str, text: str) -> Callable[[Page], None]:
    """Type into a field and press Enter."""

    def do(page: Page) -> None:
        page.locator(field).fill(text)
        page.locator(field).press("Enter")
        page.wait_for_load_state()

    return do


def _open(*summaries: str) -> Callable[[Page], None]:
    def do(page: Page) -> None:
        for summary in summaries:
            page.locator(summary).first.click()

    return do


def _wait_for(field: str, text: str) -> Callable[[Page], None]:
    """Wait for what the page asks for by itself; without JavaScript there is nothing to wait for."""

    def do(page: Page) -> None:
        if page.evaluate("typeof htmx") != "undefined":
            page.locator(field, has_text=text).wait_for()

    return do


def _compare(page: Page) -> None:
    _open(".order summary")(page)
    page.get_by_role("link", name="Sammenlign").first.click()
    page.wait_for_url("**/set-aside")


def _decide_without_reason(page: Page) -> None:
    _compare(page)
    page.get_by_label("Begrunnelse").fill(" ")
    page.get_by_role("button", name="Avvis").click()
    page.wait_for_url("**/reject")


def _register_without_name(page: Page) -> None:
    _type("#start-wanted", UNKNOWN_NUMBER)(page)
    page.get_by_label("Fornavn").fill(" ")
    _type("#family-name", "Hansen")(page)


def _press(*buttons: str) -> Callable[[Page], None]:
    def do(page: Page) -> None:
        for button in buttons:
            page.get_by_role("button", name=button).click()
            page.wait_for_load_state()

    return do


def _show_number(page: Page) -> None:
    page.get_by_role("button", name="vis").click()
    page.locator("ul.number:focus").wait_for()


def _erase_with_name(page: Page) -> None:
    """A reason that tells who it was is refused."""
    page.locator("#reason").fill("Kari ba om det")
    page.locator("#sure").check()
    _press("Slett personen")(page)


def _write_nothing(page: Page) -> None:
    page.get_by_role("button", name="Lagre").click()
    page.wait_for_load_state()


def _upload(name: str, content: bytes) -> Callable[[Page], None]:
    def do(page: Page) -> None:
        _open("#upload summary")(page)
        page.locator("#file").set_input_files([{"name": name, "mimeType": "text/xml", "buffer": content}])
        page.get_by_role("button", name="Last opp", exact=True).click()
        page.wait_for_load_state()

    return do


def _brought() -> bytes:
    """What somebody brings of the first person: signed by a stranger, from an issuer without a number."""
    warsaw = Institution(None, {"en": "University of Warsaw", "pl": "Uniwersytet Warszawski"})
    said = transcript(bachelor(), course("ALG1", parent=0), number=make_synthetic(BORN, 0))
    left_out = (LeftOut("ALG2", {"en": "Algebra II"}, LeftOutReason.FAILED),)
    studies = (Study(warsaw, said.studies[0].results), Study(Institution(UIT), (course("BIO1"),)))
    return STRANGER.sign(write(replace(said, studies=studies, left_out=left_out), NOW))


def _try(page: Page) -> None:
    page.get_by_role("button", name="Prøv").click()
    page.locator(".tried .state").wait_for()
    _open(".figures-table summary")(page)


def _save(page: Page) -> None:
    page.get_by_role("button", name="Lagre").click()
    page.locator("[aria-invalid]").first.wait_for()


def _put_off(page: Page) -> None:
    page.get_by_role("button", name="Slå av").click()
    page.locator("[aria-invalid]").first.wait_for()


SCREENS = (
    Screen("start", "/", _open("#day-figures summary")),
    Screen("search", "/search"),
    Screen("search-hits", "/search", _type("#start-wanted", "nordmann")),
    Screen("search-none", "/search", _type("#start-wanted", "xyz")),
    Screen("search-refused", "/search", _type("#start-wanted", "12345")),
    Screen("register", "/search", _type("#start-wanted", UNKNOWN_NUMBER)),
    Screen("register-refused", "/search", _register_without_name),
    Screen("person-empty", f"/people/{EMPTY}"),
    Screen("upload-refused", f"/people/{EMPTY}", _upload("register.json", b'{"emps": []}')),
    Screen("upload-preview", f"/people/{EMPTY}", _upload("vitnemal.xml", _brought())),
    Screen("source-files", f"/sources/{NTNU}/files"),
    Screen("person-open-order", f"/people/{OPEN}", _open(".order summary")),
    Screen("person-done", f"/people/{DONE}", _open(".order summary", ".order .left-out summary")),
    Screen("person-number", f"/people/{DONE}", _show_number),
    Screen("person-consents", f"/people/{DONE}/consents"),
    Screen("withdrawal-refused", f"/applications/{HANDLED}/withdrawal", _press("Noter at samtykket er trukket")),
    Screen("legal-basis", "/privacy/legal-basis"),
    Screen("person-feed-refused", f"/people/{EMPTY}", _press("Hent personopplysninger fra FS")),
    Screen("person-reported", f"/people/{REPORTED}"),
    Screen("application-reported", f"/applications/{LEFT_OUT}"),
    Screen("case-reported", "/cases/3"),
    Screen("person-reports", f"/people/{REPORTED}/orders"),
    Screen("person-row", f"/people/{DONE}", _open(".study-row summary", ".below .left-out summary")),
    Screen("set-aside", f"/people/{DONE}", _compare),
    Screen("set-aside-refused", f"/people/{DONE}", _decide_without_reason),
    Screen("applications", "/applications", _open(".columns summary")),
    Screen("applications-sorted", "/applications?sort=name&down=1"),
    Screen("applications-refused", "/applications", _type("#filter-name", UNKNOWN_NUMBER)),
    Screen("applications-none", "/applications?name=xyz"),
    Screen("applications-nom", "/applications/nom?page=2"),
    Screen("application-unhandled", f"/applications/{UNHANDLED}", _open(".study-row summary")),
    Screen("application-handled", f"/applications/{HANDLED}"),
    Screen("cases", "/cases"),
    Screen("case-pick", "/cases/new", _type("#wanted", "nordmann-2")),
    Screen("case-pick-refused", "/cases/new", _type("#wanted", "12345")),
    Screen("case-form-refused", f"/people/{DONE}/cases/new", _type("#applied_on", "31.02.2026")),
    Screen("case", "/cases/1"),
    Screen("case-studies", "/cases/1/studies"),
    Screen("case-extent", "/cases/1/extent"),
    Screen("case-extent-locked", "/cases/2/extent"),
    Screen("changes", "/changes"),
    Screen("changes-none", "/changes?name=xyz"),
    Screen("changes-marked", "/changes?marked=1&newer=1"),
    Screen("changes-seen", "/changes/seen"),
    Screen("person-changes", f"/people/{DONE}/changes"),
    Screen("person-orders", f"/people/{DONE}/orders"),
    Screen("person-order", f"/people/{DONE}/orders/2"),
    Screen("evidence", f"/people/{DONE}/orders/2/evidence"),
    Screen("evidence-none", f"/people/{EMPTY}/evidence"),
    Screen("study-changes", f"/people/{DONE}/studies/{UIO}/changes"),
    Screen("study-orders", f"/people/{DONE}/studies/{UIO}/orders"),
    Screen("study-answer", f"/people/{DONE}/studies/{UIO}/answer"),
    Screen("study-note", f"/people/{DONE}/studies/{UIO}/note"),
    Screen("by-hand", f"/people/{DONE}/results/new"),
    Screen("by-hand-refused", f"/people/{DONE}/results/new", _write_nothing),
    Screen("log", "/log"),
    Screen("trace", "/trace"),
    Screen("trace-refused", "/trace", _type("#filter-person", UNKNOWN_NUMBER)),
    Screen("trace-entry", "/trace/1"),
    Screen("trace-person", f"/trace/people/{DONE}"),
    Screen("person-looks", f"/people/{DONE}/looks"),
    Screen("person-protected", f"/people/{PROTECTED}"),
    Screen("api-tokens", "/api-tokens"),
    Screen("api-tokens-refused", "/api-tokens", _press("Lag nøkkel")),
    Screen("api-token-revoke", "/api-tokens/1/revoke"),
    Screen("jobs", "/jobs", _wait_for("#next-why", "se hvorfor")),
    Screen("jobs-history", "/jobs/history"),
    Screen("jobs-none", "/jobs/history?by=nobody"),
    Screen("job-running", f"/jobs/{RUNNING}"),
    Screen("job-waiting", f"/jobs/{WAITING}"),
    Screen("job-complete", f"/jobs/{COMPLETE}"),
    Screen("job-incomplete", f"/jobs/{INCOMPLETE}"),
    Screen("job-stopped", f"/jobs/{STOPPED}"),
    Screen("run-applicants", f"/jobs/{LOGGED}/applicants"),
    Screen("run-applicants-refused", f"/jobs/{LOGGED}/applicants", _type("#filter-name", UNKNOWN_NUMBER)),
    Screen("run-left-out", f"/jobs/{LOGGED}/left-out?reason=no-consent"),
    Screen("run-left-out-none", f"/jobs/{LOGGED}/left-out?reason=phase"),
    Screen("run-person", f"/jobs/{LOGGED}/people/{ASIDE_IN_RUN}"),
    Screen("run-person-left-out", f"/jobs/{LOGGED}/people/{OUT_OF_RUN}"),
    Screen("person-in-run", f"/people/{IN_RUN}", _open(".order summary")),
    Screen("person-orders-in-run", f"/people/{IN_RUN}/orders"),
    Screen("job-stop", f"/jobs/{RUNNING}/stop"),
    Screen("jobs-preview", "/jobs/preview?kind=full", _open("#admission-states summary")),
    Screen("jobs-preview-refused", "/jobs/preview", _type("#name", UNKNOWN_NUMBER)),
    Screen("jobs-force", "/jobs/force"),
    Screen("jobs-force-refused", "/jobs/force/confirm?admission=2027-X"),
    Screen("jobs-force-confirm", "/jobs/force/confirm?kind=full"),
    Screen("jobs-force-nobody", "/jobs/force/confirm?kind=full&admission=2027-VÅR-LOK"),
    Screen("sources", "/sources"),
    Screen("source", f"/sources/{UIO}", _try),
    Screen("source-new", "/sources/new"),
    Screen("source-form-refused", "/sources/new/database", _save),
    Screen("source-off-refused", f"/sources/{UIO}/off", _put_off),
    Screen("condition", "/condition"),
    Screen("users", "/users"),
    Screen("user-refused", "/users/1", _press("Slå av brukeren")),
    Screen("imports", "/imports"),
    Screen("import-refused", "/imports/1"),
    Screen("import-done", "/imports/2"),
    Screen("invitations", f"/people/{INVITED}/invitations"),
    Screen("invitation-made", f"/people/{EMPTY}/invitations", _press("Lag invitasjon")),
    Screen("deliver", f"/deliver/{LINK}?country=SE"),
    Screen("deliver-go", f"/deliver/{LINK}", _press("Fortsett")),
    Screen("deliver-again", f"/deliver/receipt/{SESSION}"),
    Screen("deliver-unknown", "/deliver/nowhere"),
    Screen("privacy", "/privacy/retention"),
    Screen("privacy-people", "/privacy/retention/application"),
    Screen("person-file", f"/people/{DONE}/file"),
    Screen("person-erase", f"/people/{EMPTY}/erase", _erase_with_name),
    Screen("person-erase-hindered", f"/people/{OPEN}/erase"),
    Screen("api", "/api"),
    Screen("preferences", "/preferences"),
    Screen("error", "/nowhere"),
)


@contextmanager
def screens_world(folder: Path) -> Iterator[str]:
    """The people that SCREENS speak of, served; gives the address."""
    with screens_house(folder) as house, screens_served(create_app(house)) as address:
        yield address


@contextmanager
def screens_house(folder: Path) -> Iterator[House]:
    """The house of the people that SCREENS speak of."""
    numbers = [make_synthetic(BORN, serial) for serial in range(APPLICATIONS)]
    gate = Event()
    settings = Settings(
        instance=folder,
        settings=SettingsFile(
            test_instance=True, feed=FsGraphqlSettings(institution=UIO, url="http://127.0.0.1:9/graphql")
        ),
        sources=(
            *(ElmoPullSettings(institution=n, url="http://127.0.0.1:9", downtime=PLANNED) for n in (UIB, UIO, UIT)),
            ElmoPullSettings(institution=VOLDA, url="http://127.0.0.1:9", downtime=OFF),
            FileSettings(institution=NTNU, enabled=False, secret_until=date(2026, 12, 12)),
            EmrexSettings(institution=PORTALS, name="Portaler", registry="registry.xml"),
        ),
    )
    store = Store(settings.database)
    with (
        run_lock(settings.instance),
        patch.object(fanout_module, "open_sources", lambda _: _sources(numbers, gate) | {NTNU: _files(folder)}),
    ):
        house = House(settings, store, Fanout(store, settings, lambda: NOW), lambda: NOW)
        _fill(house, numbers)
        compute_anew(store, settings, NOW)
        try:
            yield house
        finally:
            gate.set()
            house.close()
            store.close()


def _files(folder: Path) -> FileSource:
    """A folder in which files stand in each way; no order asks it."""
    files = folder / "files"
    files.mkdir(exist_ok=True)
    forged = TRUSTED.sign(_brought()).replace(b"<resultLabel>B<", b"<resultLabel>A<")
    contents = {"warszawa.xml": _brought(), "endret.xml": forged, "brutt.xml": _brought()[:-90], "halv.xml.part": b""}
    for name, content in contents.items():
        (files / name).write_bytes(content)
        os.utime(files / name, (NOW.timestamp(), NOW.timestamp()))
    return FileSource(files, 5.0, [TRUSTED.certificate])


def _sources(numbers: list[str], gate: Event) -> dict[int, FakeSource]:
    rows = (bachelor(), course("MAT1100", parent=0), _thesis(), course("FRI1", grade="Bestått"))
    left_out = LeftOut("MAT1110", {"nb": "Ikke bestått emne"}, LeftOutReason.FAILED)
    about_somebody = found(course("TIT1"), number=numbers[-1], institution=UIT).transcript
    assert about_somebody is not None
    aside = Reply(Outcome.FOUND, about_somebody, payload=write(about_somebody, NOW))
    done = numbers[DONE - 1]

    def uio(question: Question) -> Reply:
        if question.identifiers[0] == numbers[OPEN - 1]:
            gate.wait()
        return found(*rows, number=done, left_out=(left_out,)) if question.identifiers[0] == done else NOTHING

    return {
        UIB: FakeSource(SourceError(SourceFailure.UNAVAILABLE, "503")),
        UIO: FakeSource(uio),
        UIT: FakeSource(lambda question: aside if question.identifiers[0] == done else NOTHING),
    }


def _thesis() -> Result:
    titles = {"nb": "Hvor fort svarer femti kilder?", "en": "How Fast Do Fifty Sources Answer?"}
    return course("BIO4990", name={"nb": "Masteroppgave", "en": "Thesis"}, thesis_title=titles)


def _fill(house: House, numbers: list[str]) -> None:
    with house.store.write() as db:
        remember(db, REGISTER.values())
        remember_admission(db, ADMISSION)
        remember_admission(db, Admission(2027, Season.SPRING, "LOK", "Lokalt opptak", True))
        for place_in_line, number in enumerate(numbers):
            person_id = people.register(db, [parse(number)], "Kari", f"Nordmann-{place_in_line}", NOW)
            row = {"applicant_number": str(4_100_000 + place_in_line), "person_id": person_id}
            consent = {"consent_given_at": as_text(NOW) if place_in_line % 3 else None}
            db["applications"].insert(row | {"admission": ADMISSION.code} | consent)
        db["application_alternatives"].insert(
            {"application": UNHANDLED, "priority": 1, "code": "185 5005", "name": "Bio"}
        )
        finish(db, HANDLED, "kberg", NOW)
    for person_id in (OPEN, DONE):
        _order(house, person_id)
    _cases(house)
    _runs(house)
    _logged_run(house)
    _reports(house)
    _sources_asked(house)
    with house.store.write() as db:
        db.execute("UPDATE people SET protected_address = 1 WHERE id = ?", [PROTECTED])
        api_tokens.add(db, "studentweb", [Right.SEE, Right.WORK], NOW + timedelta(days=20), "kberg", NOW)
    _invitations(house)
    _users(house)
    _traced(house)
    for kind, file in (
        (IntakeKind.APPLICATIONS, "sokernummer;navn\n1;Kari\n"),
        (IntakeKind.ADMISSIONS, "opptak;navn\n2027-HØST-LOK;Lokalt opptak\n"),
    ):
        house.importer.start(kind, BytesIO(file.encode()), "fil.csv", False, "kberg")
    house.importer.settle(10)


def _users(house: House) -> None:
    """The only system administrator, and a caseworker who is locked out."""
    with house.store.write() as db:
        users.add(db, "drift", [Role.SYSTEM_ADMINISTRATOR], UserKind.LOCAL, "test", NOW, "Drift")
        users.add(db, "kberg", [Role.CASEWORKER, Role.AUDITOR], UserKind.OIDC, "test", NOW, "Kari Berg")
        for _ in range(attempts.ACCOUNT.free):
            attempts.take(db, attempts.of_account("drift"), attempts.ACCOUNT, NOW)


def _runs(house: House) -> None:
    """One run in each state, and what came from whom; their orders are not written, so that nobody was asked about."""
    states = (RunState.COMPLETE, RunState.INCOMPLETE, RunState.STOPPED, RunState.RUNNING, RunState.WAITING)
    with house.store.write() as db:
        for place_in_line, state in enumerate(states):
            kind = RunKind.FULL if place_in_line % 2 else RunKind.DELTA
            at = NOW - timedelta(days=len(states) - place_in_line)
            run_id = runs.add(db, RunWish(kind, at, "FS154.001", forced=state is RunState.STOPPED))
            if state is RunState.WAITING:
                continue
            runs.set_state(db, run_id, state, at + timedelta(minutes=9))
            runs.add_seconds(db, run_id, 71 * (place_in_line + 1))
            values = {
                "ordered": 1204 * (place_in_line + 1),
                "people": 1200,
                "changed_people": 87,
                "begun_at": as_text(at),
                "judged_at": as_text(at),
                "left_out": json.dumps({"no-consent": 31, "protected": 6, "already-asked": 12000}),
                "stopped_by": "kberg" if state is RunState.STOPPED else None,
            }
            db["runs"].update(run_id, values)
            failed = 0 if state is RunState.COMPLETE else 1200
            for institution in (UIB, UIO, UIT):
                row = {"run_id": run_id, "institution": institution, "people": 1200}
                if institution == UIB and failed:
                    down = as_text(NOW - timedelta(minutes=4))
                    db["run_sources"].insert(row | {"asked": failed, "failed": failed, "down_since": down})
                else:
                    counts = {"found": 300, "unchanged": 120, "no_results": 480, "no_consent": 2}
                    db["run_sources"].insert(row | {"asked": 902} | counts)
            off = SwitchedOff(OFF[0].ends(house.settings.zone), OFF[0].reason)
            row = {"run_id": run_id, "institution": VOLDA, "people": 1200, "asked": failed, "failed": failed}
            db["run_sources"].insert(row | {"off": str(off) if failed else None})


def _logged_run(house: House) -> None:
    """A run for an admission of its own, as it has ended."""
    admission = Admission(2027, Season.SPRING, "MASTER", "Masteropptak", True)
    with house.store.write() as db:
        remember_admission(db, admission)
        consent = as_text(NOW - timedelta(days=9))
        db.execute(
            """UPDATE applications SET admission = ?, consent_given_at = CASE WHEN person_id <> ? THEN ? END
            WHERE person_id BETWEEN ? AND ?""",
            [admission.code, OUT_OF_RUN, consent, IN_RUN, OUT_OF_RUN],
        )
    run = planned(house.store, house.settings, admission=admission.code)
    about_somebody = found(course("TIT1"), number=UNKNOWN_NUMBER, institution=UIT).transcript
    assert about_somebody is not None
    ended = {"state": FetchState.DONE.value, "finished_at": as_text(NOW)}
    with house.store.write() as db:
        payload = keep_payload(db, write(about_somebody, NOW), NOW)
        (order_id,) = (row["id"] for row in db.query("SELECT id FROM orders WHERE run_id = ?", [run.id]))
        for fetch in list(db["fetches"].rows_where("order_id = ?", [order_id])):
            failed = {"state": FetchState.FAILED.value, "whole_outcome": "failed", "whole_failure": "unavailable"}
            db["fetches"].update(fetch["id"], ended | (failed if fetch["institution"] == UIB else {}))
            if fetch["institution"] == UIO:
                record(db, fetch["id"], IN_RUN, Answer(Outcome.FOUND, 0.4, results=3, changes=2), NOW)
            if fetch["institution"] == UIT:
                record(db, fetch["id"], ASIDE_IN_RUN, Answer(Outcome.MISMATCH, 0.4, payload=payload), NOW)
        db["orders"].update(order_id, {"state": "incomplete-temporary", "finished_at": as_text(NOW)})
        runs.set_state(db, run.id, RunState.INCOMPLETE, NOW)


def _sources_asked(house: House) -> None:
    """What became of questions to UiO, and what was done to it."""
    keeper = SourceKeeper(house.store, house.settings, "kberg", NOW)
    uio = house.settings.sources[1]
    keeper.add(uio.model_copy(update={"seats": 4}))
    keeper.change(uio)
    keeper.put_off(UIO, PLANNED[0].model_copy(update={"reason": "Nytt passord"}))
    with house.store.write() as db:
        for hour in range(1, 60):
            at = NOW - timedelta(hours=hour)
            note_answered(db, UIO, at, 0.1 * (1 + hour % 7), NOW + timedelta(days=12))
            if hour % 9 == 0:
                note_failed(db, UIO, at, SourceFailure.TIMEOUT, "no answer")
        note_answered(db, UIO, NOW, 0.3)


def _cases(house: House) -> None:
    """Two cases of the third person that have the same results; the second is closed."""
    rows = cases.results_of_person(house.store.db, DONE)
    for _ in range(2):
        wish = Case(0, DONE, CaseType.INNPASS, CaseStatus.BEING_TREATED, date(2026, 11, 20), note="Vitnemål mangler.")
        include(house.store, open_case(house.store, house.settings, wish, "kberg", NOW), rows, "kberg", NOW)
    set_status(house.store, 2, CaseStatus.TREATED, "kberg", NOW)


def _reports(house: House) -> None:
    """What the tenth person reported: once and fetched, then again; the application's consent is missing."""
    wish = Case(0, REPORTED, CaseType.INNPASS, CaseStatus.BEING_TREATED, date(2026, 11, 20))
    case_id = open_case(house.store, house.settings, wish, "kberg", NOW)
    yesterday = NOW - timedelta(days=1)
    _report(house, Origin("kberg", "person"), yesterday)
    _order(house, REPORTED)
    _report(house, Origin("kberg", "case", case_id=case_id), NOW)
    _report(house, Origin("kberg", "application", application=LEFT_OUT), yesterday)


def _traced(house: House) -> None:
    """What somebody did about the third person, and about many."""
    with house.store.write() as db:
        told = {"purpose": "recognition", "reason": "Ba om det på telefon"}
        trace.append(db, TraceEntry(NOW, "kberg", Act.ORDERED, "person.order", (DONE,), told))
        people = tuple(range(1, APPLICATIONS + 1))
        trace.append(db, TraceEntry(NOW, "kberg", Act.EXPORTED, "applications.listing_export", people, {"form": "csv"}))
    trace_chain.verified(house.store, NOW)


def _invitations(house: House) -> None:
    """A registry, and the eleventh person's invitations, one in each state."""
    more = "<institution>Umeå universitet</institution><institution>Lunds universitet</institution>"
    here, there = entry("https://portal.example/init"), entry("https://ladok.example/emrex", "SE", "Ladok", more=more)
    (house.settings.instance / "registry.xml").write_bytes(catalogue(here, there))
    ends: dict[str, VisitOutcome | None] = {
        "made": None,
        "opened": None,
        "at-portal": None,
        "delivered": VisitOutcome(VisitEnd.DELIVERED, None, _signed(), 0, (), None, 12, 2),
        "aside": VisitOutcome(VisitEnd.SET_ASIDE, None, _signed(), 102, (_OTHER_DATE,), None, 3, 1),
        "nothing": VisitOutcome(VisitEnd.NO_RESULTS),
        SESSION: VisitOutcome(VisitEnd.PORTAL_FAILED, "Innloggingen svarer ikke akkurat nå."),
        "withdrawn": None,
        LINK: None,
    }
    with house.store.write() as db:
        remember(db, [Institution(PORTALS, {"nb": "Portaler"})])
        for name, outcome in ends.items():
            until = NOW + timedelta(days=14)
            wish = Invitation(0, INVITED, PORTALS, Purpose.RECOGNITION, NOW - timedelta(hours=3), "kberg", until)
            one = invitations.add(db, wish, name)
            if name not in ("made", "withdrawn"):
                invitations.mark_opened(db, one, NOW)
            if name == "withdrawn":
                invitations.withdraw(db, one, INVITED, "kberg", NOW)
            if outcome or name == "at-portal":
                invitations.begin_visit(db, one, played(), name, NOW, NOW + timedelta(hours=1))
            if outcome and (found := invitations.by_session(db, name)) and found.visit:
                invitations.come_back(db, found.visit.id, NOW)
                invitations.end_visit(db, found.visit.id, outcome)


def _signed() -> Signature:
    return Signature(SignatureState.VALID, "CN=portal.example", "rsa-sha256", NOW + timedelta(days=90))


_OTHER_DATE = "Svaret har ikke nummer, og fødselsdatoen stemmer ikke."


def _report(house: House, origin: Origin, at: datetime) -> None:
    person = people.person(house.store.db, REPORTED)
    assert person is not None
    register(house.store, person, origin, at)


def _order(house: House, person_id: int) -> None:
    person: Person | None = people.person(house.store.db, person_id)
    assert person is not None
    order_id = place(house.store, house.settings, person, Purpose.RECOGNITION, Origin("kberg", "person"), NOW)
    futures = house.fanout.start(order_id)
    if person_id != OPEN:
        wait(futures, timeout=10)
