"""What the application at hand is about: its opened instance and who sits before it."""

from flask import current_app, g, request

from webapp.house import House
from webapp.model import Right, User


def house() -> House:
    """The opened instance of the current application."""
    found: House = current_app.extensions["house"]
    return found


def is_secure() -> bool:
    """Whether cookies go over HTTPS alone. Behind a proxy they always do, whatever it forgets to say."""
    return request.is_secure or house().settings.settings.server.behind_proxy


def user() -> User | None:
    """Who asks; None for somebody who has not signed in, at a door that is open."""
    found: User | None = g.get("user")
    return found


def may(right: Right) -> bool:
    """Whether who asks has a right."""
    asking = user()
    return asking is not None and right in asking.rights


def caseworker() -> str:
    """The name of who asks, as it stands in orders and changes; "" for somebody who has not signed in."""
    asking = user()
    return asking.name if asking else ""
