"""Placeholder."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

routes = Blueprint("cases", __name__)


@routes.get("/cases")
def listing() -> ResponseReturnValue:
    """Nothing yet."""
    return ""


@routes.get("/cases/<int:case_id>")
def show(case_id: int) -> ResponseReturnValue:
    """Nothing yet."""
    return ""
