"""Local users of a house whose screens ask who is there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from unittest.mock import patch

import pyotp
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from signing_in import user_with, with_sign_in
from webapp.accounts import passwords
from webapp.accounts.sealing import sealer_of
from webapp.accounts.second_factor import NO_STEP, new_secret
from webapp.house import House
from webapp.model import Account, Role, User
from webapp.store import accounts
from world import NOW

PASSWORD = "riktig hest batteri"


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def go(self, **time: float) -> None:
        self.now += timedelta(**time)


@contextmanager
def cheap_hashes() -> Iterator[None]:
    """Hashes that take no time to make."""
    with patch.object(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)):
        passwords._nobodys.cache_clear()
        yield
    passwords._nobodys.cache_clear()


def with_accounts(house: House, clock: Clock, **more: object) -> House:
    """The same house, with local accounts and a secret that seals."""
    (house.settings.instance / "secret").write_text("s" * 32)
    return replace(with_sign_in(house, secret_file="secret", **more), clock=clock)


@dataclass(frozen=True)
class Local:
    """A local user who has set up their account."""

    user: User
    secret: str

    def code(self, at: datetime) -> str:
        return pyotp.TOTP(self.secret).at(at)


def local_user(house: House, *roles: Role, name: str = "kberg") -> Local:
    user, secret = user_with(house, *roles, name=name), new_secret()
    sealed = sealer_of(house.settings).seal(secret)
    with house.store.write() as db:
        accounts.keep(db, Account(user.id or 0, passwords.hashed(PASSWORD), sealed, NO_STEP), house.clock())
    return Local(user, secret)


def enter(client: FlaskClient, name: str, password: str, code: str, **more: str) -> TestResponse:
    return client.post("/sign-in", data={"name": name, "password": password, "code": code} | more)


def traced(house: House) -> list[tuple[str, str]]:
    """Who did what, as the trace has it."""
    return [(row["by"], row["act"]) for row in house.store.db.query("SELECT by, act FROM trace ORDER BY id")]


def told(house: House) -> str:
    """All contents of the trace."""
    return " ".join(row["content"] for row in house.store.db.query("SELECT content FROM trace_contents"))
