"""Who may do what: roles, and the rights that they have."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What somebody is here; one person may be several."""

    READER = "reader"
    CASEWORKER = "caseworker"
    CASE_ADMINISTRATOR = "case-administrator"
    SYSTEM_ADMINISTRATOR = "system-administrator"
    AUDITOR = "auditor"


class Right(StrEnum):
    """What a door asks for.

    OPEN asks for nothing, SIGNED_IN for anybody who is somebody. SEE shows people, their applications, cases and
    results; WORK changes them, orders, and shows answers as they came; ADMINISTER_CASES is for protected people, forced
    runs, a person's whole file and erasure. SEE_OPERATION shows sources and runs without a person; ADMINISTER_SYSTEM
    changes users, sources and settings. AUDIT shows the trace.
    """

    OPEN = "open"
    SIGNED_IN = "signed-in"
    SEE = "see"
    WORK = "work"
    ADMINISTER_CASES = "administer-cases"
    SEE_OPERATION = "see-operation"
    ADMINISTER_SYSTEM = "administer-system"
    AUDIT = "audit"


_READER = frozenset({Right.SIGNED_IN, Right.SEE, Right.SEE_OPERATION})
_CASEWORKER = _READER | {Right.WORK}
#: What each role may. A system administrator sees no results, and an auditor the trace alone.
RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.READER: _READER,
    Role.CASEWORKER: _CASEWORKER,
    Role.CASE_ADMINISTRATOR: _CASEWORKER | {Right.ADMINISTER_CASES},
    Role.SYSTEM_ADMINISTRATOR: frozenset({Right.SIGNED_IN, Right.SEE_OPERATION, Right.ADMINISTER_SYSTEM}),
    Role.AUDITOR: frozenset({Right.SIGNED_IN, Right.AUDIT}),
}


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """What somebody with these roles may do."""
    return frozenset().union(*(RIGHTS[role] for role in roles))


#: What a token may be for. The trace and the system are for people alone; nobody administers either by a token.
SCOPES = (Right.SEE, Right.WORK, Right.ADMINISTER_CASES, Right.SEE_OPERATION)


class UserKind(StrEnum):
    """How somebody is known: by an account here, by OpenID Connect, as a program with a token, or as the user of a
    machine whose screens nobody else reaches."""

    LOCAL = "local"
    OIDC = "oidc"
    PROGRAM = "program"
    MACHINE = "machine"


@dataclass(frozen=True)
class User:
    """Somebody who uses the screens or the API. `name` stands in orders, changes and the trace; `id` is None for who
    has no row of their own."""

    name: str
    roles: frozenset[Role]
    rights: frozenset[Right]
    kind: UserKind
    display_name: str = ""
    id: int | None = None
    is_active: bool = True


@dataclass(frozen=True)
class Session:
    """A sign-in that goes on. `id_token`: what the OpenID provider is told at sign-out."""

    id: int
    user: User
    begun_at: datetime
    seen_at: datetime
    ends_at: datetime
    id_token: str | None = field(default=None, repr=False)

    def seen(self, now: datetime) -> "Session":
        """The session, used at a moment."""
        return replace(self, seen_at=now)


@dataclass(frozen=True)
class ApiToken:
    """A token of a program, without the token itself. `name` stands in orders and the trace; `prefix`: the beginning of
    the token, by which somebody who has it knows it again; `ends_at`: when it opens nothing any more."""

    id: int
    name: str
    prefix: str
    scopes: frozenset[Right]
    ends_at: datetime
    created_at: datetime
    created_by: str
    seen_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None

    def opens(self, now: datetime) -> bool:
        """Whether it is neither revoked nor at its end."""
        return self.revoked_at is None and now < self.ends_at
