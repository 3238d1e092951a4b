"""What the application at hand is about: its opened instance and who sits before it."""

import getpass

from flask import current_app

from webapp.house import House


def house() -> House:
    """The opened instance of the current application."""
    found: House = current_app.extensions["house"]
    return found


def caseworker() -> str:
    """Who orders. Until there is a sign-in, it is the user of the machine, which alone reaches the screens."""
    return getpass.getuser()
