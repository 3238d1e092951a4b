"""Sign-in by OpenID Connect, from the form of ours to the provider and back: who gets in, and who does not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

from lent_screens import screens_of
from local_accounts import Clock, with_accounts
from misbehaviours import BadServer, Speech, answer, drips, says, says_nothing
from openid_provider import (
    CLIENT_ID,
    PASSWORD,
    SECRET,
    Provider,
    elliptic,
    provided,
    rsa,
    signed_by,
    signed_by_public_key,
    unsigned,
)
from signing_in import signed_in, user_with, with_sign_in
from webapp.errors import Refusal
from webapp.house import House
from webapp.limit_settings import Limits
from webapp.model import Act, Role, UserKind
from webapp.oidc_settings import Oidc, RoleValues
from webapp.store import users
from webapp.web.access import COOKIE
from webapp.web.factory import create_app
from world import NOW

GROUP = "fc:org:example.no:opptak"
OTHER_GROUP = "fc:org:example.no:revisjon"


@dataclass
class Scene:
    """A provider, and the browser of somebody who wants in."""

    provider: Provider
    provider_app: Flask
    house: House
    clock: Clock

    @cached_property
    def there(self) -> FlaskClient:
        """The browser at the provider."""
        return self.provider_app.test_client()

    @cached_property
    def browser(self) -> FlaskClient:
        """The browser at the screens, with the usual settings unless others were opened."""
        return self.open()

    def settings(self, **more: object) -> Oidc:
        """The usual settings, with others in place of some."""
        usual = {
            "issuer": self.provider.url,
            "client_id": CLIENT_ID,
            "secret_env": "OPENID_SECRET",
            "roles": RoleValues(caseworker=(GROUP,), auditor=(OTHER_GROUP,)),
            "timeout_seconds": 5,
        }
        return Oidc(**(usual | more))

    def open(self, **more: object) -> FlaskClient:
        """Open the screens, with settings in place of the usual, in another browser."""
        house = with_accounts(self.house, self.clock, oidc=self.settings(**more))
        self.browser = create_app(house).test_client()
        return self.browser

    def sets_out(self, **form: str) -> str:
        """Press the button; gives where the page leads."""
        page = self.browser.post("/sign-in/openid/begin", data=form)
        assert page.status_code == 200, page.text
        return link_of(page)

    def comes_from(self, address: str) -> str:
        """Sign in at the provider; gives where it leads back to."""
        path = address.removeprefix(self.provider.url)
        back = self.there.post(path, data={"password": PASSWORD})
        assert back.status_code == 302, back.text
        return back.headers["Location"].removeprefix("http://localhost")

    def signs_in(self, **form: str) -> TestResponse:
        """The whole way."""
        return self.browser.get(self.comes_from(self.sets_out(**form)))

    @property
    def is_in(self) -> bool:
        return self.browser.get("/").status_code == 200

    @property
    def traced(self) -> list[tuple[str, str, str]]:
        return list(
            self.house.store.db.execute("SELECT by, act, content FROM trace JOIN trace_contents ON entry_id = id")
        )


def link_of(page: TestResponse) -> str:
    (link,) = html.fromstring(page.text).cssselect("main a.ds-button")
    (refresh,) = html.fromstring(page.text).cssselect("meta[http-equiv=refresh]")
    assert refresh.get("content") == f"0; url={link.get('href')}"
    return str(link.get("href"))


def words(page: TestResponse) -> str:
    return " ".join(html.fromstring(page.text).cssselect("main")[0].text_content().split())


@pytest.fixture(scope="module")
def served_provider() -> Iterator[tuple[Provider, Flask]]:
    with provided(NOW) as both:
        yield both


@pytest.fixture
def scene(house: House, served_provider: tuple[Provider, Flask], monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A provider that behaves, and says of its user what makes a caseworker."""
    monkeypatch.setenv("OPENID_SECRET", SECRET)
    provider, app = served_provider
    fresh = Provider(NOW, provider.url, claims={"groups": [GROUP], "name": "Kari Berg", "email": "kberg@example.no"})
    provider.__dict__.update(fresh.__dict__)
    return Scene(provider, app, house, Clock())


