"""Brukere, for the system administrator."""

import pytest
from flask.testing import FlaskClient
from lxml import html

from lent_screens import screens_of
from local_accounts import local_user, told, traced
from signing_in import signed_in
from webapp.house import House
from webapp.model import Role, UserKind
from webapp.store import attempts, users

ADMINISTRATOR = "system-administrator"


@pytest.fixture
def admin(home: House) -> FlaskClient:
    """The browser of the only system administrator, whose id is 1."""
    return browser_of(home, Role.SYSTEM_ADMINISTRATOR)


@pytest.fixture
def kberg(home: House, admin: FlaskClient) -> str:
    """The path of a caseworker who sits at a screen."""
    return f"/users/{local_user(home, Role.CASEWORKER).user.id}"


def browser_of(home: House, *roles: Role) -> FlaskClient:
    """The browser of somebody with these roles who has signed in."""
    return signed_in(screens_of(home).test_client(), home, *roles)


def _known(home: House, path: str) -> tuple[set[str], bool]:
    found = users.user(home.store.db, int(path.rpartition("/")[2]))
    assert found is not None
    return set(found.roles), found.is_active


def test_the_list_tells_who_is_what_and_who_is_here(admin: FlaskClient, kberg: str) -> None:
    rows = html.fromstring(admin.get("/users").text).xpath("//tbody/tr")
    assert [[cell.text_content().strip() for cell in row] for row in rows] == [
        ["kberg", "–", "Saksbehandler", "lokal", "kan logge inn", "–", "0"],
        [ADMINISTRATOR, "–", "Systemadministrator", "lokal", "ikke satt opp", "i dag 09.14", "1"],
    ]


@pytest.mark.parametrize("role", [Role.READER, Role.CASEWORKER, Role.CASE_ADMINISTRATOR, Role.AUDITOR])
def test_nobody_else_administers_users(home: House, kberg: str, role: Role) -> None:
    browser = browser_of(home, role)
    assert browser.get("/users").status_code == browser.get(kberg).status_code == 403
    assert browser.post(f"{kberg}/roles", data={"role": role}).status_code == 403


def test_roles_are_changed_at_once(home: House, admin: FlaskClient, kberg: str) -> None:
    answer = admin.post(f"{kberg}/roles", data={"role": ["reader", "auditor", "emperor"]})
    assert (answer.status_code, answer.location) == (303, kberg)
    assert _known(home, kberg) == ({"reader", "auditor"}, True)
    assert traced(home)[-1] == (ADMINISTRATOR, "administered")
    assert '"before": "caseworker"' in told(home)


def test_a_user_without_a_role_is_refused(home: House, admin: FlaskClient, kberg: str) -> None:
    answer = admin.post(f"{kberg}/roles")
    assert (answer.status_code, "minst én rolle" in answer.text) == (422, True)
    assert _known(home, kberg) == ({"caseworker"}, True)


def test_a_user_who_is_put_off_is_out_at_once(home: House, admin: FlaskClient) -> None:
    browser = browser_of(home, Role.CASEWORKER)
    assert browser.get("/cases").status_code == 200
    admin.post("/users/2/off")
    assert browser.get("/cases").status_code == 302
    admin.post("/users/2/on")
    assert browser.get("/cases").status_code == 302, "what has ended does not go on"
    assert _known(home, "/users/2") == ({"caseworker"}, True)


def test_sessions_are_ended_everywhere(home: House, admin: FlaskClient) -> None:
    desk, phone = (
        browser_of(home, Role.CASEWORKER),
        browser_of(home, Role.CASEWORKER),
    )
    admin.post("/users/2/sign-out")
    assert desk.get("/cases").status_code == phone.get("/cases").status_code == 302
    assert '"count": "2"' in told(home)


def test_the_last_system_administrator_stays(home: House, admin: FlaskClient) -> None:
    answer = admin.post("/users/1/off")
    assert answer.status_code == 422
    assert "den siste systemadministratoren" in answer.text
    assert _known(home, "/users/1") == ({ADMINISTRATOR}, True)
    local_user(home, Role.SYSTEM_ADMINISTRATOR, name="second")
    assert admin.post("/users/1/off").status_code == 303


def test_nobody_gives_themselves_a_role(home: House, admin: FlaskClient) -> None:
    answer = admin.post("/users/1/roles", data={"role": [ADMINISTRATOR, "caseworker"]})
    assert answer.status_code == 422
    assert "dine egne roller" in answer.text
    assert _known(home, "/users/1") == ({ADMINISTRATOR}, True)


