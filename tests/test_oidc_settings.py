"""`[sign_in.oidc]` is checked at the start; a wrong line is told with its number and what is allowed."""

from pathlib import Path

import pytest

from webapp.config import read_settings
from webapp.errors import Refusal
from webapp.model import Role
from webapp.oidc_settings import RoleValues, values_at

LEAST = """[sign_in.oidc]
issuer = "https://auth.example.no"
client_id = "eksternstudium"
[sign_in.oidc.roles]
caseworker = ["opptak", "studieadministrasjon"]
"""


def test_issuer_client_and_one_role_are_enough(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(LEAST)
    sign_in = read_settings(tmp_path, {}).settings.sign_in
    assert sign_in is not None
    assert sign_in.oidc is not None
    assert (sign_in.local, sign_in.oidc.title, sign_in.oidc.roles_claim) == (False, "Feide", "groups")
    assert sign_in.oidc.secret(tmp_path, {}) is None


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (
            "https://",
            "http://",
            "settings.toml, linje 2: «issuer» kan ikke være 'http://auth.example.no'. Tillatt: adr",
        ),
        ("auth.example.no", "auth.example.no?a=b", "linje 2: «issuer»"),
        ("auth.example.no", "user@auth.example.no", "linje 2: «issuer»"),
        ('client_id = "eksternstudium"\n', "", "linje 1: «client_id» mangler. Tillatt: klient-ID-en"),
        ("client_id", "klient", "«client_id» mangler"),
        ("[sign_in.oidc.roles]", 'secret = "abc"\n[sign_in.oidc.roles]', "linje 4: «secret» er ikke kjent"),
        ("caseworker", "saksbehandler", "linje 5: «saksbehandler» er ikke kjent. Tillatt: reader, caseworker, case_ad"),
        ('["opptak", "studieadministrasjon"]', "[]", "«roles» kan ikke være det som står der. Tillatt: et avsnitt"),
        (
            '["opptak", "studieadministrasjon"]',
            '"opptak"',
            "linje 5: «caseworker» kan ikke være 'opptak'. Tillatt: verd",
        ),
        (LEAST, "sign_in = 3", "linje 1: «sign_in» kan ikke være 3. Tillatt: et avsnitt [sign_in]"),
        ("[sign_in.oidc.roles]", 'groups_url = "ftp://a"\n[sign_in.oidc.roles]', "linje 4: «groups_url»"),
        ("[sign_in.oidc.roles]", 'scopes = ["a b"]\n[sign_in.oidc.roles]', "linje 4: «scopes»"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, before: str, after: str, sentence: str) -> None:
    (tmp_path / "settings.toml").write_text(LEAST.replace(before, after))
    with pytest.raises(Refusal) as refused:
        read_settings(tmp_path, {})
    assert sentence in str(refused.value)


def test_one_value_may_give_several_roles_and_an_unknown_one_none() -> None:
    roles = RoleValues(reader=("a",), case_administrator=("a", "b"))
    assert roles.of(frozenset({"a"})) == {Role.READER, Role.CASE_ADMINISTRATOR}
    assert roles.of(frozenset({"A", ""})) == frozenset()


@pytest.mark.parametrize(
    ("said", "path", "values"),
    [
        ({"groups": ["a", 7, None, ["b"]]}, "groups", {"a", "b"}),
        ({"a.b": "x", "a": {"b": "y"}}, "a.b", {"x"}),
        ([{"id": "a"}, {"id": "b"}, "id"], "id", {"a", "b"}),
        ({"a": {"b": [{"c": "x"}]}}, "a.b.c", {"x"}),
        ({"a": "b"}, "a.b", set()),
        ("groups", "groups", set()),
    ],
)
def test_a_path_finds_texts_and_nothing_else(said: object, path: str, values: set[str]) -> None:
    assert values_at(said, path) == values
