"""API-nøkler: the tokens of programs, made and revoked by a system administrator."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import tokens
from webapp.accounts.tokens import WrongToken
from webapp.errors import Refusal
from webapp.model import SCOPES, ApiToken, Right
from webapp.store import api_tokens
from webapp.web.current import caseworker, house, may
from webapp.web.labels import scope_name
from webapp.web.language import gettext, said
from webapp.web.lists import day_of
from webapp.web.words import date_of, moment_of

routes = Blueprint("api_tokens", __name__)


@dataclass(frozen=True)
class TokenRow:
    """A token in the list; `state` names its icon."""

    id: int
    name: str
    prefix: str
    scopes: str
    until: str
    made: str
    seen: str
    state: str
    words: str
    in_use: bool


@routes.get("/api-tokens")
def listing() -> ResponseReturnValue:
    """All tokens, and the form of a new one."""
    return _page()


@routes.post("/api-tokens")
def make() -> ResponseReturnValue:
    """Make a token. The answer shows it, and no page after that."""
    name = request.form.get("name", "")
    scopes = [scope for scope in _offered() if scope in request.form.getlist("scope")]
    try:
        until = day_of(request.form.get("until", "").strip())
        token = tokens.make(
            house().store, house().settings.zone, name, scopes, until, caseworker(), house().clock(), "api_tokens.make"
        )
    except Refusal as refusal:
        field = refusal.field if isinstance(refusal, WrongToken) else "until"
        return _page(typed=request.form, chosen=scopes, wrong={field: said(refusal)}), 422
    answer = make_response(_page(made=token, made_name=name.strip()))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@routes.get("/api-tokens/<int:token_id>/revoke")
def ask_revoke(token_id: int) -> ResponseReturnValue:
    """Is that meant?"""
    return render_template("api_token_revoke.html", token=_row(_known(token_id)))


@routes.post("/api-tokens/<int:token_id>/revoke")
def revoke(token_id: int) -> ResponseReturnValue:
    """Let a token open nothing any more."""
    _known(token_id)
    tokens.revoke(house().store, token_id, caseworker(), house().clock(), "api_tokens.revoke")
    return redirect(url_for("api_tokens.listing"), 303)


def _offered() -> list[Right]:
    """What somebody can give a token here: nobody reads by a token what they may not read themselves."""
    return [scope for scope in SCOPES if may(scope)]


def _page(
    typed: Mapping[str, str] | None = None,
    chosen: list[Right] | None = None,
    wrong: Mapping[str, str] = {},
    **more: Any,
) -> str:
    latest = house().clock().astimezone(house().settings.zone).date() + timedelta(days=tokens.MOST_DAYS)
    return render_template(
        "api_tokens.html",
        tokens=[_row(token) for token in api_tokens.all_tokens(house().store.db)],
        scopes={scope.value: scope_name(scope) for scope in _offered()},
        chosen=chosen or [],
        typed=typed or {},
        wrong=wrong,
        latest=f"{latest:%d.%m.%Y}",
        **more,
    )


def _row(token: ApiToken) -> TokenRow:
    zone, now = house().settings.zone, house().clock()
    state, words = "found", gettext("I bruk")
    if token.revoked_at is not None:
        when, who = date_of(token.revoked_at, zone), token.revoked_by
        state, words = "gone", gettext("Trukket tilbake %(when)s av %(who)s", when=when, who=who)
    elif not token.opens(now):
        state, words = "gone", gettext("Gått ut")
    return TokenRow(
        id=token.id,
        name=token.name,
        prefix=f"{token.prefix}…",
        scopes=", ".join(scope_name(scope) for scope in SCOPES if scope in token.scopes),
        until=f"{token.ends_at.astimezone(zone) - timedelta(days=1):%d.%m.%Y}",
        made=gettext("%(when)s av %(who)s", when=date_of(token.created_at, zone), who=token.created_by),
        seen=moment_of(token.seen_at, zone, now) if token.seen_at else gettext("aldri"),
        state=state,
        words=words,
        in_use=token.revoked_at is None,
    )


def _known(token_id: int) -> ApiToken:
    return api_tokens.token(house().store.db, token_id) or abort(404)
