"""Making and revoking the tokens of programs: screen and command line do this and nothing else."""

import re
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from webapp.errors import Refusal
from webapp.model import SCOPES, Act, Right, TraceEntry
from webapp.store import Store, api_tokens, trace, users

#: A token lasts so long at most, in days: a forgotten one closes by itself.
MOST_DAYS = 365
_NAME = re.compile(r"[A-Za-zÆØÅæøå][A-Za-zÆØÅæøå0-9._-]{1,39}")


class WrongToken(Refusal):
    """What is wrong with which field of a wish: name, scopes or until."""

    def __init__(self, field: str, refusal: Refusal) -> None:
        super().__init__(refusal.sentence, **refusal.values)
        self.field = field


def make(
    store: Store,
    zone: ZoneInfo,
    name: str,
    scopes: Collection[Right],
    until: date,
    by: str,
    now: datetime,
    door: str,
) -> str:
    """Make a token that opens with `scopes` to the end of the day `until`; returns it, to be told once. The trace tells
    who made it. Raises WrongToken."""
    name, today = name.strip(), now.astimezone(zone).date()
    if not _NAME.fullmatch(name):
        raise WrongToken(
            "name", Refusal("Navnet må begynne med en bokstav, og ha 2–40 bokstaver, tall, punktum eller bindestreker.")
        )
    if not scopes or not set(scopes) <= set(SCOPES):
        allowed = ", ".join(SCOPES)
        raise WrongToken("scopes", Refusal("Velg minst én rettighet av disse: %(allowed)s.", allowed=allowed))
    if not today <= until <= today + timedelta(days=MOST_DAYS):
        latest = f"{today + timedelta(days=MOST_DAYS):%d.%m.%Y}"
        raise WrongToken("until", Refusal("Velg en dag fra i dag til %(latest)s.", latest=latest))
    ends_at = datetime.combine(until + timedelta(days=1), time(), zone)
    content = {"token": name, "scopes": " ".join(sorted(scopes)), "until": until.isoformat()}
    with store.write() as db:
        # Orders and the trace tell who did something by the name alone.
        if api_tokens.token_named(db, name) or users.user_named(db, name):
            raise WrongToken(
                "name", Refusal("Navnet er i bruk. Velg et annet, eller trekk den andre nøkkelen tilbake.")
            )
        token = api_tokens.add(db, name, scopes, ends_at, by, now)
        trace.append(db, TraceEntry(now, by, Act.ADMINISTERED, door, content=content))
    return token


def revoke(store: Store, token_id: int, by: str, now: datetime, door: str) -> None:
    """Let a token open nothing any more; once is enough."""
    with store.write() as db:
        known = api_tokens.token(db, token_id)
        if known is not None and api_tokens.revoke(db, token_id, by, now):
            trace.append(
                db, TraceEntry(now, by, Act.ADMINISTERED, door, content={"token": known.name, "revoked": "yes"})
            )
