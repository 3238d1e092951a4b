"""The set-up link: somebody chooses a password and ties an authenticator to their account, once."""

from datetime import datetime, timedelta

from sqlite_utils import Database

from webapp.accounts import passwords
from webapp.accounts.sealing import Sealer
from webapp.accounts.second_factor import new_secret, step_of
from webapp.errors import Refusal
from webapp.model import Account, Act, SetupLink, TraceEntry
from webapp.store import Store, accounts, attempts, sessions, trace

LASTS = timedelta(hours=72)


def make_link(db: Database, sealer: Sealer, user_id: int, now: datetime) -> str:
    """A new set-up link of a local user, within a writing transaction; returns its token. What they sign in with goes
    on until they use it."""
    return accounts.make_link(db, user_id, sealer.seal(new_secret()), now + LASTS)


def set_up(store: Store, sealer: Sealer, link: SetupLink, password: str, code: str, now: datetime) -> None:
    """Let the user of a link sign in with this password and the authenticator that has told the code; whoever was
    signed in as them is not any more. Raises Refusal for what cannot be taken."""
    user_id, user = link.user_id, link.user
    passwords.check(password, user.name)
    step = step_of(sealer.open(link.one_time_secret), code, now)
    if step is None:
        raise Refusal("Koden stemmer ikke. Les av QR-koden på nytt, og skriv de seks sifrene som appen viser nå.")
    password = passwords.hashed(password)
    with store.write() as db:
        if not accounts.use_link(db, link):
            raise Refusal("Lenken er brukt. Be om en ny.")
        accounts.keep(db, Account(user_id, password, link.one_time_secret, step), now)
        attempts.clear(db, attempts.of_account(user.name))
        sessions.end_all_of(db, user_id)
        trace.append(db, TraceEntry(now, user.name, Act.CHANGED, "set_up.finish", content={"what": "account set up"}))