def test_somebody_with_a_role_comes_in_where_they_wanted(scene: Scene) -> None:
    back = scene.signs_in(next="/people?x=1")
    assert (back.status_code, back.headers["Location"]) == (303, "/people?x=1")
    assert scene.is_in
    user = users.user_with_subject(scene.house.store.db, f"{scene.provider.url} {scene.provider.subject}")
    assert user is not None
    assert (user.name, user.display_name, user.kind, user.roles) == (
        "kberg@example.no",
        "Kari Berg",
        UserKind.OIDC,
        {Role.CASEWORKER},
    )
    assert scene.traced == [("kberg@example.no", Act.SIGNED_IN, "{}")]


def test_roles_are_set_anew_at_each_sign_in(scene: Scene) -> None:
    scene.signs_in()
    scene.provider.claims["groups"] = [OTHER_GROUP]
    scene.signs_in()
    assert [user.roles for user in users.all_users(scene.house.store.db)] == [{Role.AUDITOR}]


def test_who_has_lost_the_last_role_is_out_everywhere(scene: Scene) -> None:
    scene.signs_in()
    elsewhere, scene.provider.claims["groups"] = scene.browser, []
    scene.open()
    assert scene.signs_in().status_code == 403
    assert elsewhere.get("/").status_code != 200
    assert scene.house.store.db.execute("SELECT count(*) FROM sessions").fetchone() == (0,)


def test_without_a_role_somebody_is_told_whom_to_ask_and_is_nobody_here(scene: Scene) -> None:
    scene.provider.claims["groups"] = ["fc:org:example.no:andre"]
    scene.open(contact="brukerstøtte, hjelp@example.no")
    back = scene.signs_in()
    assert back.status_code == 403
    assert "ingen rolle i Eksternstudium. Be om tilgang hos: brukerstøtte, hjelp@example.no." in words(back)
    assert (scene.is_in, users.all_users(scene.house.store.db)) == (False, [])
    assert scene.traced == [("", Act.REFUSED, '{"cause": "no role"}')]
    assert "prompt=login" in scene.sets_out(again="1")


def test_who_is_disabled_stays_out(scene: Scene) -> None:
    scene.signs_in()
    (user,) = users.all_users(scene.house.store.db)
    with scene.house.store.write() as db:
        users.set_active(db, user.id or 0, False)
    back = scene.signs_in()
    assert (back.status_code, scene.is_in) == (403, False)
    assert "Brukeren din er stengt" in words(back)


def test_a_name_that_is_taken_gets_the_issuer_behind_it(scene: Scene) -> None:
    user_with(scene.house, Role.SYSTEM_ADMINISTRATOR, name="KBERG@example.no")
    scene.signs_in()
    scene.provider.subject = "another"
    scene.signs_in()
    names = sorted(user.name for user in users.all_users(scene.house.store.db))
    assert names == ["KBERG@example.no", "kberg@example.no (localhost)", "kberg@example.no (localhost, 2)"]


def test_an_identity_number_is_no_name(scene: Scene) -> None:
    scene.provider.claims |= {"preferred_username": "21883649874", "email": "a\nb\x00c ", "name": "Kari 218836 49874"}
    scene.signs_in()
    assert [(user.name, user.display_name) for user in users.all_users(scene.house.store.db)] == [("a b c", "")]


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("groups", GROUP),
        ("groups", [GROUP, "other"]),
        ("groups.id", [{"id": GROUP, "type": "org"}]),
        ("https://n.feide.no/claims/eduPersonEntitlement", [GROUP]),
        ("realm.roles", {"roles": [GROUP]}),
    ],
)
def test_the_claim_with_the_roles_may_be_a_text_a_list_or_a_path(scene: Scene, claim: str, said: object) -> None:
    scene.open(roles_claim=claim)
    scene.provider.claims = {"name": "Kari Berg", claim if "//" in claim else claim.partition(".")[0]: said}
    scene.signs_in()
    assert scene.is_in


