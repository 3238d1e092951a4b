"""Consents on the screens, a withdrawal that a caseworker notes, and the legal basis of each purpose."""

from dataclasses import replace
from datetime import date

import pytest
from flask.testing import FlaskClient
from lxml import html

from lent_screens import screens_of
from signing_in import ME, browser_of, with_sign_in
from webapp.config import LegalBasis
from webapp.house import House
from webapp.legal_settings import LegalPeriod
from webapp.model import Act, Basis, Person, Purpose, Role
from webapp.store import applications, orders
from world import KARI_NUMBER

LAW = LegalPeriod(basis=Basis.STATUTE, text="uhl. § 4-15", begins=date(2026, 8, 1))
ASKED = LegalPeriod(basis=Basis.CONSENT, text="Ja, del resultatene", until=date(2026, 7, 31))


def words(text: str, place: str = "main") -> str:
    return " ".join(" ".join(html.fromstring(text).get_element_by_id(place).itertext()).split())


def on(house: House, **periods: tuple[LegalPeriod, ...]) -> House:
    settings = house.settings.settings.model_copy(update={"legal_basis": LegalBasis(**periods)})
    return replace(house, settings=house.settings.model_copy(update={"settings": settings}))


def withdraw(client: FlaskClient, application: str, **more: str) -> int:
    return client.post(
        f"/applications/{application}/withdrawal", data={"day": "20.11.2026", "how": "e-post"} | more
    ).status_code


def test_a_consent_is_shown_and_cannot_be_changed(client: FlaskClient, kari: Person, application: str) -> None:
    for page in (f"/people/{kari.id}/consents", f"/applications/{application}"):
        said = words(client.get(page).text)
        assert "Samtykke til datadeling, søknad NOM1001: Gitt 01.11.2026–" in said
        assert "Datadeling etter hjemmel, opptak: Ikke aktuelt" in said
        assert "Datadeling etter hjemmel, godkjenning: I kraft" in said


def test_with_statute_a_consent_is_not_asked_for(house: House, kari: Person, application: str) -> None:
    with house.store.write() as db:
        db.execute("UPDATE applications SET consent_given_at = NULL")
    client = screens_of(on(house, admission=(ASKED, LAW))).test_client()
    said = words(client.get(f"/applications/{application}").text)
    assert "søknad NOM1001: Ikke aktuelt (hjemmel)" in said
    assert "Datadeling etter hjemmel, opptak: I kraft 01.08.2026– uhl. § 4-15" in said


def test_a_withdrawal_is_noted_traced_and_shown(client: FlaskClient, house: House, application: str) -> None:
    assert "Samtykket er trukket tilbake" in client.get(f"/applications/{application}").text
    assert withdraw(client, application, how=f"e-post fra {KARI_NUMBER}") == 303
    said = words(client.get(f"/applications/{application}").text)
    how = f"e-post fra {KARI_NUMBER[:6]} *****"
    assert (
        f"Trukket tilbake 01.11.2026–20.11.2026 Trukket: {how} (notert av {ME}). Det som ble hentet før, blir" in said
    )
    (entry,) = house.store.db.query(
        "SELECT by, door, people, content FROM trace JOIN trace_contents ON id = entry_id WHERE act = ?", [Act.CHANGED]
    )
    assert (entry["by"], entry["door"], how in entry["content"]) == (ME, "consents.withdrawal", True)
    assert withdraw(client, application) == 422


@pytest.mark.parametrize("wrong", [{"day": "31.02.2026"}, {"day": "25.11.2026"}, {"day": "01.10.2026"}, {"how": " "}])
def test_a_withdrawal_that_cannot_be_is_refused(
    client: FlaskClient, house: House, application: str, wrong: dict[str, str]
) -> None:
    assert withdraw(client, application, **wrong) == 422
    known = applications.application(house.store.db, application)
    assert known is not None and known.consent_withdrawn_at is None
    assert house.store.db.execute("SELECT count(*) FROM trace").fetchone() == (0,)


def test_a_reader_notes_no_withdrawal(house: House, application: str) -> None:
    client = browser_of(with_sign_in(house), Role.READER)
    assert "/withdrawal" not in client.get(f"/applications/{application}").text
    assert withdraw(client, application) == 403


def test_the_legal_basis_of_each_purpose_is_shown_with_how_many_have_consented(house: House, application: str) -> None:
    house = with_sign_in(on(house, admission=(ASKED.model_copy(update={"until": None}),), recognition=(ASKED, LAW)))
    page = browser_of(house, Role.SYSTEM_ADMINISTRATOR).get("/privacy/legal-basis").text
    said = words(page)
    assert "Samtykke Ja, del resultatene uten tidsgrense gjelder nå" in said
    assert "Har samtykket 1 Mangler samtykke 0 Har trukket samtykket 0" in said
    assert "Hjemmel uhl. § 4-15 01.08.2026– gjelder nå" in said
    assert "Samtykke Ja, del resultatene –31.07.2026 gjelder ikke nå" in said
    assert "consent=given" not in page
    assert "consent=given" in browser_of(house, Role.READER).get("/privacy/legal-basis").text


def test_an_order_keeps_why_it_was_placed_and_the_text_that_was_in_force(house: House, kari: Person) -> None:
    house = on(house, recognition=(ASKED, LAW))
    client, here = screens_of(house).test_client(), f"/people/{kari.id}"
    typed = {"purpose": "recognition", "reason": f"Ringte om {KARI_NUMBER}"}
    for missing in typed:
        assert client.post(f"{here}/orders", data=typed | {missing: " "}).status_code == 422
    page = html.fromstring(client.get(here).text)
    assert page.xpath("//select[@id='purpose']/option[@selected]") == []
    client.post(f"{here}/orders", data=typed)
    house.fanout.settle(10)
    (order,) = orders.orders_of(house.store.db, kari.id)
    reason = f"Ringte om {KARI_NUMBER[:6]} *****"
    assert (order.purpose, order.reason, order.basis_text) == (Purpose.RECOGNITION, reason, "uhl. § 4-15")
    for shown in (here, f"{here}/orders", f"{here}/orders/{order.id}/evidence"):
        assert reason in words(client.get(shown).text)
    evidence = words(client.get(f"{here}/orders/{order.id}/evidence").text)
    assert "Rettslig grunnlag hjemmel, uhl. § 4-15 Samtykke ikke aktuelt (hjemmel)" in evidence
