"""A real browser signs in at a real OpenID provider at another site, comes to what it wanted, and signs out there."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from axe import AXE
from local_accounts import Clock, with_accounts
from openid_provider import CLIENT_ID, PASSWORD, SECRET, Provider, provided
from serving import screens_served
from webapp.house import House
from webapp.model import Person
from webapp.oidc_settings import Oidc, RoleValues
from webapp.web.factory import create_app
from world import NOW

pytestmark = pytest.mark.browser


@pytest.fixture
def provider() -> Iterator[Provider]:
    with provided(NOW) as (provider, _):
        provider.claims = {"groups": ["opptak"], "name": "Kari Berg", "email": "kberg@example.no"}
        yield provider


@pytest.fixture
def address(house: House, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("OPENID_SECRET", SECRET)
    roles = RoleValues(caseworker=("opptak",))
    oidc = Oidc(issuer=provider.url, client_id=CLIENT_ID, secret_env="OPENID_SECRET", roles=roles)
    with screens_served(create_app(with_accounts(house, Clock(), oidc=oidc))) as url:
        provider.home = url
        yield url


def sends(page: Page, path: str, **fields: str) -> None:
    """Send a form of ours from the page at hand, under that page's policy."""
    page.evaluate(
        """([path, fields]) => {
            const form = Object.assign(document.createElement("form"), {method: "post", action: path});
            for (const [name, value] of Object.entries(fields)) {
                form.append(Object.assign(document.createElement("input"), {name, value}));
            }
            document.body.append(form);
            form.submit();
        }""",
        [path, fields],
    )


def test_the_whole_way_in_and_out(page: Page, address: str, provider: Provider, kari: Person) -> None:
    wanted = f"/people/{kari.id}"
    page.goto(address + wanted)
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("Nordmann")
    sends(page, "/sign-in/openid/begin", next=wanted)
    page.get_by_label("Passord").fill(PASSWORD)
    assert page.url.startswith(f"{provider.url}/authorize?")
    page.get_by_role("button", name="Logg inn").click()
    expect(page.get_by_role("heading", name="Nordmann, Kari")).to_be_visible()
    assert page.url == address + wanted

    sends(page, "/sign-out")
    expect(page.get_by_text("Du er logget ut, også av Feide.")).to_be_visible()
    assert provider.signed_out == [provider.subject]
    page.goto(address + wanted)
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("Nordmann")
    sends(page, "/sign-in/openid/begin", next=wanted)
    expect(page.get_by_label("Passord")).to_be_visible()


def test_the_provider_lets_in_again_who_is_signed_in_there(page: Page, address: str, provider: Provider) -> None:
    page.goto(f"{address}/sign-in/openid/return")
    expect(page.get_by_role("alert")).to_be_visible()
    page.evaluate(AXE)
    assert page.evaluate("axe.run().then(found => found.violations.map(each => each.id))") == []
    page.get_by_role("button", name="Logg inn med Feide").press("Enter")
    page.get_by_label("Passord").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}/")
    page.context.clear_cookies(name="eksternstudium-session")
    page.goto(f"{address}/sign-in/openid/return")
    page.get_by_role("button", name="Logg inn med Feide").click()
    expect(page).to_have_url(f"{address}/")