def test_a_user_is_added_and_the_link_shown_once(home: House, admin: FlaskClient) -> None:
    form = {"name": " nhansen ", "display-name": "Nora Hansen", "role": ["reader", "auditor", "emperor"]}
    answer = admin.post("/users", data=form)
    page = html.fromstring(answer.text)
    link = page.xpath("string(//code[@class='set-up-link'])")
    assert (answer.status_code, page.xpath("normalize-space(//h1)")) == (200, "nhansen")
    assert answer.headers["Cache-Control"] == "no-store"
    added = users.user_named(home.store.db, "nhansen")
    assert added
    assert (added.display_name, added.roles, added.kind) == ("Nora Hansen", {"reader", "auditor"}, UserKind.LOCAL)
    assert link not in admin.get(f"/users/{added.id}").text
    assert admin.get(link).status_code == 200
    assert traced(home)[-1] == (ADMINISTRATOR, "administered")
    assert link.rpartition("/")[2] not in told(home)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": "KBERG", "role": "reader"}, "Brukernavnet KBERG er i bruk"),
        ({"name": "nhansen"}, "minst én rolle"),
        ({"name": "n", "role": "reader"}, "2 til 64 bokstaver"),
    ],
)
def test_who_cannot_be_added_is_told_with_what_was_typed(
    home: House, admin: FlaskClient, kberg: str, form: dict[str, str], sentence: str
) -> None:
    answer = admin.post("/users", data=form | {"display-name": "Nora Hansen"})
    page = html.fromstring(answer.text)
    assert (answer.status_code, sentence in page.xpath("string(//*[@role='alert'])")) == (422, True)
    assert page.xpath("//form[@action='/users']//input[@type='text']/@value") == [form["name"], "Nora Hansen"]
    assert page.xpath("//form[@action='/users']//input[@checked]/@value") == ([form["role"]] if "role" in form else [])
    assert len(users.all_users(home.store.db)) == 2


def test_the_roles_of_who_comes_from_elsewhere_are_not_changed_here(home: House, admin: FlaskClient) -> None:
    with home.store.write() as db:
        feide = users.add(db, "feide", [Role.READER], UserKind.OIDC, "test", home.clock(), subject="x y")
    page = html.fromstring(admin.get(f"/users/{feide}").text)
    assert not page.xpath("//input[@name='role']")
    assert "settes på nytt hver gang brukeren logger inn med OpenID Connect" in page.text_content()
    answer = admin.post(f"/users/{feide}/roles", data={"role": "auditor"})
    assert (answer.status_code, "Rollene settes på nytt ved hver innlogging" in answer.text) == (422, True)
    assert _known(home, f"/users/{feide}") == ({"reader"}, True)


def test_a_new_link_is_shown_once(admin: FlaskClient, kberg: str) -> None:
    answer = admin.post(f"{kberg}/link")
    link = html.fromstring(answer.text).xpath("string(//code[@class='set-up-link'])")
    assert link.startswith("http://localhost/set-up/")
    assert link not in admin.get(kberg).text
    assert "lenke til oppsett gjelder til" in admin.get(kberg).text
    assert admin.get(link).status_code == 200


def test_no_link_for_who_signs_in_elsewhere_or_is_off(home: House, admin: FlaskClient, kberg: str) -> None:
    with home.store.write() as db:
        feide = users.add(db, "feide", [Role.READER], UserKind.OIDC, "test", home.clock(), subject="x y")
    assert "ikke inn med passord" in admin.post(f"/users/{feide}/link").text
    admin.post(f"{kberg}/off")
    assert "Slå på brukeren først" in admin.post(f"{kberg}/link").text


def test_a_locked_account_is_unlocked(home: House, admin: FlaskClient, kberg: str) -> None:
    subject = attempts.of_account("kberg")
    with home.store.write() as db:
        for _ in range(5):
            attempts.take(db, subject, attempts.ACCOUNT, home.clock())
    assert "låst til i dag 09.15" in admin.get(kberg).text
    admin.post(f"{kberg}/unlock")
    assert attempts.locked_until(home.store.db, subject, home.clock()) is None
    assert "kan logge inn" in admin.get(kberg).text


def test_a_user_who_is_not_there(admin: FlaskClient) -> None:
    assert admin.get("/users/99").status_code == admin.post("/users/99/off").status_code == 404


def test_without_sign_in_the_list_says_how_to_begin(house: House) -> None:
    client = screens_of(house).test_client()
    assert "eksternstudium user add" in client.get("/users").text
    assert "Ny lokal bruker" not in client.get("/users").text