def test_userinfo_is_asked_for_what_the_id_token_does_not_say(scene: Scene) -> None:
    scene.provider.claims, scene.provider.info = {}, {"groups": [GROUP], "preferred_username": "kberg"}
    scene.signs_in()
    assert [user.name for user in users.all_users(scene.house.store.db)] == ["kberg"]


def test_groups_may_have_an_address_of_their_own(scene: Scene) -> None:
    scene.open(roles_claim="id", groups_url=f"{scene.provider.url}/groups")
    scene.provider.claims, scene.provider.groups = {}, [{"id": "fc:adhoc:1"}, {"id": GROUP}]
    scene.signs_in()
    assert scene.is_in


def test_a_new_key_is_fetched_once(scene: Scene) -> None:
    scene.signs_in()
    scene.provider.keys, scene.provider.sign = [elliptic("2")], signed_by(elliptic("2"), "ES256")
    scene.provider.asked.clear()
    scene.signs_in()
    assert (scene.is_in, scene.provider.asked.count("/jwks")) == (True, 1)
    scene.signs_in()
    assert scene.provider.asked.count("/jwks") == 1


def test_what_the_provider_says_of_itself_is_asked_for_anew_each_hour(scene: Scene) -> None:
    for minutes, asked in ((0, 1), (59, 1), (60, 2)):
        scene.clock.now = NOW + timedelta(minutes=minutes)
        scene.sets_out()
        assert scene.provider.asked.count("/.well-known/openid-configuration") == asked


@pytest.mark.parametrize(("method", "secret"), [("client_secret_post", "OPENID_SECRET"), ("none", None)])
def test_the_client_says_who_it_is_as_the_provider_wants_it(scene: Scene, method: str, secret: str | None) -> None:
    scene.provider.metadata["token_endpoint_auth_methods_supported"] = [method]
    scene.open(secret_env=secret)
    scene.signs_in()
    assert scene.is_in


