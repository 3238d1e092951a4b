"""The API's rooms, and how they come into the application."""

from apiflask import APIFlask

from webapp.errors import Refusal
from webapp.web.api import (
    admissions,
    applications,
    cases,
    changes,
    log,
    orders,
    page,
    people,
    reports,
    rows,
    runs,
    set_aside,
    sources,
    spec,
    studies,
)
from webapp.web.api.door import RowId, keep_door
from webapp.web.api.problems import of_refusal, of_validation

ROOMS = (
    people,
    studies,
    rows,
    applications,
    admissions,
    cases,
    orders,
    reports,
    runs,
    set_aside,
    changes,
    log,
    sources,
)
for room in ROOMS:
    room.routes.register_error_handler(Refusal, of_refusal)


def register_api(app: APIFlask) -> None:
    """Let the application answer programs below /api, and people at /api."""
    app.url_map.converters["int"] = RowId
    app.error_callback = of_validation
    keep_door(app)
    spec.describe(app)
    app.register_blueprint(page.routes)
    for room in ROOMS:
        app.register_blueprint(room.routes)
