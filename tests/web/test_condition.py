"""Drift → Tilstand: what is to be seen to, the worst first, and for the system administrator alone."""

from flask.testing import FlaskClient
from lxml import html

from signing_in import browser_of, with_sign_in
from webapp.house import House
from webapp.model import Role


def test_the_page_tells_what_is_to_be_seen_to_the_worst_first(client: FlaskClient, house: House) -> None:
    (house.settings.instance / "settings.toml").write_text('time_zone = "Oslo"\n')
    rows = [
        [" ".join(cell.text_content().split()) for cell in row.iter("td")]
        for row in html.fromstring(client.get("/condition").text).xpath("//main//tbody/tr")
    ]
    assert rows[0][:2] == ["Innstillinger", "Feil"]
    assert rows[0][2].startswith("settings.toml, linje 1: «time_zone» kan ikke være 'Oslo'")
    states = [state for _, state, _ in rows]
    assert states == sorted(states, key=["Feil", "Bør ses til", "I orden"].index)
    assert not any("Skjermbildene kjører" in said for *_, said in rows)


def test_only_the_system_administrator_sees_it(house: House) -> None:
    house = with_sign_in(house)
    assert browser_of(house, Role.SYSTEM_ADMINISTRATOR).get("/condition").status_code == 200
    assert browser_of(house, Role.CASEWORKER).get("/condition").status_code == 403
