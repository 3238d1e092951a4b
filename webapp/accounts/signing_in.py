"""Signing in to a local account: name, password and one-time code at once, so that no answer tells which was wrong."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network

from sqlite_utils import Database

from webapp.accounts import passwords
from webapp.accounts.sealing import Sealer
from webapp.accounts.second_factor import step_of
from webapp.errors import N_, Refusal
from webapp.model import Account, Act, TraceEntry, User, UserKind
from webapp.store import Store, accounts, attempts, sessions, trace, users

DOOR = "sign_in.enter"
WRONG = N_(
    "Navnet, passordet eller koden er feil, eller kontoen er låst for en stund. En kode kan brukes én gang. Vent på "
    "den neste og prøv igjen, eller be en systemadministrator om hjelp."
)


class TooMany(Refusal):
    """Too many attempts came from one address."""


@dataclass(frozen=True)
class Attempt:
    """What somebody typed, and the address that they came from."""

    name: str
    password: str = field(repr=False)
    code: str = field(repr=False)
    address: str

    @property
    def account_subject(self) -> str:
        """What the attempts at the account are counted by."""
        return attempts.of_account(self.name)

    @property
    def address_subject(self) -> str:
        """What the attempts from the address are counted by: who has one IPv6 address has its whole /64."""
        try:
            found = ip_address(self.address)
        except ValueError:
            return attempts.of_address(self.address)
        if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
            return attempts.of_address(str(ip_network((found, 64), strict=False)))
        return attempts.of_address(self.address)


def sign_in(store: Store, sealer: Sealer, attempt: Attempt, now: datetime) -> User:
    """The user who has signed in. Raises Refusal, with the same sentence after the same time, for a name that nobody
    has, for a wrong password or code, and for an account that is locked or shut; TooMany, before it looks at any of
    that, for an address that is locked."""
    is_open = _take(store, attempt, now)
    user = users.user_named(store.db, attempt.name)
    account = _account(store.db, user)
    is_right = passwords.holds(account.password if account and is_open else None, attempt.password)
    step = step_of(sealer.open(account.one_time_secret), attempt.code, now) if account else None
    better = passwords.hashed(attempt.password) if account and is_right and _outdated(account) else None
    with store.write() as db:
        is_in = bool(
            user and account and is_right and step is not None and accounts.use_step(db, account.user_id, step)
        )
        _note(db, attempt, user, is_in, is_open, now)
        if is_in and account and better:
            accounts.set_password(db, account.user_id, better, now)
    if user is None or not is_in:
        raise Refusal(WRONG)
    return user


def change_password(store: Store, user: User, attempt: Attempt, wanted: str, now: datetime) -> None:
    """Give a user another password, who tells the one of before (`attempt.password`); all their sessions end. Raises
    Refusal for a wrong one, counted as when signing in, and for a new one that is not let pass."""
    passwords.check(wanted, user.name)
    is_open = _take(store, attempt, now)
    account = _account(store.db, user)
    is_right = passwords.holds(account.password if account and is_open else None, attempt.password)
    if not account or not is_right:
        raise Refusal("Passordet du har nå, er feil, eller kontoen er låst for en stund. Prøv igjen.")
    password = passwords.hashed(wanted)
    with store.write() as db:
        attempts.clear(db, attempt.account_subject)
        attempts.give_back(db, attempt.address_subject)
        accounts.set_password(db, account.user_id, password, now)
        accounts.drop_link(db, account.user_id)
        sessions.end_all_of(db, account.user_id)
        trace.append(db, TraceEntry(now, user.name, Act.CHANGED, "password.change", content={"what": "password"}))


def _take(store: Store, attempt: Attempt, now: datetime) -> bool:
    """Whether the account is open to an attempt, which is counted. Raises TooMany."""
    with store.write() as db:
        if not attempts.take(db, attempt.address_subject, attempts.ADDRESS, now):
            raise TooMany("Det er for mange mislykkede forsøk herfra. Vent en stund, og prøv igjen.")
        return attempts.take(db, attempt.account_subject, attempts.ACCOUNT, now)


def _account(db: Database, user: User | None) -> Account | None:
    if user is None or user.id is None or not user.is_active or user.kind is not UserKind.LOCAL:
        return None
    return accounts.account(db, user.id)


def _outdated(account: Account) -> bool:
    return passwords.is_outdated(account.password)


def _note(db: Database, attempt: Attempt, user: User | None, is_in: bool, is_open: bool, now: datetime) -> None:
    """A name that nobody has is not kept: it may be a password that went into the wrong field."""
    by, content = user.name if user else "", {"address": attempt.address}
    entry = TraceEntry(now, by, Act.SIGNED_IN, DOOR, content=content)
    if is_in:
        attempts.clear(db, attempt.account_subject)
        attempts.give_back(db, attempt.address_subject)
    else:
        why = ("wrong" if is_open else "locked") if user else "unknown"
        entry = replace(entry, act=Act.REFUSED, content=content | {"why": why})
    trace.append(db, entry)