def test_a_wrong_client_secret_lets_nobody_in(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENID_SECRET", "wrong")
    assert scene.signs_in().status_code == 403
    assert scene.traced == [("", Act.REFUSED, '{"cause": "HTTP status 401"}')]


def test_trying_again_leads_to_what_was_wanted(scene: Scene) -> None:
    scene.provider.answers["error"] = "access_denied"
    form = html.fromstring(scene.signs_in(next="/people").text).cssselect("form[action='/sign-in/openid/begin']")[0]
    scene.provider.answers.clear()
    assert scene.signs_in(**dict(form.fields)).headers["Location"] == "/people"


def again(scene: Scene) -> str:
    back = scene.comes_from(scene.sets_out())
    scene.browser.get(back)
    scene.browser.delete_cookie(COOKIE)
    return back


def late(scene: Scene) -> str:
    back = scene.comes_from(scene.sets_out())
    scene.clock.go(minutes=10)
    return back


def in_another_browser(scene: Scene) -> str:
    back = scene.comes_from(scene.sets_out())
    scene.open()
    return back


def with_a_planted_state(scene: Scene) -> str:
    """Somebody else's sign-in is carried on in a browser that is on a way of its own."""
    planted = scene.comes_from(scene.sets_out())
    scene.open()
    scene.sets_out()
    return planted


def with_wrong_state(scene: Scene) -> str:
    scene.provider.answers = {"state": "wrong"}
    return scene.comes_from(scene.sets_out())


@pytest.mark.parametrize(
    "way",
    [again, late, in_another_browser, with_a_planted_state, with_wrong_state, lambda _: "/sign-in/openid/return"],
)
def test_a_visit_ends_once_in_time_and_in_its_own_browser(scene: Scene, way: Callable[[Scene], str]) -> None:
    path = way(scene)
    back = scene.browser.get(path)
    assert (back.status_code, scene.is_in) == (400, False)
    assert "tok for lang tid, eller den er brukt før" in words(back)
    assert scene.traced[-1][1] == Act.REFUSED


def test_two_tabs_may_sign_in_at_once(scene: Scene) -> None:
    first, second = scene.sets_out(next="/people"), scene.sets_out(next="/cases")
    for address, wanted in ((first, "/people"), (second, "/cases")):
        assert scene.browser.get(scene.comes_from(address)).headers["Location"] == wanted


#: What the provider does wrong, and what the trace says of it.
WRONG: dict[str, tuple[Callable[[Provider], object], str]] = {
    "another nonce": (lambda p: p.claims.update(nonce="wrong"), "InvalidClaimError of nonce"),
    "no nonce": (lambda p: p.claims.update(nonce=None), "InvalidClaimError of nonce"),
    "another audience": (lambda p: p.claims.update(aud="someone-else"), "InvalidClaimError of aud"),
    "no audience": (lambda p: p.claims.update(aud=None), "MissingClaimError of aud"),
    "two audiences and nobody authorized": (
        lambda p: p.claims.update(aud=[CLIENT_ID, "someone-else"]),
        "MissingClaimError of azp",
    ),
    "another authorized party": (lambda p: p.claims.update(azp="someone-else"), "InvalidClaimError of azp"),
    "another issuer": (lambda p: p.claims.update(iss="https://evil.example"), "InvalidClaimError of iss"),
    "no subject": (lambda p: p.claims.update(sub=""), "InvalidClaimError of sub"),
    "a subject that is no text": (lambda p: p.claims.update(sub=["a"]), "InvalidClaimError of sub"),
    "expired": (lambda p: p.claims.update(p.times(timedelta(minutes=-10))), "ExpiredTokenError of exp"),
    "expires never": (lambda p: p.claims.update(exp=None), "InvalidClaimError of exp"),
    "expires at no time": (lambda p: p.claims.update(exp="tomorrow"), "InvalidClaimError of exp"),
    "not yet valid": (lambda p: p.claims.update(nbf=p.times(timedelta(minutes=5))["iat"]), "InvalidClaimError of nbf"),
    "made in the future": (lambda p: p.claims.update(p.times(timedelta(minutes=5))), "InvalidClaimError of iat"),
    "for another access token": (lambda p: p.tokens.update(access_token="other"), "InvalidClaimError of at_hash"),
    "unsigned": (lambda p: setattr(p, "sign", unsigned), "UnsupportedAlgorithmError"),
    "signed by the public key": (lambda p: setattr(p, "sign", signed_by_public_key), "UnsupportedAlgorithmError"),
    "signed by an unknown key": (lambda p: setattr(p, "sign", signed_by(rsa("9"))), "InvalidKeyIdError"),
    "signed by an unknown key under a known name": (
        lambda p: setattr(p, "sign", signed_by(rsa("9"), kid="1")),
        "BadSignatureError",
    ),
    "signed by a key of another kind": (
        lambda p: setattr(p, "sign", signed_by(elliptic("2"), "ES256", kid="1")),
        "the ID token was refused",
    ),
    "signed by a key in its own header": (
        lambda p: (
            setattr(p, "keys", [elliptic("1")]),
            setattr(p, "sign", signed_by(elliptic("9"), "ES256", kid="1", jwk=elliptic("9").as_dict(private=False))),
        ),
        "BadSignatureError",
    ),
    "no ID token": (lambda p: p.tokens.update(id_token=None), "its tokens cannot be read (id_token)"),
    "an ID token that is none": (lambda p: p.tokens.update(id_token="a.b"), "the ID token was refused"),
    "an ID token that is no text": (lambda p: p.tokens.update(id_token=7), "its tokens cannot be read (id_token)"),
    "an access token that breaks headers": (
        lambda p: p.tokens.update(access_token="a\r\nb: c"),
        "its tokens cannot be read (access_token)",
    ),
    "a wrong code": (lambda p: p.answers.update(code="wrong"), "HTTP status 400"),
    "no code": (lambda p: p.answers.update(code=""), "HTTP status 400"),
    "an answer of another issuer": (lambda p: p.answers.update(iss="https://evil.example"), "names another issuer"),
    "no issuer in the answer, though promised": (
        lambda p: p.metadata.update(authorization_response_iss_parameter_supported=True),
        "names another issuer",
    ),
    "userinfo of another user": (
        lambda p: (p.claims.pop("groups"), p.info.update(sub="someone-else", groups=[GROUP])),
        "the userinfo is about somebody else",
    ),
    "groups of another user": (
        lambda p: (p.claims.pop("groups"), setattr(p, "groups", {"sub": "someone-else", "groups": [GROUP]})),
        "the groups are about somebody else",
    ),
    "given up": (lambda p: p.answers.update(error="access_denied"), "the provider said access_denied"),
    "a failure of its own": (lambda p: p.answers.update(error="server_error"), "the provider said server_error"),
    "words of an attacker": (lambda p: p.answers.update(error="<script>\n"), "the provider said something unknown"),
}


@pytest.mark.parametrize("name", WRONG)
def test_whoever_comes_with_something_wrong_stays_out(
    scene: Scene, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    do_wrong, cause = WRONG[name]
    scene.open(groups_url=f"{scene.provider.url}/groups")
    do_wrong(scene.provider)
    back = scene.signs_in()
    assert (back.status_code in (403, 503), scene.is_in) == (True, False)
    assert len(html.fromstring(back.text).xpath("//*[@role='alert']/p")) == 1
    ((by, act, content),) = scene.traced
    assert (by, act) == ("", Act.REFUSED)
    assert cause in content
    assert cause in caplog.text
    assert "eyJ" not in content + caplog.text + back.text  # how each JWT begins
    assert users.all_users(scene.house.store.db) == []


SLOW = 0.3
SPEECHES: dict[str, tuple[Speech, int]] = {
    "hangs": (says_nothing, 503),
    "drips": (drips(answer(b"{", media_type="application/json", length=99_999)), 503),
    "is huge": (says(answer(b'{"a": "' + b"x" * 1_000_001 + b'"}', media_type="application/json")), 403),
    "leads elsewhere": (says(answer(b"", 307, Location="http://169.254.169.254/")), 403),
    "is down": (says(answer(b"", 503)), 503),
    "says what is no JSON": (says(answer(b"<p>Nei", media_type="text/html")), 403),
    "says what is no object": (says(answer(b"[1]", media_type="application/json")), 403),
    "says what are no keys": (says(answer(b'{"keys": [7]}', media_type="application/json")), 403),
    "says nesting without end": (says(answer(b"[" * 100_000, media_type="application/json")), 403),
}


@pytest.mark.parametrize(
    ("endpoint", "speech"),
    [
        *(("token_endpoint", speech) for speech in SPEECHES),
        *((endpoint, speech) for endpoint in ("jwks_uri", "userinfo_endpoint") for speech in ("hangs", "is huge")),
        *(("jwks_uri", speech) for speech in ("says what is no object", "says what are no keys")),
    ],
)
def test_a_provider_that_misbehaves_lets_nobody_in(scene: Scene, endpoint: str, speech: str) -> None:
    del scene.provider.claims["groups"]
    scene.open(timeout_seconds=SLOW)
    speak, status = SPEECHES[speech]
    with BadServer(speak) as bad:
        scene.provider.metadata[endpoint] = f"{bad.url}/x"
        back = scene.signs_in()
        assert bad.all_freed()
    assert (back.status_code, scene.is_in) == (status, False)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "http://evil.example/authorize"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": None},
    ],
)
def test_a_configuration_that_is_not_right_leads_nowhere(scene: Scene, metadata: dict[str, str | None]) -> None:
    scene.provider.metadata = metadata
    page = scene.browser.post("/sign-in/openid/begin")
    assert page.status_code == 403
    assert "kunne ikke godtas" in words(page)


