"""One application: the facts, the button with Vis, what has to be handled, and Fullfør."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from lxml import html

from webapp.house import House
from webapp.intake.applying import take_in_admission, take_in_application
from webapp.legal_settings import LegalPeriod
from webapp.model import AdmissionRecord, ApplicationRecord, Basis, Person
from webapp.store import applications, as_text, notices
from world import KARI_NUMBER, NOW, UIB, UIO, FakeSource, bachelor, course, found

Fetch = Callable[[], int]


def words(text: str) -> str:
    return " ".join(" ".join(html.fromstring(text).itertext()).split())


def facts(text: str) -> dict[str, str]:
    pairs = html.fromstring(text).xpath("//dl[@class='application-facts']/div")
    return {words(html.tostring(one[0]).decode()): " ".join(" ".join(one[1].itertext()).split()) for one in pairs}


def finish(client: FlaskClient, number: str, page: str) -> tuple[int, str]:
    seen = html.fromstring(page).xpath("//input[@name='seen']/@value")
    answer = client.post(f"/applications/{number}/finish", data={"seen": seen})
    return answer.status_code, words(answer.text)


def test_the_facts_of_the_application_are_there(client: FlaskClient, application: str, kari: Person) -> None:
    page = client.get(f"/applications/{application}").text
    assert facts(page) == {
        "Søkernr": "NOM1001",
        "Opptak": "Samordna opptak 2027-HØST-NOM",
        "Saksbehandlingsfase": "J",
        "Grunnlag": "Samtykke 01.11.2026",
        "Opptatt": "ikke kjent ja nei Lagre Opptatt",
        "Alternativer": "MAT-B Bachelor i matematikk FYS-B",
    }
    assert html.fromstring(page).xpath("//ol[@class='alternatives']/li/@value") == ["1", "3"]
    assert KARI_NUMBER not in page
    assert "Ubehandlet resultat N" in words(page)
    assert 'id="finish"' not in page


@pytest.mark.parametrize(
    ("given", "withdrawn", "basis"),
    [
        ("2026-11-01", "2026-11-02T00:30", "Samtykke trukket 02.11.2026"),
        ("", "", "Samtykke mangler"),
    ],
)
def test_a_consent_that_is_not_there_is_told(
    client: FlaskClient, house: House, application: str, given: str, withdrawn: str, basis: str
) -> None:
    record = ApplicationRecord(application, KARI_NUMBER, "2027-HØST-NOM", None, None, None, given, withdrawn)
    take_in_application(house.store, house.settings, record, NOW)
    assert facts(client.get(f"/applications/{application}").text)["Grunnlag"] == basis


def test_with_a_statute_the_basis_is_the_statute(
    client: FlaskClient, house: House, application: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(house.settings), "basis_at", lambda *_: LegalPeriod(basis=Basis.STATUTE))
    assert facts(client.get(f"/applications/{application}").text)["Grunnlag"] == "Hjemmel"


def test_a_press_orders_for_the_application_and_vis_leads_to_the_person(
    client: FlaskClient, house: House, application: str, kari: Person, sources: dict[int, FakeSource]
) -> None:
    sources[UIO].answer = found(bachelor(), course("MAT1100", parent=0))
    answer = client.post(f"/applications/{application}/orders")
    house.fanout.settle(10)
    page = client.get(answer.location).text
    said = words(page)
    assert (answer.status_code, answer.location) == (303, f"/applications/{application}")
    assert "Bestilt 24.11.2026 09.14" in said
    assert "Universitetet i Oslo: 2 nye Fullfør" in said
    assert html.fromstring(page).xpath("//form[@class='press']/a/@href") == [f"/people/{kari.id}"]


def test_finishing_says_who_did_it_and_marks_what_changed_as_seen(
    client: FlaskClient, house: House, application: str, fetched: Fetch, sources: dict[int, FakeSource]
) -> None:
    sources[UIO].answer = found(course("MAT1100", "D"))
    fetched()
    page = client.get(f"/applications/{application}").text
    assert finish(client, application, page)[0] == 303
    said = words(client.get(f"/applications/{application}").text)
    assert "Ubehandlet resultat N Sist fullført i dag 09.14 av" in said
    assert notices.count_unseen(house.store.db) == 0


def test_what_came_since_the_page_was_opened_is_not_finished_with(
    client: FlaskClient, house: House, application: str, kari: Person, fetched: Fetch, sources: dict[int, FakeSource]
) -> None:
    sources[UIO].answer = found(course("MAT1100", "D"))
    fetched()
    page = client.get(f"/applications/{application}").text
    with house.store.write() as db:
        notices.raise_notice(db, kari.id, [UIO], NOW + timedelta(seconds=1))
    status, said = finish(client, application, page)
    assert (status, "Nye endringer er kommet siden siden ble åpnet." in said) == (409, True)
    assert notices.count_unseen(house.store.db) == 1
    assert finish(client, application, client.get(f"/applications/{application}").text)[0] == 303


def test_a_second_press_keeps_who_finished_first(
    client: FlaskClient, house: House, application: str, fetched: Fetch, sources: dict[int, FakeSource]
) -> None:
    sources[UIO].answer = found(course("MAT1100", "D"))
    fetched()
    with house.store.write() as db:
        assert applications.finish(db, application, "olsen", NOW)
    status, said = finish(client, application, "<p/>")
    assert (status, "Søknaden er allerede fullført i dag 09.14 av olsen." in said) == (409, True)
    found_again = applications.application(house.store.db, application)
    assert found_again is not None
    assert found_again.finished_by == "olsen"


def test_there_is_nothing_to_finish_before_anything_has_changed(client: FlaskClient, application: str) -> None:
    status, said = finish(client, application, "<p/>")
    assert (status, "Søknaden har ingen ubehandlede resultater." in said) == (409, True)


def test_only_what_changed_since_it_was_finished_has_to_be_handled(
    client: FlaskClient, house: House, application: str, fetched: Fetch, sources: dict[int, FakeSource]
) -> None:
    sources[UIO].answer = found(course("MAT1100", "D"))
    sources[UIB].answer = found(course("INF100"), institution=UIB)
    fetched()
    with house.store.write() as db:
        for table in ("external_studies", "result_changes"):
            db.execute(f"UPDATE {table} SET changed_at = ?", [as_text(NOW - timedelta(days=1))])
        applications.finish(db, application, "olsen", NOW - timedelta(minutes=1))
    sources[UIO].answer = found(course("MAT1100", "B"))
    fetched()
    said = words(client.get(f"/applications/{application}/handling").text)
    assert "J endret i dag 09.14 Universitetet i Oslo: D → B Fullfør Sist fullført i dag 09.13 av olsen" in said


def test_other_applications_and_cases_are_a_press_away(
    client: FlaskClient, house: House, application: str, kari: Person
) -> None:
    take_in_admission(house.store, house.settings, AdmissionRecord("2027-VÅR-MASTER"), NOW)
    take_in_application(house.store, house.settings, ApplicationRecord("M7", KARI_NUMBER, "2027-VÅR-MASTER"), NOW)
    house.store.db.execute(
        """INSERT INTO cases (person_id, type, status, applied_on, created_at, created_by, changed_at, changed_by)
        VALUES (?, 'INNPASS', 'BEHANDLES', '2026-11-01', '', '', '', '')""",
        [kari.id],
    )
    page = client.get(f"/applications/{application}").text
    assert "Søknad M7 2027-VÅR-MASTER Sak 1 INNPASS (BEHANDLES)" in words(page)
    assert html.fromstring(page).xpath("//main//ul/li/a/@href") == ["/applications/M7", "/cases/1"]


@pytest.mark.parametrize("way", ["", "/handling", "/finish", "/orders"])
def test_an_unknown_applicant_number_is_404(client: FlaskClient, way: str) -> None:
    ask = client.get if way in ("", "/handling") else client.post
    assert ask(f"/applications/NOM7{way}").status_code == 404


@pytest.mark.parametrize(("said", "known"), [("J", True), ("N", False), ("", None)])
def test_whether_the_applicant_was_admitted_is_told(
    house: House, client: FlaskClient, application: str, said: str, known: bool | None
) -> None:
    for answer, stands in (("J", True), (said, known)):
        told = client.post(f"/applications/{application}/admitted", data={"admitted": answer})
        assert told.status_code == 303
        found = applications.application(house.store.db, application)
        assert found is not None
        assert found.admitted is stands
    assert client.post(f"/applications/{application}/admitted", data={"admitted": "X"}).status_code == 400
