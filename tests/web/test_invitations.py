"""Be studenten levere: the caseworker's invitation, the student's way to a portal, and what a portal may send back."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

from lent_screens import screens_of
from portal import catalogue, entry, keys, packed, signed
from webapp.config import Settings
from webapp.fetching import inviting as fetching_inviting
from webapp.house import House
from webapp.model import (
    Institution,
    InvitationState,
    Learner,
    LeftOut,
    LeftOutReason,
    Person,
    Study,
    Transcript,
)
from webapp.source_settings import Downtime, EmrexSettings
from webapp.sources.elmo import write
from webapp.store import invitations, orders, results
from webapp.store.institutions import remember
from webapp.web import deliver
from world import KARI_NUMBER, NOW, UIB, UIO, bachelor, course, transcript

PORTALS = 9900
INIT = "https://portal.example/init"
FROM_PORTAL = {"Origin": "https://portal.example", "Sec-Fetch-Site": "cross-site"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """An instance with a registry of three portals, in a file."""
    settings.instance.mkdir(parents=True, exist_ok=True)
    more = entry("https://ladok.example/emrex", "SE", "Ladok", more="<institution>Umeå universitet</institution>")
    other = entry("https://second.example/init", "NO", "Den andre portalen")
    (settings.instance / "registry.xml").write_bytes(catalogue(entry(INIT), other, more))
    source = EmrexSettings(institution=PORTALS, name="Portaler", registry="registry.xml")
    return settings.model_copy(update={"sources": (*settings.sources, source)})


@pytest.fixture
def house(house: House) -> House:
    """What the student brings may stand under the portals."""
    with house.store.write() as db:
        remember(db, [Institution(PORTALS, {"nb": "Portaler"})])
    return house


class Student:
    """Kari, with her own browser, on the way from the link to the portal and back."""

    def __init__(self, house: House, client: FlaskClient, kari: Person) -> None:
        self.house, self.kari = house, kari
        self.caseworker = client
        self.browser = client.application.test_client()
        self.link = ""
        self.session = ""

    def is_invited(self, **about: str) -> None:
        page = self.caseworker.post(f"/people/{self.kari.id}/invitations", data={"purpose": "recognition"} | about)
        assert page.status_code == 201
        self.link = html.fromstring(page.text).xpath("string(//input[@id='link']/@value)")

    def goes(self, portal: str = INIT) -> TestResponse:
        answer = self.browser.post(self.link, data={"portal": portal})
        self.session = html.fromstring(answer.text).xpath("string(//input[@name='sessionId']/@value)")
        return answer

    def comes_back(self, xml: bytes | None = None, code: str = "EMP_OK", **form: str) -> TestResponse:
        sent = {"sessionId": self.session, "returnCode": code, "returnMessage": ""} | form
        if xml is not None:
            sent["elmo"] = packed(xml)
        # Without cookies: a browser sends none with a form from another site.
        stranger = self.browser.application.test_client()
        return stranger.post("/deliver/return", data=sent, headers=FROM_PORTAL, follow_redirects=True)

    def delivers(self, said: Transcript) -> TestResponse:
        """The whole journey with a document that the portal has signed."""
        if not self.link:
            self.is_invited()
        self.goes()
        return self.comes_back(signed(write(said, NOW), keys()))

    @property
    def state(self) -> InvitationState:
        return invitations.of_person(self.house.store.db, self.kari.id)[0].state(self.house.clock())

    @property
    def rows(self) -> list[str]:
        db = self.house.store.db
        return sorted(row.result.code or "" for study in results.studies_of(db, self.kari.id) for row in study.results)

    @property
    def listed(self) -> str:
        page = self.caseworker.get(f"/people/{self.kari.id}/invitations")
        return " ".join(html.fromstring(page.text).get_element_by_id("invitations").text_content().split())


@pytest.fixture
def student(house: House, client: FlaskClient, kari: Person) -> Student:
    return Student(house, client, kari)


def both(*more: Study) -> Transcript:
    """What Kari has from two institutions."""
    said = transcript(bachelor(), course("MAT1100", parent=0))
    return replace(said, studies=(*said.studies, Study(Institution(UIB), (course("INF1"),)), *more))


def title_of(answer: TestResponse) -> str:
    return html.fromstring(answer.text).xpath("normalize-space(//h1)")


def test_what_a_portal_sends_is_merged_at_once_and_told_to_both(student: Student) -> None:
    student.is_invited()
    assert "Ikke åpnet ennå" in student.listed
    student.browser.get(student.link)
    assert "Åpnet i dag 09.14" in student.listed
    student.goes()
    assert "Hos portalen siden i dag 09.14" in student.listed
    answer = student.comes_back(signed(write(both(), NOW), keys()))
    assert title_of(answer) == "Takk: 3 resultater fra 2 institusjoner er levert"
    assert student.rows == ["BIO3", "INF1", "MAT1100"]
    assert "Levert: 3 resultater fra 2 institusjoner" in student.listed
    assert "Signaturen er gyldig: CN=portal.example" in student.listed
    assert "Personen stemmer (avstand 0)" in student.listed
    (left,) = student.house.store.db["trace"].rows_where("door = 'deliver.come_back'")
    assert (left["by"], left["act"], left["people"]) == ("student", "changed", f"[{student.kari.id}]")


def test_the_order_says_on_what_basis_and_from_where(student: Student, application: str) -> None:
    student.is_invited(application=application)
    student.delivers(both())
    (order,) = orders.orders_of(student.house.store.db, student.kari.id)
    assert (order.basis, order.purpose, order.application) == ("consent", "admission", application)
    assert {line.fetch.institution for line in orders.lines_of(student.house.store.db, order.id)} == {UIO, UIB}


def test_results_of_an_unknown_issuer_stand_under_the_portals(student: Student) -> None:
    student.delivers(both(Study(Institution(None, {"en": "Uppsala"}, schac="uu.se"), (course("SWE1"),))))
    studies = results.studies_of(student.house.store.db, student.kari.id)
    assert {study.institution for study in studies} == {UIO, UIB, PORTALS}


def test_what_a_student_leaves_out_is_not_gone(student: Student) -> None:
    student.delivers(both())
    student.link = ""
    student.delivers(transcript(course("TIT1")))
    assert student.rows == ["BIO3", "INF1", "MAT1100", "TIT1"]
    rows = [row for study in results.studies_of(student.house.store.db, student.kari.id) for row in study.results]
    assert all(row.gone_at is None for row in rows)


def test_old_portals_say_ncp(student: Student) -> None:
    student.is_invited()
    student.goes()
    answer = student.comes_back(signed(write(both(), NOW), keys()), code="NCP_OK")
    assert title_of(answer).startswith("Takk")


def test_a_document_that_was_changed_on_the_way_is_refused(student: Student) -> None:
    student.is_invited()
    student.goes()
    forged = signed(write(both(), NOW), keys()).replace(b">B<", b">A<")
    answer = student.comes_back(forged)
    assert title_of(answer) == "Resultatene ble avvist"
    assert "samme lenken" in answer.text
    assert student.rows == []
    assert "Avvist: signaturen stemmer ikke" in student.listed
    student.delivers(both())
    assert student.state is InvitationState.DELIVERED


@pytest.mark.parametrize("by", [None, "somebody.example"], ids=["unsigned", "unknown key"])
def test_what_nobody_vouches_for_waits_for_the_caseworker(student: Student, by: str | None) -> None:
    student.is_invited()
    student.goes()
    xml = write(both(), NOW)
    assert title_of(student.comes_back(signed(xml, keys(by)) if by else xml)).startswith("Takk: 3 resultater")
    assert student.state is InvitationState.SET_ASIDE
    assert student.rows == []
    order = orders.orders_of(student.house.store.db, student.kari.id)[0]
    line = orders.lines_of(student.house.store.db, order.id)[0]
    aside = f"/people/{student.kari.id}/fetches/{line.fetch.id}"
    assert "ikke signert av portalen" in student.caseworker.get(f"{aside}/set-aside").text
    student.caseworker.post(f"{aside}/accept", data={"reason": "Sett vitnemålet."})
    assert student.rows == ["BIO3", "INF1", "MAT1100"]


def test_a_document_about_somebody_else_is_set_aside_with_the_distance(student: Student) -> None:
    said = replace(both(), learner=Learner((), "Karen", "Nordmann", date(1990, 1, 1)))
    assert title_of(student.delivers(said)).startswith("Takk")
    assert student.state is InvitationState.SET_ASIDE
    assert student.rows == []
    assert "(avstand 102)" in student.listed
    assert "fødselsdatoen stemmer ikke" in student.listed


@pytest.mark.parametrize(
    ("code", "title", "state", "again"),
    [
        ("EMP_NO_RESULTS", "Ingen resultater å levere", InvitationState.NO_RESULTS, 410),
        ("NCP_NO_RESULTS", "Ingen resultater å levere", InvitationState.NO_RESULTS, 410),
        ("EMP_CANCEL", "Du avbrøt", InvitationState.FAILED, 200),
        ("EMP_ERROR", "Prøveportalen kunne ikke hente resultatene", InvitationState.FAILED, 200),
        ("EMP_PARTIAL", "Resultatene kom ikke fram", InvitationState.FAILED, 200),
        ("OK", "Resultatene kom ikke fram", InvitationState.FAILED, 200),
    ],
)
def test_each_code_has_its_end(student: Student, code: str, title: str, state: InvitationState, again: int) -> None:
    student.is_invited()
    student.goes()
    assert title_of(student.comes_back(code=code)) == title
    assert student.state is state
    assert student.browser.get(student.link).status_code == again


def test_what_a_portal_says_is_plain_text(student: Student) -> None:
    student.is_invited()
    student.goes()
    answer = student.comes_back(code="EMP_ERROR", returnMessage="<script>alert(1)</script>")
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;" in answer.text
    assert "&lt;script&gt;" in student.caseworker.get(f"/people/{student.kari.id}/invitations").text


def test_a_bomb_and_rubbish_come_to_nothing(student: Student) -> None:
    student.is_invited()
    for xml in (b" " * 30_000_000, b"<!DOCTYPE elmo><elmo/>", b"<elmo/>", b"%PDF-1.4"):
        student.goes()
        assert title_of(student.comes_back(xml)) == "Resultatene kom ikke fram"
    student.goes()
    assert title_of(student.comes_back(elmo="ikke base64 æøå")) == "Resultatene kom ikke fram"
    assert student.state is InvitationState.FAILED


def test_a_form_beyond_the_limit_is_not_read(student: Student, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "FORM_LIMIT_BYTES", 1000)
    student.is_invited()
    student.goes()
    answer = student.comes_back(elmo="A" * 2000)
    assert (answer.status_code, title_of(answer)) == (413, "Resultatene er for store")


def test_a_session_is_used_once(student: Student) -> None:
    student.delivers(both())
    answer = student.comes_back(signed(write(transcript(course("MER1")), NOW), keys()))
    assert (answer.status_code, title_of(answer)) == (404, "Vi finner ikke leveringen din")
    assert "MER1" not in student.rows


@pytest.mark.parametrize("session", ["", "0" * 32, "ukjent", "\ud800"])
def test_an_unknown_session_is_told_apart_from_trouble(student: Student, session: str) -> None:
    student.is_invited()
    student.goes()
    student.session = session.encode("utf-8", "replace").decode()
    answer = student.comes_back(signed(write(both(), NOW), keys()))
    assert (answer.status_code, title_of(answer)) == (404, "Vi finner ikke leveringen din")
    assert student.rows == []


def test_a_session_ends_after_an_hour_and_with_the_next(student: Student) -> None:
    student.is_invited()
    student.goes()
    earlier = student.session
    student.house.clock = lambda: NOW + timedelta(minutes=1)
    student.goes()
    late, student.session = student.session, earlier
    assert student.comes_back(code="EMP_CANCEL").status_code == 404
    student.house.clock = lambda: NOW + timedelta(minutes=61)
    student.session = late
    assert student.comes_back(signed(write(both(), NOW), keys())).status_code == 404
    assert student.rows == []
    assert student.state is InvitationState.OPENED


def test_a_withdrawn_invitation_is_of_no_use_even_at_the_portal(student: Student) -> None:
    student.is_invited()
    student.goes()
    student.caseworker.post(f"/people/{student.kari.id}/invitations/1/withdraw")
    assert "Trukket tilbake 24.11.2026 av" in student.listed
    assert student.comes_back(signed(write(both(), NOW), keys())).status_code == 404
    answer = student.browser.get(student.link)
    assert (answer.status_code, title_of(answer)) == (410, "Invitasjonen er trukket tilbake")
    assert student.goes().status_code == 410


def test_an_invitation_expires(student: Student) -> None:
    student.is_invited()
    assert "til og med 08.12.2026" in student.browser.get(student.link).text
    student.house.clock = lambda: datetime(2026, 12, 8, 22, 59, tzinfo=UTC)
    assert student.browser.get(student.link).status_code == 200
    student.house.clock = lambda: datetime(2026, 12, 8, 23, tzinfo=UTC)
    answer = student.browser.get(student.link)
    assert (answer.status_code, title_of(answer)) == (410, "Invitasjonen er utløpt")
    assert "Utløpt uten levering" in student.listed
    assert student.goes().status_code == 410


def test_a_link_delivers_once(student: Student) -> None:
    student.delivers(both())
    answer = student.browser.get(student.link)
    assert (answer.status_code, title_of(answer)) == (410, "Du har alt levert")
    assert student.goes().status_code == 410


def test_a_wrong_link_leads_nowhere(student: Student) -> None:
    answer = student.browser.get("/deliver/ukjent")
    assert (answer.status_code, title_of(answer)) == (404, "Lenken fins ikke")


def test_the_database_holds_neither_link_nor_session(student: Student) -> None:
    student.is_invited()
    student.goes()
    student.house.store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = student.house.settings.database.read_bytes()
    assert student.link.rpartition("/")[2].encode() not in kept
    assert student.session.encode() not in kept
    assert re.fullmatch("[0-9a-f]{32}", student.session)


def test_the_student_sees_nothing_of_the_person_but_the_first_name(student: Student) -> None:
    student.is_invited()
    pages = [student.browser.get(student.link).text, student.goes().text, student.comes_back(code="EMP_CANCEL").text]
    assert "Hei, Kari" in pages[0]
    for page in pages:
        assert not any(secret in page for secret in ("Nordmann", KARI_NUMBER, KARI_NUMBER[:6], "1998", "/people/"))


def test_the_students_pages_are_kept_by_nobody(student: Student) -> None:
    student.is_invited()
    for answer in (student.browser.get(student.link), student.goes()):
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert 'content="noindex, nofollow"' in answer.text


def test_forms_may_go_to_the_portal_from_its_own_page_alone(student: Student) -> None:
    student.is_invited()
    assert "form-action 'self';" in student.browser.get(student.link).headers["Content-Security-Policy"]
    answer = student.goes()
    assert "form-action https://portal.example https:;" in answer.headers["Content-Security-Policy"]
    form = html.fromstring(answer.text).forms[0]
    assert (form.method, form.action) == ("POST", INIT)
    assert form.fields["returnUrl"] == "http://localhost/deliver/return"


def test_the_outer_address_can_be_set(student: Student) -> None:
    inner = student.house.settings.settings.model_copy(update={"address": "https://eksternstudium.example"})
    student.house.settings = student.house.settings.model_copy(update={"settings": inner})
    student.is_invited()
    assert student.link.startswith("https://eksternstudium.example/deliver/")
    student.link = student.link.removeprefix("https://eksternstudium.example")
    assert 'value="https://eksternstudium.example/deliver/return"' in student.goes().text


def test_a_country_shows_its_portals(student: Student) -> None:
    student.is_invited()
    names = html.fromstring(student.browser.get(student.link).text).xpath("//input[@name='portal']/@value")
    assert names == ["https://second.example/init", INIT]
    sweden = html.fromstring(student.browser.get(f"{student.link}?country=SE").text)
    assert sweden.xpath("//input[@name='portal'][@checked]/@value") == ["https://ladok.example/emrex"]
    assert "Umeå universitet" in sweden.text_content()
    assert student.browser.get(f"{student.link}?country=XX").status_code == 200


def test_a_portal_that_is_not_in_the_registry_is_not_gone_to(student: Student) -> None:
    student.is_invited()
    assert student.goes("https://evil.example/").status_code == 422
    assert student.session == ""


def test_the_language_can_be_chosen(student: Student) -> None:
    student.is_invited()
    # Another application: the caseworker's client keeps its context, and Flask-Babel the language in it.
    student.browser = screens_of(student.house).test_client()
    answer = student.browser.get(f"{student.link}?language=en", follow_redirects=True)
    assert html.fromstring(answer.text).get("lang") == "en"
    assert "Sweden" in answer.text


def test_the_way_back_leads_to_the_link_where_the_browser_remembers_it(student: Student) -> None:
    student.is_invited()
    student.goes()
    student.comes_back(code="EMP_CANCEL")
    again = html.fromstring(student.browser.get(f"/deliver/receipt/{student.session}").text)
    assert again.xpath("//main//a/@href") == [student.link.removeprefix("http://localhost")]


def test_only_the_portals_form_may_come_from_elsewhere(student: Student) -> None:
    student.is_invited()
    assert student.browser.post(student.link, data={"portal": INIT}, headers=FROM_PORTAL).status_code == 403
    answer = student.caseworker.post(f"/people/{student.kari.id}/invitations", headers=FROM_PORTAL)
    assert answer.status_code == 403


def test_a_registry_that_cannot_be_had_is_told(student: Student) -> None:
    student.is_invited()
    (student.house.settings.instance / "registry.xml").unlink()
    answer = student.browser.get(student.link)
    assert (answer.status_code, title_of(answer)) == (503, "Listen over portaler er ikke tilgjengelig")


def test_a_source_that_is_switched_off_says_until_when(student: Student) -> None:
    student.is_invited()
    *others, source = student.house.settings.sources
    off = Downtime.model_validate({"from": NOW, "until": datetime(2026, 11, 25, 6, tzinfo=UTC), "reason": "bytte"})
    source = source.model_copy(update={"downtime": (off,)})
    student.house.settings = student.house.settings.model_copy(update={"sources": (*others, source)})
    answer = student.browser.get(student.link)
    assert (answer.status_code, title_of(answer)) == (503, "Leveringen er stengt akkurat nå")
    assert "25.11.2026 kl. 07.00" in answer.text


def test_failed_results_alone_are_no_results_and_are_kept(student: Student) -> None:
    failed = LeftOut("MAT100", {"nb": "Matematikk"}, LeftOutReason.FAILED)
    said = replace(transcript(), studies=(Study(Institution(UIO)),), left_out=(failed,))
    assert title_of(student.delivers(said)) == "Ingen resultater å levere"
    assert len(orders.orders_of(student.house.store.db, student.kari.id)) == 1


def test_without_portals_nobody_can_be_invited(student: Student) -> None:
    others = student.house.settings.sources[:-1]
    student.house.settings = student.house.settings.model_copy(update={"sources": others})
    assert student.caseworker.get(f"/people/{student.kari.id}/invitations").status_code == 404
    assert "Be studenten levere" not in student.caseworker.get(f"/people/{student.kari.id}").text
    answer = student.caseworker.post(f"/people/{student.kari.id}/invitations", data={"purpose": "recognition"})
    assert answer.status_code == 422


def test_the_tab_leads_to_the_invitations(student: Student) -> None:
    page = html.fromstring(student.caseworker.get(f"/people/{student.kari.id}").text)
    assert f"/people/{student.kari.id}/invitations" in page.xpath("//nav//a/@href")


def test_an_application_of_somebody_else_is_not_found(student: Student) -> None:
    assert student.caseworker.get(f"/people/{student.kari.id}/invitations?application=nei").status_code == 404
    assert student.caseworker.get(f"/people/{student.kari.id}/invitations?case=7").status_code == 404


def test_a_slip_of_ours_shows_the_student_nothing_of_ours(student: Student, monkeypatch: pytest.MonkeyPatch) -> None:
    student.is_invited()
    student.goes()
    monkeypatch.setattr(fetching_inviting, "deliver", lambda *_, **__: 1 / 0)
    answer = student.comes_back(signed(write(both(), NOW), keys()))
    assert title_of(answer) == "Resultatene kom ikke fram"
    assert "Det oppsto en feil hos oss" in student.listed
    monkeypatch.setattr(deliver.inviting, "opened", lambda *_: 1 / 0)
    student.caseworker.application.testing = False
    page = student.browser.get(student.link)
    assert page.status_code == 500
    assert "/search" not in page.text