def test_a_provider_that_is_not_there_is_told(scene: Scene) -> None:
    scene.open(issuer="http://127.0.0.1:9")
    page = scene.browser.post("/sign-in/openid/begin")
    assert page.status_code == 503
    assert "Feide svarte ikke. Prøv igjen om litt." in words(page)


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\r\nb: c"])
def test_nobody_is_led_elsewhere(scene: Scene, wanted: str) -> None:
    assert scene.signs_in(next=wanted).headers["Location"] == "/"


def test_the_request_has_what_protects_it(scene: Scene) -> None:
    page = scene.browser.post("/sign-in/openid/begin")
    address, (cookie,) = link_of(page), page.headers.getlist("Set-Cookie")
    assert "&code_challenge_method=S256" in address
    assert "scope=openid+profile+email" in address
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/sign-in/openid" in cookie
    kept = scene.house.store.db.execute("SELECT * FROM openid_visits").fetchall()
    state = address.partition("state=")[2].partition("&")[0]
    assert state not in str(kept)
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_sign_out_ends_here_and_at_the_provider(scene: Scene) -> None:
    scene.signs_in()
    address = link_of(scene.browser.post("/sign-out"))
    assert not scene.is_in
    back = scene.there.get(address.removeprefix(scene.provider.url))
    assert scene.provider.signed_out == [scene.provider.subject]
    page = scene.browser.get(back.headers["Location"].removeprefix("http://localhost"))
    assert "Du er logget ut, også av Feide." in words(page)
    assert scene.traced[-1][:2] == ("kberg@example.no", Act.SIGNED_OUT)
    assert scene.browser.get("/sign-in/openid/signed-out?state=").status_code == 303


