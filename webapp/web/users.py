"""Brukere: who may do what here, for the system administrator."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.administering import UserKeeper
from webapp.errors import Refusal
from webapp.model import Role, UserKind, UserLine
from webapp.store import accounts, attempts, users
from webapp.web.current import caseworker, house, user
from webapp.web.labels import role_name
from webapp.web.language import gettext, lazy_gettext, said
from webapp.web.words import moment_of

routes = Blueprint("users", __name__, url_prefix="/users")

KIND_NAMES = {
    UserKind.LOCAL: lazy_gettext("lokal"),
    UserKind.OIDC: lazy_gettext("OpenID Connect"),
    UserKind.PROGRAM: lazy_gettext("program"),
    UserKind.MACHINE: lazy_gettext("maskinens bruker"),
}


@routes.get("")
def listing() -> ResponseReturnValue:
    """All users, and the form of a new one."""
    return _list()


@routes.post("")
def add() -> ResponseReturnValue:
    """Add a local user. The answer shows their set-up link, and no page after that."""
    name = request.form.get("name", "").strip()
    try:
        token = _administering().add(name, _ticked(), request.form.get("display-name", "").strip())
    except Refusal as refusal:
        return _list(said(refusal), request.form), 422
    added = users.user_named(house().store.db, name)
    return _page_with_link(added.id if added and added.id else abort(404), token)


@routes.get("/<int:user_id>")
def show(user_id: int) -> ResponseReturnValue:
    """A user, and what can be done."""
    return _page(user_id)


@routes.post("/<int:user_id>/roles")
def roles(user_id: int) -> ResponseReturnValue:
    """Let them be what is ticked, and nothing else. Nobody gives themselves a role."""
    asking = user()
    if asking is not None and asking.id == user_id:
        return _page(user_id, gettext("Du kan ikke endre dine egne roller. Be en annen systemadministrator.")), 422
    return _done(user_id, lambda keeper: keeper.set_roles(user_id, _ticked()))


@routes.post("/<int:user_id>/off")
def put_off(user_id: int) -> ResponseReturnValue:
    """Let them in no more."""
    return _done(user_id, lambda keeper: keeper.set_active(user_id, False))


@routes.post("/<int:user_id>/on")
def put_on(user_id: int) -> ResponseReturnValue:
    """Let them in again."""
    return _done(user_id, lambda keeper: keeper.set_active(user_id, True))


@routes.post("/<int:user_id>/sign-out")
def sign_out(user_id: int) -> ResponseReturnValue:
    """Sign them out wherever they are."""
    return _done(user_id, lambda keeper: keeper.end_sessions(user_id))


@routes.post("/<int:user_id>/unlock")
def unlock(user_id: int) -> ResponseReturnValue:
    """Forget that somebody failed to sign in as them."""
    return _done(user_id, lambda keeper: keeper.unlock(user_id))


@routes.post("/<int:user_id>/link")
def link(user_id: int) -> ResponseReturnValue:
    """A new set-up link, shown this once."""
    try:
        token = _keeper(user_id).make_link(user_id)
    except Refusal as refusal:
        return _page(user_id, said(refusal)), 422
    return _page_with_link(user_id, token)


def _done(user_id: int, do: Callable[[UserKeeper], object]) -> ResponseReturnValue:
    try:
        do(_keeper(user_id))
    except Refusal as refusal:
        return _page(user_id, said(refusal)), 422
    return redirect(url_for("users.show", user_id=user_id), 303)


def _keeper(user_id: int) -> UserKeeper:
    """What administers a user in the reader's name; 404 for one who is not there."""
    _line(user_id)
    return _administering()


def _administering() -> UserKeeper:
    return UserKeeper(house().store, house().settings, caseworker(), request.endpoint or "", house().clock())


def _ticked() -> list[Role]:
    return [role for role in Role if role in request.form.getlist("role")]


def _page_with_link(user_id: int, token: str) -> Response:
    """A user's page with their set-up link, which no browser keeps."""
    base = house().settings.settings.address or request.host_url.rstrip("/")
    answer = make_response(_page(user_id, link=base + url_for("set_up.show", token=token)))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _line(user_id: int) -> UserLine:
    lines = _lines(user_id)
    return lines[0] if lines else abort(404)


def _lines(user_id: int | None = None) -> list[UserLine]:
    return accounts.lines(house().store.db, house().clock(), house().settings.settings.idle, user_id)


def _list(refusal: str = "", typed: Mapping[str, str] = {}) -> str:
    sign_in = house().settings.settings.sign_in
    lines = _lines()
    locks = _locks(lines)
    return render_template(
        "users.html",
        lines=[(line, _state(line, locks.get(line.user.name)), _moment(line.seen_at)) for line in lines],
        can_add=sign_in is not None and sign_in.local,
        refusal=refusal,
        typed=typed,
        chosen=_ticked(),
        **_names(),
    )


def _page(user_id: int, refusal: str = "", link: str = "") -> str:
    line, sign_in = _line(user_id), house().settings.settings.sign_in
    locked_until = _locks([line]).get(line.user.name)
    return render_template(
        "user.html",
        line=line,
        user=line.user,
        state=_state(line, locked_until),
        seen=_moment(line.seen_at),
        is_local=line.user.kind is UserKind.LOCAL,
        is_from_elsewhere=line.user.kind is UserKind.OIDC,
        elsewhere=sign_in.oidc.title if sign_in and sign_in.oidc else KIND_NAMES[UserKind.OIDC],
        is_locked=locked_until is not None,
        refusal=refusal,
        link=link,
        **_names(),
    )


def _names() -> dict[str, object]:
    return {"role_names": {role: role_name(role) for role in Role}, "kind_names": KIND_NAMES}


def _state(line: UserLine, locked_until: datetime | None) -> str:
    """Whether the user can sign in, in words."""
    if not line.user.is_active:
        return gettext("slått av")
    if locked_until is not None:
        return gettext("låst til %(time)s", time=_moment(locked_until))
    if line.link_until is not None:
        return gettext("lenke til oppsett gjelder til %(time)s", time=_moment(line.link_until))
    if line.user.kind is UserKind.LOCAL and not line.has_password:
        return gettext("ikke satt opp")
    return gettext("kan logge inn")


def _locks(lines: Sequence[UserLine]) -> Mapping[str, datetime]:
    """Until when those are locked who are, by name."""
    subjects = {line.user.name: attempts.of_account(line.user.name) for line in lines}
    locks = attempts.locks(house().store.db, subjects.values(), house().clock())
    return {name: locks[subject] for name, subject in subjects.items() if subject in locks}


def _moment(at: datetime | None) -> str:
    return moment_of(at, house().settings.zone, house().clock()) if at else ""
