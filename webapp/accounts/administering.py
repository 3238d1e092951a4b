"""What an administrator does to users, and its trace."""

import re
import sqlite3
from collections.abc import Collection
from datetime import datetime

from sqlite_utils import Database

from webapp.accounts.sealing import sealer_of
from webapp.accounts.setting_up import make_link
from webapp.config import Settings
from webapp.errors import Refusal
from webapp.model import Act, Role, TraceEntry, User, UserKind
from webapp.store import Store, accounts, attempts, sessions, trace, users

#: Eleven digits would be an identity number, which must not stand in orders, addresses and the trace.
_NAME = re.compile(r"(?!.*\d{11})[a-z0-9][a-z0-9._@-]{1,63}", re.IGNORECASE)


def check_user_name(name: str) -> str:
    """A name that a local user may have, as it is. Raises Refusal for any other."""
    if not _NAME.fullmatch(name):
        raise Refusal(
            "Et brukernavn har 2 til 64 bokstaver a–z, sifre, punktum, strek og @, og aldri et fødselsnummer."
        )
    return name


class UserKeeper:
    """Administers the users of an instance in the name of `by`, who came by `door`. Everything raises Refusal where it
    cannot be done."""

    def __init__(self, store: Store, settings: Settings, by: str, door: str, now: datetime) -> None:
        self._store = store
        self._settings = settings
        self._by = by
        self._door = door
        self._now = now

    def add(self, name: str, roles: Collection[Role], display_name: str = "") -> str:
        """Add a local user; returns the token of their set-up link."""
        check_user_name(name)
        if not roles:
            raise Refusal("En bruker må ha minst én rolle.")
        sealer = sealer_of(self._settings)
        with self._store.write() as db:
            try:
                user_id = users.add(db, name, roles, UserKind.LOCAL, self._by, self._now, display_name)
            except sqlite3.IntegrityError:
                raise Refusal("Brukernavnet %(name)s er i bruk. Velg et annet.", name=name) from None
            self._note(db, name, "added", roles=" ".join(sorted(roles)))
            return make_link(db, sealer, user_id, self._now)

    def set_roles(self, user_id: int, roles: Collection[Role]) -> None:
        """Let a user be this, and nothing else."""
        if not roles:
            raise Refusal("En bruker må ha minst én rolle. Slå heller av brukeren.")
        with self._store.write() as db:
            user = _known(db, user_id)
            if user.kind is UserKind.OIDC:
                raise Refusal("Rollene settes på nytt ved hver innlogging. Endre dem der brukeren kommer fra.")
            if Role.SYSTEM_ADMINISTRATOR not in roles:
                _keep_one(db, user)
            users.set_roles(db, user_id, roles)
            self._note(db, user.name, "roles", before=" ".join(sorted(user.roles)), now=" ".join(sorted(roles)))

    def set_active(self, user_id: int, is_active: bool) -> None:
        """Let a user in, or end their sessions and let them in no more."""
        with self._store.write() as db:
            user = _known(db, user_id)
            if not is_active:
                _keep_one(db, user)
                accounts.drop_link(db, user_id)
            # Also when let in: one that began in the moment of the putting off does not go on.
            sessions.end_all_of(db, user_id)
            users.set_active(db, user_id, is_active)
            self._note(db, user.name, "enabled" if is_active else "disabled")

    def end_sessions(self, user_id: int) -> int:
        """Sign a user out wherever they are; returns how many sessions ended."""
        with self._store.write() as db:
            ended = sessions.end_all_of(db, user_id)
            self._note(db, _known(db, user_id).name, "sessions ended", count=str(ended))
        return ended

    def make_link(self, user_id: int) -> str:
        """A new set-up link of a local user; returns its token."""
        sealer = sealer_of(self._settings)
        with self._store.write() as db:
            user = _known(db, user_id)
            if user.kind is not UserKind.LOCAL:
                raise Refusal("Brukeren logger ikke inn med passord her, og har ingen lenke til oppsett.")
            if not user.is_active:
                raise Refusal("Brukeren er slått av. Slå på brukeren først.")
            self._note(db, user.name, "set-up link made")
            return make_link(db, sealer, user_id, self._now)

    def unlock(self, user_id: int) -> None:
        """Forget the failed attempts to sign in as a user."""
        with self._store.write() as db:
            user = _known(db, user_id)
            attempts.clear(db, attempts.of_account(user.name))
            self._note(db, user.name, "unlocked")

    def _note(self, db: Database, name: str, what: str, **more: str) -> None:
        content = {"user": name, "what": what} | more
        trace.append(db, TraceEntry(self._now, self._by, Act.ADMINISTERED, self._door, content=content))


def _known(db: Database, user_id: int) -> User:
    found = users.user(db, user_id)
    if found is None:
        raise Refusal("Brukeren fins ikke.")
    return found


def _keep_one(db: Database, user: User) -> None:
    """Somebody must be left who can let others in."""
    if not user.is_active or Role.SYSTEM_ADMINISTRATOR not in user.roles:
        return
    for other in users.all_users(db):
        if other.id != user.id and other.is_active and Role.SYSTEM_ADMINISTRATOR in other.roles:
            return
    raise Refusal("Dette er den siste systemadministratoren. Gjør en annen til systemadministrator først.")