def test_sign_out_where_the_provider_offers_none(scene: Scene) -> None:
    scene.provider.metadata["end_session_endpoint"] = None
    scene.signs_in()
    page = scene.browser.post("/sign-out")
    assert "Du er logget ut her, men kan fortsatt være logget inn hos Feide." in words(page)
    assert not scene.is_in


def test_somebody_with_an_account_of_ours_just_leaves(scene: Scene) -> None:
    signed_in(scene.browser, scene.house, Role.READER)
    assert scene.browser.post("/sign-out").location == "/sign-in?out=1"
    assert not scene.is_in
    assert scene.traced == [("reader", Act.SIGNED_OUT, "{}")]


def test_the_id_token_lies_sealed_and_another_secret_ends_the_session_here_alone(scene: Scene) -> None:
    scene.signs_in()
    (kept,) = scene.house.store.db.execute("SELECT id_token FROM sessions").fetchone()
    assert kept
    assert "eyJ" not in kept
    (scene.house.settings.instance / "secret").write_text("t" * 32)
    assert "men kan fortsatt være logget inn hos Feide." in words(scene.browser.post("/sign-out"))
    assert not scene.is_in


def test_who_sets_out_too_often_waits(scene: Scene) -> None:
    house = with_accounts(scene.house, scene.clock, oidc=scene.settings())
    few = house.settings.settings.model_copy(update={"limits": Limits(sign_ins=2)})
    scene.browser = create_app(
        replace(house, settings=house.settings.model_copy(update={"settings": few}))
    ).test_client()
    scene.signs_in()
    scene.browser.delete_cookie(COOKIE)
    assert scene.browser.post("/sign-in/openid/begin").status_code == 429
    assert scene.browser.get("/sign-in/openid/return").status_code == 429


def test_without_a_provider_there_is_no_such_door(house: House) -> None:
    browser = screens_of(with_sign_in(house)).test_client()
    assert browser.post("/sign-in/openid/begin").status_code == 404
    assert browser.get("/sign-in/openid/return?state=x").status_code == 404


def test_a_secret_that_cannot_be_had_stops_the_start(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENID_SECRET")
    with pytest.raises(Refusal, match="Miljøvariabelen OPENID_SECRET mangler"):
        scene.open()
