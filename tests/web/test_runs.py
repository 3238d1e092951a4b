"""Jobber: the runs to come, one that goes on and one that has been, who is left out and why, and a run out of turn."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from lxml import html
from lxml.html import HtmlElement

from signing_in import ME
from webapp.fetching.planning import Judging, plan
from webapp.fetching.run_lock import is_carried_out, run_lock
from webapp.house import House
from webapp.identity import make_synthetic, parse
from webapp.model import Admission, Run, RunKind, RunState, RunWish, Season
from webapp.store import as_text, people, runs
from webapp.store.admissions import remember_admission
from webapp.web import run_preview
from world import NOW, UIB, UIO, UIT

OPEN = Admission(2027, Season.AUTUMN, "NOM", "Samordna opptak", True)
NOT_YET = Admission(2027, Season.AUTUMN, "MASTER", "Master", False)
LONG_AGO = Admission(2024, Season.SPRING, "LOK", "Lokalt", True)
NAMES = ("Ada", "Bo", "Cato", "Dina", "Even", "Frida", "Geir")
EVENING = "2026-11-24T20:00+01:00"


@pytest.fixture(autouse=True)
def applicants(house: House) -> None:
    """Five in the open admission: one without consent, one with a protected address; two in admissions that are not."""
    with house.store.write() as db:
        for admission in (OPEN, NOT_YET, LONG_AGO):
            remember_admission(db, admission)
        for n, admission in enumerate([OPEN] * 5 + [NOT_YET, LONG_AGO]):
            number = parse(make_synthetic(date(1995, 1, 2), n))
            person_id = people.register(db, [number], NAMES[n], "Hansen", NOW)
            consent = None if n == 0 else as_text(NOW - timedelta(days=9))
            db["applications"].insert(
                {
                    "applicant_number": f"10{n}",
                    "person_id": person_id,
                    "admission": admission.code,
                    "consent_given_at": consent,
                }
            )
        db.execute("UPDATE people SET protected_address = 1 WHERE given_names = 'Bo'")


@pytest.fixture
def planned(house: House) -> Callable[..., Run]:
    """Adds a run, plans it, and gives it as it stands: RUNNING."""

    def make(kind: RunKind = RunKind.FULL, **more: object) -> Run:
        with house.store.write() as db:
            run_id = runs.add(db, RunWish(kind, NOW, "kberg", **more))  # type: ignore[arg-type]
        run = runs.run(house.store.db, run_id)
        assert run is not None
        plan(house.store, run, Judging(house.store.db, house.settings, kind, NOW, NOW, run.admission), {})
        return runs.run(house.store.db, run_id) or run

    return make


def tell(house: House, run: Run, institution: int, **counts: object) -> None:
    """Write what the engine tells of an institution."""
    sets = ", ".join(f"{column} = :{column}" for column in counts)
    with house.store.write() as db:
        db.execute(
            f"UPDATE run_sources SET {sets} WHERE run_id = :run AND institution = :institution",
            {"run": run.id, "institution": institution, **counts},
        )


def end(house: House, run: Run, state: RunState, **more: object) -> None:
    with house.store.write() as db:
        runs.set_state(db, run.id, state, NOW)
        runs.add_seconds(db, run.id, 200)
        for column, value in more.items():
            db.execute(f"UPDATE runs SET {column} = ? WHERE id = ?", [value, run.id])


def main(client: FlaskClient, address: str) -> HtmlElement:
    return html.fromstring(client.get(address).text).get_element_by_id("main")


def words(element: HtmlElement) -> str:
    return " ".join(" ".join(element.itertext()).split())


def said(client: FlaskClient, address: str) -> str:
    return words(main(client, address))


def test_the_menu_leads_to_the_runs_to_come(client: FlaskClient) -> None:
    page = html.fromstring(client.get("/jobs").text)
    assert page.xpath("//nav//a[@href='/jobs' and @aria-current='page']")
    rows = [words(row) for row in page.xpath("//caption[text()='Neste kjøringer']/../tbody/tr")]
    assert len(rows) == 6
    assert rows[0].startswith("tirsdag 24.11.2026 kl. 20.00 Endringsoverføring 2027-HØST-NOM Se hvem det gjelder")
    assert rows[3].startswith("fredag 27.11.2026 kl. 20.00 Komplett overføring")
    assert "Komplett overføring: fredag. Endringsoverføring: søndag, mandag, tirsdag, onsdag, torsdag." in words(page)
    assert "VÅR-opptak hentes frem til 01.02., andre opptak frem til 01.09." in words(page)


def test_before_the_first_run_nothing_is_made_up(client: FlaskClient) -> None:
    page = said(client, "/jobs")
    assert "Ingen kjøring er i gang." in page
    assert "Ingen kjøringer har vært ennå." in page


def test_an_evening_without_an_open_admission_says_so(client: FlaskClient, house: House) -> None:
    with house.store.write() as db:
        db.execute("UPDATE admissions SET processing_phase = 'N'")
    assert said(client, "/jobs").count("ingen åpne opptak") == 6


def test_the_numbers_of_the_next_run_are_asked_for_once_the_page_is_there(client: FlaskClient) -> None:
    (cell,) = main(client, "/jobs").xpath("//*[@hx-get='/jobs/next']")
    assert (cell.get("hx-trigger"), words(cell)) == ("load", "Se hvem det gjelder tirsdag 24.11.2026 kl. 20.00")
    assert words(html.fromstring(client.get("/jobs/next").text)) == "3 søkere · 2 holdes utenfor: se hvorfor"


def test_a_run_that_waits_says_for_what(client: FlaskClient, house: House, planned: Callable[..., Run]) -> None:
    with house.store.write() as db:
        waiting = runs.add(db, RunWish(RunKind.DELTA, NOW, "kberg"))
    assert "Starter om et øyeblikk." in said(client, f"/jobs/{waiting}")
    planned()
    assert "Venter på at «Komplett overføring tirsdag 24.11.2026 kl. 09.14» blir ferdig." in said(
        client, f"/jobs/{waiting}"
    )
    titles = [words(title) for title in main(client, "/jobs").xpath("//section[@class='going']//h2")]
    assert [title.split()[0] for title in titles] == ["Komplett", "Endringsoverføring"]


def test_a_running_one_tells_how_far_it_has_come_and_when_it_ends(
    client: FlaskClient, house: House, planned: Callable[..., Run]
) -> None:
    run = planned()
    with house.store.write() as db:
        db.execute("UPDATE runs SET begun_at = ?", [as_text(NOW - timedelta(seconds=3))])
    tell(house, run, UIO, asked=3, found=2, no_results=1)
    tell(house, run, UIB, asked=3, failed=3, down_since=as_text(NOW - timedelta(minutes=3)))
    with run_lock(house.settings.instance):
        page = main(client, "/jobs")
    assert "Kjører 66 % · 6 av 9 svar · 2 i sekundet · ferdig omtrent kl. 09.14" in words(page)
    rows = [words(row) for row in page.xpath("//table[contains(@class, 'run-sources')]/tbody/tr")]
    assert rows == [
        "UiT Norges arktiske universitet 0 0 0 0",
        "Universitetet i Bergen nede siden 09.11 3 0 0 0 3",
        "Universitetet i Oslo 3 2 0 1",
    ]
    assert page.xpath("//tbody//progress/@value") == ["0", "3", "3"]


def test_one_that_only_waits_for_a_source_that_is_down_promises_no_end(
    client: FlaskClient, house: House, planned: Callable[..., Run]
) -> None:
    run = planned()
    for institution in (UIO, UIT):
        tell(house, run, institution, asked=3, no_results=3)
    tell(house, run, UIB, asked=1, failed=1, down_since=as_text(NOW))
    page = said(client, f"/jobs/{run.id}")
    assert "77 % · 7 av 9 svar · venter på 1 institusjon som er nede" in page
    assert "ferdig omtrent" not in page


def test_one_that_nobody_carries_out_is_broken_off(
    client: FlaskClient, house: House, planned: Callable[..., Run]
) -> None:
    run = planned()
    assert "Brutt av. Går videre ved neste start." in said(client, f"/jobs/{run.id}")
    with run_lock(house.settings.instance):
        assert is_carried_out(house.settings.instance)
        assert "Brutt av" not in said(client, f"/jobs/{run.id}")
    assert not is_carried_out(house.settings.instance)


def test_the_page_asks_for_news_until_the_run_has_ended_and_speaks_now_and_then(
    client: FlaskClient, house: House, planned: Callable[..., Run]
) -> None:
    run = planned()
    (live,) = main(client, f"/jobs/{run.id}").xpath("//*[@hx-trigger='every 2s']")
    address = live.get("hx-get")
    assert 'role="status"' not in client.get(address).text
    tell(house, run, UIO, asked=3, found=3)
    assert 'hx-swap-oob="innerHTML">3 av 9 svar' in client.get(address).text
    (next_time,) = html.fromstring(client.get(address).text).xpath("//*[@hx-trigger]")
    assert 'role="status"' not in client.get(next_time.get("hx-get")).text
    end(house, run, RunState.COMPLETE)
    ended = client.get(next_time.get("hx-get")).text
    assert ("hx-trigger" in ended, 'role="status"' in ended, 'id="run-rest"' in ended) == (False, True, True)
    assert f'id="stop-{run.id}" hx-swap-oob="true"></p>' in ended


def test_a_run_that_has_ended_says_what_it_did_and_what_it_could_not(
    client: FlaskClient, house: House, planned: Callable[..., Run]
) -> None:
    run = planned()
    tell(house, run, UIO, asked=3, found=3)
    tell(house, run, UIT, asked=3, no_results=2, failed=1)
    tell(house, run, UIB, asked=3, failed=3)
    end(house, run, RunState.INCOMPLETE, changed_people=2)
    page = said(client, f"/jobs/{run.id}")
    assert (
        "Spurte 3 institusjoner om 3 søkere på 3 min 20 s. 2 søkere har nye eller endrede resultater. "
        "1 institusjon kunne ikke spørres: Universitetet i Bergen. "
        "1 institusjon kunne ikke spørres om alle: UiT Norges arktiske universitet (1). "
        "De spørres igjen i kveld kl. 20.00."
    ) in page
    assert "Bestilt av kberg, tvangskjørt" in page
    assert "Holdt utenfor 2" in page
    assert "1 saksbehandlingsfasen er ikke J Sett opptakets" in page
    reasons = main(client, f"/jobs/{run.id}").xpath("//table[contains(@class, 'gates')]//a/@href")
    assert f"/jobs/{run.id}/left-out?reason=no-consent" in reasons
    assert "100" in said(client, f"/jobs/{run.id}/left-out?reason=no-consent")


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (RunState.COMPLETE, "Ingen har nye eller endrede resultater."),
        (RunState.STOPPED, "Stoppet av kberg. Svarene som var kommet, er beholdt."),
        (RunState.SKIPPED, "Hoppet over: en senere kjøring tok plassen før denne kom i gang."),
    ],
)
def test_every_end_has_its_sentence(
    client: FlaskClient, house: House, planned: Callable[..., Run], state: RunState, sentence: str
) -> None:
    run = planned()
    end(house, run, state, stopped_by="kberg" if state is RunState.STOPPED else None)
    assert sentence in said(client, f"/jobs/{run.id}")


def test_stopping_asks_first(client: FlaskClient, house: House, planned: Callable[..., Run]) -> None:
    run = planned()
    assert main(client, f"/jobs/{run.id}").xpath(f"//a[@href='/jobs/{run.id}/stop']")
    assert "Svarene som er kommet, beholdes." in said(client, f"/jobs/{run.id}/stop")
    answer = client.post(f"/jobs/{run.id}/stop")
    assert (answer.status_code, answer.location) == (303, f"/jobs/{run.id}")
    stopped = runs.run(house.store.db, run.id)
    assert stopped is not None
    assert stopped.stopped_by == ME
    page = main(client, f"/jobs/{run.id}")
    assert "Stoppes …" in words(page)
    assert not page.xpath(f"//a[@href='/jobs/{run.id}/stop']")
    end(house, run, RunState.STOPPED)
    assert client.get(f"/jobs/{run.id}/stop").status_code == 302


def test_the_picture_tells_kinds_and_states_apart_and_the_table_says_the_same(
    client: FlaskClient, house: House, planned: Callable[..., Run]
) -> None:
    for kind, state in ((RunKind.FULL, RunState.COMPLETE), (RunKind.FULL, RunState.INCOMPLETE)):
        end(house, planned(kind), state)
    with house.store.write() as db:
        db.execute("UPDATE applications SET asked_at = NULL WHERE applicant_number = '104'")
    end(house, planned(RunKind.DELTA), RunState.STOPPED)
    page = main(client, "/jobs")
    (picture,) = page.xpath("//div[@class='history']/*[local-name()='svg']")
    classes = [bar.get("class") for bar in picture.xpath("./*[local-name()='rect']")]
    assert classes == ["bar bar-complete", "bar bar-incomplete", "bar bar-stopped", *["bar bar-time"] * 3]
    assert [bar.get("fill") for bar in picture.xpath("./*[local-name()='rect']")][:3] == [
        None,
        "url(#bar-incomplete)",
        "url(#bar-stopped)",
    ]
    assert picture.get("aria-hidden") == "true"
    rows = [words(row) for row in page.xpath("//caption[text()='Siste kjøringer']/../tbody/tr")]
    assert rows == [
        "24.11.2026 09.14 Endringsoverføring alle åpne kberg, tvangskjørt 1 2 0 3 min 20 s stoppet",
        "24.11.2026 09.14 Komplett overføring alle åpne kberg, tvangskjørt 3 2 0 3 min 20 s ferdig med mangler",
        "24.11.2026 09.14 Komplett overføring alle åpne kberg, tvangskjørt 3 2 0 3 min 20 s ferdig",
    ]


def test_all_runs_can_be_searched_and_saved(client: FlaskClient, house: House, planned: Callable[..., Run]) -> None:
    end(house, planned(), RunState.COMPLETE)
    end(house, planned(admission=OPEN.code), RunState.INCOMPLETE)
    for filters, hits in (
        ("state=complete", 1),
        ("kind=delta", 0),
        ("kind=full", 2),
        (f"admission={OPEN.code}", 1),
        ("by=KBERG", 2),
        ("from=2026-11-25", 0),
        ("from=2026-11-24&to=2026-11-24", 2),
    ):
        assert len(main(client, f"/jobs/history?{filters}").xpath(".//tbody/tr")) == hits, filters
    assert client.get("/jobs/history.csv?state=complete").text.count("Komplett overføring") == 1


def test_before_a_run_it_is_seen_who_it_is_about_and_why_not_the_others(client: FlaskClient) -> None:
    page = main(client, f"/jobs/preview?kind=full&at={EVENING.replace('+', '%2B')}")
    assert "tirsdag 24.11.2026 kl. 20.00: 3 søkere · 2 holdes utenfor" in words(page)
    reasons = [words(row) for row in page.xpath("//caption[text()='Ikke med, og hvorfor']/../tbody/tr")]
    assert [reason.split(" ", 1)[0] for reason in reasons] == ["1", "1", "1", "1"]
    assert "1 samtykke mangler Søkeren må samtykke til resultatutveksling i søknaden." in reasons[2]
    rows = {
        title: [words(row) for row in page.xpath(f"//caption[text()='{title}']/../tbody/tr")]
        for title in ("Ikke med", "Bestilles for")
    }
    assert rows["Ikke med"] == ["100 Hansen, Ada samtykke mangler", "101 Hansen, Bo sperret adresse"]
    assert rows["Bestilles for"][0] == "102 Hansen, Cato alle spørres om"
    assert f"{NOT_YET.code} Master 1 saksbehandlingsfasen er ikke J" in words(page)


def test_the_preview_is_for_the_next_evening_unless_another_is_named(client: FlaskClient) -> None:
    assert "tirsdag 24.11.2026 kl. 20.00: 3 søkere" in said(client, "/jobs/preview")
    assert "onsdag 01.09.2027 kl. 20.00: 0 søkere" in said(client, "/jobs/preview?at=01.09.2027")
    assert "tirsdag 31.08.2027 kl. 20.00: 3 søkere" in said(client, "/jobs/preview?at=2027-08-31T20:00")


def test_a_name_finds_those_who_are_not_among_the_first(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_preview, "MOST_SHOWN", 1)
    page = said(client, "/jobs/preview?kind=full")
    assert ("Hansen, Cato" in page, "Hansen, Even" in page) == (True, False)
    assert "De første 1. Skriv et navn for å finne andre." in page
    sent = client.post("/jobs/preview", data={"kind": "full", "name": "even h", "at": "24.11.2026"})
    assert sent.status_code == 303
    page = said(client, sent.location)
    assert ("Hansen, Even" in page, "Hansen, Cato" in page) == (True, False)


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("at", "31.02.2026", "Datoen fins ikke. Skriv den som 24.11.2026."),
        ("at", "2026-11-24T99", "Tidspunktet fins ikke. Skriv det som 2026-11-27T20:00."),
        ("admission", "2030-X", "Opptaket 2030-X er ukjent. Skriv koden som 2027-HØST-NOM."),
        ("name", make_synthetic(date(1990, 1, 2), 0), "Et fødselsnummer kan ikke stå i en adresse."),
    ],
)
def test_what_cannot_be_looked_into_says_so_at_its_field(
    client: FlaskClient, field: str, typed: str, sentence: str
) -> None:
    answer = client.post("/jobs/preview", data={field: typed})
    refusal = html.fromstring(answer.text).get_element_by_id(f"{field}-refusal")
    assert (answer.status_code, words(refusal).startswith(sentence)) == (422, True)


def test_forcing_goes_by_a_count_to_a_waiting_run(client: FlaskClient, house: House) -> None:
    form = main(client, "/jobs/force")
    assert form.xpath("//option/text()") == [
        "alle åpne opptak",
        "2027-HØST-MASTER Master (saksbehandlingsfasen er ikke J)",
        "2027-HØST-NOM Samordna opptak",
        "2024-VÅR-LOK Lokalt (etter fristen)",
    ]
    confirm = client.get(f"/jobs/force/confirm?kind=full&admission={OPEN.code}")
    assert "3 søkere · 2 holdes utenfor" in confirm.text
    assert "samtykke mangler" in confirm.text
    assert not runs.latest(house.store.db, 1)
    sent = client.post("/jobs/force/confirm", data={"kind": "full", "admission": OPEN.code})
    (run,) = runs.latest(house.store.db, 2)
    assert (sent.status_code, sent.location) == (303, f"/jobs/{run.id}")
    assert (run.kind, run.state, run.admission, run.forced) == (RunKind.FULL, RunState.WAITING, OPEN.code, True)
    assert (run.placed_by, run.scheduled_for) == (ME, NOW)


@pytest.mark.parametrize(
    ("address", "field", "sentence"),
    [
        ("kind=", "kind", "Velg komplett overføring eller endringsoverføring."),
        (f"kind=full&admission={NOT_YET.code}", "admission", "Opptaket er ikke åpent: saksbehandlingsfasen er ikke J."),
        ("kind=full&admission=2030-X", "admission", "Opptaket 2030-X er ukjent."),
    ],
)
def test_what_cannot_be_forced_says_so_at_its_field(
    client: FlaskClient, house: House, address: str, field: str, sentence: str
) -> None:
    for answer in (
        client.get(f"/jobs/force/confirm?{address}"),
        client.post("/jobs/force/confirm", data=dict(part.split("=") for part in address.split("&"))),
    ):
        refusal = html.fromstring(answer.text).get_element_by_id(f"{field}-refusal")
        assert (answer.status_code, words(refusal).startswith(sentence)) == (422, True)
    assert not runs.latest(house.store.db, 1)


def test_the_same_run_twice_is_refused(client: FlaskClient, house: House) -> None:
    first, second = (client.post("/jobs/force/confirm", data={"kind": "full"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 422)
    assert "En slik kjøring venter eller er i gang allerede." in second.text
    assert len(runs.latest(house.store.db, 2)) == 1


def test_a_run_about_nobody_has_no_button(client: FlaskClient, house: House) -> None:
    with house.store.write() as db:
        db.execute("UPDATE applications SET asked_at = ?", [as_text(NOW)])
    page = main(client, "/jobs/force/confirm?kind=delta")
    assert "Ingen ville blitt spurt om nå." in words(page)
    assert not page.xpath("//main//button[text()='Start kjøringen']")


def test_the_start_page_tells_of_this_evening_and_of_a_run_that_goes_on(
    client: FlaskClient, house: House, planned: Callable[..., Run]
) -> None:
    assert "Kl. 20.00: endringsoverføring for nye søkere i 1 opptak." in said(client, "/")
    run = planned()
    page = main(client, "/")
    assert "Komplett overføring tirsdag 24.11.2026 kl. 09.14 kjører nå." in words(page)
    assert page.xpath(f"//section//a[@href='/jobs/{run.id}']")
    assert "Kjøringen i dag 09.14 spurte om 3 søkere." in words(page)


def test_a_run_does_not_drown_the_orders_of_the_day(
    client: FlaskClient, house: House, planned: Callable[..., Run], fetched: Callable[[], int]
) -> None:
    fetched()
    planned()
    with house.store.write() as db:
        db.execute(
            """INSERT INTO answers (fetch_id, person_id, outcome, seconds, answered_at)
            SELECT fetches.id, first_person, 'found', 1, ? FROM fetches JOIN orders ON orders.id = order_id
            WHERE run_id IS NOT NULL""",
            [as_text(NOW)],
        )
    table = main(client, "/").get_element_by_id("day-figures")
    assert [cell.text for cell in table.cssselect("tbody tr > *")] == ["09", "1", "3"]


def test_a_run_that_is_not_there_is_404(client: FlaskClient) -> None:
    for address in ("/jobs/7", "/jobs/7/news", "/jobs/7/stop"):
        assert client.get(address).status_code == 404
    assert client.post("/jobs/7/stop").status_code == 404
