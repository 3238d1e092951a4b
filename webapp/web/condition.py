"""Drift → Tilstand: what a look over the instance finds that takes no time, and how to mend it. The sources and the
whole of the database are looked over from the terminal: `eksternstudium check`."""

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from webapp.upkeep.checking import look_over
from webapp.upkeep.findings import NAMES, Level
from webapp.web.current import house
from webapp.web.language import gettext

routes = Blueprint("condition", __name__)


@dataclass(frozen=True)
class FindingRow:
    """A finding in words; `level` is that of its Level."""

    area: str
    level: str
    what: str
    mend: str


@routes.get("/condition")
def show() -> ResponseReturnValue:
    """What is found, the worst first."""
    found = look_over(house().settings.instance, house().clock, is_quick=True)
    worst_first = sorted(found, key=lambda each: list(Level).index(each.level), reverse=True)
    rows = [FindingRow(gettext(NAMES[each.area]), each.level.value, *each.said(gettext)) for each in worst_first]
    return render_template("condition.html", rows=rows)
