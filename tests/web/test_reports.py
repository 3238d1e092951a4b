"""Meld nye resultater beside the button: what the line says, Angre, and what becomes of it."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from lxml import html
from lxml.html import HtmlElement

from browser_gates import Gate
from runs import Runner
from signing_in import ME
from webapp.errors import SourceError, SourceFailure
from webapp.fetching.reporting import register
from webapp.house import House
from webapp.model import Origin, Person, RunKind
from webapp.store import as_text, reports
from world import NOW, UIB, UIO, FakeSource

HTMX = {"HX-Request": "true"}


@pytest.fixture
def place(request: pytest.FixtureRequest, house: House, kari: Person, application: str) -> str:
    """The address of the page that the test is about."""
    house.store.db["cases"].insert(
        {"person_id": kari.id, "type": "INNPASS", "status": "BEHANDLES", "applied_on": "2026-11-01"}
        | dict.fromkeys(["created_at", "changed_at"], as_text(NOW))
        | dict.fromkeys(["created_by", "changed_by"], "kberg")
    )
    places = {"person": f"/people/{kari.id}", "application": f"/applications/{application}", "case": "/cases/1"}
    return places[request.param]


EVERYWHERE = pytest.mark.parametrize("place", ["person", "application", "case"], indirect=True)


def words(element: HtmlElement) -> str:
    return " ".join(" ".join(element.itertext()).split())


def beside(text: str) -> HtmlElement:
    """What stands beside the button."""
    (box,) = html.fromstring(text).xpath("//*[@id='reports']")
    return box


def said(client: FlaskClient, address: str) -> str:
    return words(beside(client.get(address).text))


def move(house: House, now: datetime) -> None:
    """Set the clock."""
    object.__setattr__(house, "clock", lambda: now)


@EVERYWHERE
def test_a_report_is_made_and_taken_back_where_it_was_pressed(client: FlaskClient, kari: Person, place: str) -> None:
    (form,) = beside(client.get(place).text).xpath(".//form")
    made = client.post(form.get("action"))
    assert (made.status_code, made.location) == (303, place)
    assert said(client, place) == "Meldt i dag, hentes i kveld Angre"
    (form,) = beside(client.get(place).text).xpath(".//form")
    assert client.post(form.get("action")).location == place
    assert said(client, place) == "Meld nye resultater"


@EVERYWHERE
def test_htmx_gets_the_line_the_focus_and_the_words_for_the_status(client: FlaskClient, place: str) -> None:
    answer = client.post(f"{place}/reports", headers=HTMX).text
    assert words(beside(answer)) == "Meldt i dag, hentes i kveld Angre"
    assert beside(answer).xpath(".//button[@id='report-control-1']/text()") == ["Angre"]
    (status,) = html.fromstring(f"<div>{answer}</div>").xpath("//*[@id='status']")
    assert (status.get("hx-swap-oob"), words(status)) == ("innerHTML", "Meldt i dag, hentes i kveld")
    answer = client.post(f"{place}/reports/1/withdraw", headers=HTMX).text
    assert beside(answer).xpath(".//button[@id='report-control-1']/text()") == ["Meld nye resultater"]
    assert "Meldingen er angret." in answer


@EVERYWHERE
def test_an_order_before_the_evening_settles_the_report(
    client: FlaskClient, house: House, sources: dict[int, FakeSource], place: str
) -> None:
    gate = Gate()
    sources[UIO].answer = gate
    move(house, NOW - timedelta(days=1))
    client.post(f"{place}/reports")
    move(house, NOW)
    assert said(client, place) == "Meldt 23.11., hentes i kveld Angre"
    answer = client.post(f"{place}/orders", data={"purpose": "recognition", "reason": "Ringte"}, headers=HTMX).text
    assert words(beside(answer)) == "Meldt 23.11., hentes nå Meld nye resultater"
    assert beside(answer).get("hx-swap-oob") == "outerHTML"
    gate.opened.set()
    house.fanout.settle(10)
    news = client.get("/orders/1/news?waiting=1.2.3").text
    (outcome,) = html.fromstring(f"<div>{news}</div>").xpath("//*[@id='report-1-outcome']")
    assert (outcome.get("hx-swap-oob"), words(outcome)) == ("innerHTML", "hentet i dag 09.14")
    assert said(client, place) == "Meldt 23.11., hentet i dag 09.14 Meld nye resultater"


def test_what_a_page_does_not_wait_for_is_not_in_its_news(client: FlaskClient, house: House, kari: Person) -> None:
    client.post(f"/people/{kari.id}/reports")
    client.post(f"/people/{kari.id}/orders", data={"purpose": "recognition", "reason": "Ringte"})
    house.fanout.settle(10)
    client.post(f"/people/{kari.id}/reports")
    assert "report-2" not in client.get("/orders/1/news?waiting=1.2.3").text


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        (NOW, "Meldt 24.11.2025, hentes i kveld Angre"),
        (datetime(2026, 11, 24, 19, tzinfo=UTC), "Meldt 24.11.2025, hentes i morgen kl. 20.00 Angre"),
        (datetime(2026, 11, 27, 20, tzinfo=UTC), "Meldt 24.11.2025, hentes søndag 29.11. kl. 20.00 Angre"),
    ],
)
def test_the_line_names_the_evening(
    client: FlaskClient, house: House, kari: Person, now: datetime, sentence: str
) -> None:
    register(house.store, kari, Origin("kberg", "person"), NOW - timedelta(days=365))
    move(house, now)
    assert said(client, f"/people/{kari.id}") == sentence


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            "UPDATE admissions SET processing_phase = 'N'",
            "Hentes ikke i kveld: opptaket er ikke i saksbehandling. Hent nå med knappen, eller vent til "
            "saksbehandlingsfasen er J.",
        ),
        (
            "UPDATE applications SET consent_given_at = NULL",
            "Hentes ikke i kveld: samtykke mangler. Søkeren må samtykke i søknaden.",
        ),
        (
            "UPDATE people SET protected_address = 1",
            "Hentes ikke i kveld: personen har sperret adresse. Hent med knappen når det er grunn til det.",
        ),
        (
            "UPDATE person_identifiers SET number = '02529290201'",
            "Hentes ikke i kveld: personen har bare et fiktivt nummer. Registrer fødselsnummer, D-nummer eller "
            "S-nummer.",
        ),
    ],
)
def test_why_nobody_asks_tonight_is_told_with_what_can_be_done(
    client: FlaskClient, house: House, application: str, change: str, sentence: str
) -> None:
    client.post(f"/applications/{application}/reports")
    house.store.db.execute(change)
    assert said(client, f"/applications/{application}") == f"Meldt i dag. {sentence} Angre"


def test_the_cut_off_is_told(client: FlaskClient, house: House, application: str) -> None:
    client.post(f"/applications/{application}/reports")
    move(house, datetime(2027, 9, 1, 6, tzinfo=UTC))
    assert said(client, f"/applications/{application}") == (
        "Meldt 24.11.2026. Hentes ikke i kveld: fristen for opptaket er ute. Hent nå med knappen. Angre"
    )


def test_a_report_made_elsewhere_says_where_and_is_not_asked_for_twice(
    client: FlaskClient, house: House, kari: Person, application: str
) -> None:
    client.post(f"/applications/{application}/reports")
    assert (
        said(client, f"/people/{kari.id}") == "Meldt i dag på søknad NOM1001, hentes i kveld Angre Meld nye resultater"
    )
    client.post(f"/people/{kari.id}/reports")
    assert said(client, f"/applications/{application}") == (
        "Meldt i dag, hentes i kveld Angre Meldt i dag på personen, hentes i kveld Angre"
    )


def test_what_a_run_fetched_is_told_and_leads_to_its_order(
    client: FlaskClient,
    house: House,
    kari: Person,
    application: str,
    sources: dict[int, FakeSource],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client.post(f"/applications/{application}/reports")
    sources[UIB].answer = SourceError(SourceFailure.TIMEOUT, "")
    Runner(house.store, house.settings, sources, monkeypatch).run(RunKind.DELTA)
    assert said(client, f"/applications/{application}") == "Meldt i dag, hentet i dag 09.14 Meld nye resultater"
    (link,) = html.fromstring(client.get(f"/people/{kari.id}/orders").text).xpath("//a[.='Hentet i dag 09.14']/@href")
    assert client.get(link).status_code == 200
    again = client.post(f"{link}/retry", headers=HTMX)
    assert (again.status_code, 'id="reports"' in again.text) == (200, False)


def test_angre_comes_too_late_once_an_order_has_taken_it(client: FlaskClient, house: House, kari: Person) -> None:
    client.post(f"/people/{kari.id}/reports")
    client.post(f"/people/{kari.id}/orders", data={"purpose": "recognition", "reason": "Ringte"})
    house.fanout.settle(10)
    answer = client.post(f"/people/{kari.id}/reports/1/withdraw", headers=HTMX).text
    assert "Meldt i dag, hentet i dag 09.14" in answer
    assert "angret" not in answer
    assert len(reports.reports_of(house.store.db, kari.id)) == 1


def test_one_whom_nobody_else_knows_is_refused_as_by_the_button(
    client: FlaskClient, house: House, kari: Person
) -> None:
    house.store.db.execute("UPDATE person_identifiers SET number = '02529290201'")
    answer = client.post(f"/people/{kari.id}/reports", headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (422, "#orders")
    assert "fiktivt nummer" in answer.text
    page = client.post(f"/people/{kari.id}/reports")
    assert (page.status_code, "fiktivt nummer" in page.text, beside(page.text) is not None) == (422, True, True)


@pytest.mark.parametrize("address", ["/people/9", "/applications/X9", "/cases/9"])
def test_nobody_reports_where_nothing_is(client: FlaskClient, kari: Person, address: str) -> None:
    assert client.post(f"{address}/reports").status_code == 404
    assert client.post(f"{address}/reports/1/withdraw").status_code == 404


def test_a_report_is_taken_back_by_the_persons_own_address_only(
    client: FlaskClient, house: House, kari: Person
) -> None:
    register(house.store, kari, Origin("kberg", "person"), NOW)
    house.store.db["people"].insert({"given_names": "Ola", "created_at": as_text(NOW)})
    assert client.post(f"/people/{kari.id + 1}/reports/1/withdraw").status_code == 404
    assert len(reports.reports_of(house.store.db, kari.id)) == 1


def test_the_tab_of_orders_tells_what_was_reported(
    client: FlaskClient, house: House, kari: Person, application: str
) -> None:
    tab = f"/people/{kari.id}/orders"
    assert not html.fromstring(client.get(tab).text).xpath("//*[@id='reports-title']")
    client.post("/api/reports", json={"applicant_number": application})
    client.post(f"/people/{kari.id}/orders", data={"purpose": "recognition", "reason": "Ringte"})
    house.fanout.settle(10)
    client.post(f"/people/{kari.id}/reports")
    (table,) = html.fromstring(client.get(tab).text).xpath("//section[@aria-labelledby='reports-title']//table")
    assert [words(row) for row in table.xpath("tbody/tr")] == [
        f"i dag 09.14 {ME} Personen Hentes i kveld",
        f"i dag 09.14 {ME} gjennom API-et Søknad NOM1001 Hentet i dag 09.14",
    ]
    assert table.xpath(".//a/@href") == [f"/people/{kari.id}", f"/applications/{application}", f"{tab}/1"]
