"""Local accounts: what somebody without an OpenID provider signs in with."""

from dataclasses import dataclass, field
from datetime import datetime

from webapp.model.access import User


@dataclass(frozen=True)
class Account:
    """What a local user proves themselves by. `password`: its Argon2id hash; `one_time_secret`: the sealed secret of
    their one-time codes, `last_step` the step of the last code that was used."""

    user_id: int
    password: str = field(repr=False)
    one_time_secret: str = field(repr=False)
    last_step: int


@dataclass(frozen=True)
class SetupLink:
    """A link by which a user chooses a password, once and until `ends_at`."""

    user_id: int
    user: User
    one_time_secret: str = field(repr=False)
    ends_at: datetime


@dataclass(frozen=True)
class UserLine:
    """A user as administrators see them. `sessions`: how many go on; `link_until`: until when a set-up link waits."""

    user: User
    seen_at: datetime | None
    sessions: int
    has_password: bool
    link_until: datetime | None
