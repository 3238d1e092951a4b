"""Placeholder."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

routes = Blueprint("changes", __name__)


@routes.get("/changes")
def listing() -> ResponseReturnValue:
    """Nothing yet."""
    return ""
