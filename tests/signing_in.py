"""Somebody who has signed in, for tests of what they may do."""

import getpass
from dataclasses import replace
from datetime import timedelta

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lent_screens import screens_of
from webapp.access_settings import SignIn
from webapp.house import House
from webapp.model import Role, User, UserKind
from webapp.store import sessions, users
from webapp.web.access import COOKIE

#: Who the screens take one for where nobody signs in.
ME = getpass.getuser()


def with_sign_in(house: House, **more: object) -> House:
    """The same house, whose screens ask who is there."""
    settings = house.settings.settings.model_copy(update={"sign_in": SignIn(local=True, **more)})
    return replace(house, settings=house.settings.model_copy(update={"settings": settings}))


def user_with(house: House, *roles: Role, name: str = "") -> User:
    """A user with these roles, called after them unless a name is given."""
    name = name or "-".join(roles) or "nobody"
    with house.store.write() as db:
        known = users.user_named(db, name)
        user_id = known.id if known else users.add(db, name, roles, UserKind.LOCAL, "test", house.clock())
        found = users.user(db, user_id or 0)
    assert found is not None
    return found


def browser_of(house: House, *roles: Role) -> FlaskClient:
    """The browser of somebody with these roles who has signed in to a house with sign-in; with none, of a stranger."""
    client = screens_of(house).test_client()
    return signed_in(client, house, *roles) if roles else client


def signed_in(client: FlaskClient, house: House, *roles: Role) -> FlaskClient:
    """The browser, in which somebody with these roles has signed in."""
    now, user = house.clock(), user_with(house, *roles)
    with house.store.write() as db:
        token = sessions.begin(db, user.id or 0, now, now + timedelta(hours=8))
    client.set_cookie(COOKIE, token)
    return client


def is_shut_out(answer: TestResponse) -> bool:
    """Whether somebody was told to sign in first, or led to where one does, and nothing else."""
    leads = answer.headers.get("Location", "")
    return answer.status_code == 401 or (answer.status_code in (302, 303) and leads.startswith("/sign-in"))
