"""The application factory."""

from apiflask import APIFlask
from htmx_flask import Htmx

from webapp.config import program_folder, site_folder
from webapp.house import House, open_house
from webapp.web import (
    admitted,
    api_tokens,
    applications,
    asked,
    by_hand,
    case_extent,
    case_form,
    cases,
    changes,
    condition,
    consents,
    deliver,
    erasing,
    evidence,
    feed,
    help,
    imports,
    invitations,
    legal_basis,
    log,
    monitoring,
    numbers,
    oidc,
    order,
    password,
    person,
    person_file,
    person_trace,
    preferences,
    reports,
    retention,
    run_force,
    run_log,
    run_preview,
    runs,
    search,
    session_end,
    set_up,
    setaside,
    sign_in,
    source_edit,
    source_files,
    source_try,
    sources,
    start,
    trace,
    uploads,
    users,
)
from webapp.web.access import keep_doors
from webapp.web.api.door import VERSION
from webapp.web.api.registration import register_api
from webapp.web.api.spec import SPEC_PATH
from webapp.web.faults import register_faults
from webapp.web.guard import guard
from webapp.web.help import serve_help
from webapp.web.navigation import register_navigation
from webapp.web.packing import pack_pages
from webapp.web.people_heads import invites, study_tabs
from webapp.web.protection import keep_protected
from webapp.web.rates import limit_rates
from webapp.web.reader import register_reader
from webapp.web.request_log import keep_request_log
from webapp.web.rights import opens
from webapp.web.static_files import serve_static
from webapp.web.trace_keeping import keep_trace

#: htmx evaluates nothing and writes no styles, as the content security policy asks; it keeps no pages in the browser's
#: storage; and a form that was refused (422) is shown again.
HTMX_CONFIG = {
    "allowEval": False,
    "includeIndicatorStyles": False,
    "historyEnabled": False,
    "historyCacheSize": 0,
    "responseHandling": [
        {"code": "[23]04", "swap": False},
        {"code": "[23]..", "swap": True},
        {"code": "422", "swap": True},
        # What disk or database lacks is said in place of a lost connection.
        {
            "code": "503",
            "swap": True,
            "error": True,
            "ignoreTitle": True,
            "target": "#lost",
            "select": "#trouble",
            "swapOverride": "innerHTML",
        },
        {"code": "[45]..", "swap": False, "error": True},
    ],
}

#: The modules whose routes make the screens.
ROOMS = (
    admitted,
    api_tokens,
    applications,
    asked,
    by_hand,
    case_extent,
    case_form,
    cases,
    changes,
    condition,
    consents,
    deliver,
    erasing,
    evidence,
    feed,
    help,
    imports,
    invitations,
    legal_basis,
    runs,
    run_force,
    run_preview,
    log,
    monitoring,
    numbers,
    oidc,
    order,
    password,
    person,
    person_file,
    person_trace,
    preferences,
    reports,
    retention,
    run_log,
    search,
    session_end,
    set_up,
    setaside,
    sign_in,
    source_edit,
    source_files,
    source_try,
    sources,
    start,
    trace,
    uploads,
    users,
)


def create_app(house: House | None = None) -> APIFlask:
    """The web application over an opened instance; without one, the instance folder of the environment is opened."""
    house = house or open_house()
    program = program_folder()
    app = APIFlask(
        "webapp",
        title="Eksternstudium",
        version=VERSION,
        spec_path=SPEC_PATH,
        docs_path=None,
        json_errors=False,
        template_folder=str(program / "templates"),
        static_folder=str(program / "static"),
        instance_path=str(house.settings.instance),
    )
    app.extensions["house"] = house
    app.json.sort_keys = False  # type: ignore[attr-defined]  # a field stands where its shape has it
    app.jinja_env.globals.update(htmx_config=HTMX_CONFIG, study_tabs=study_tabs, invites=invites, opens=opens)
    app.jinja_env.filters["typed_again"] = numbers.typed_again
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    monitoring.watch_over(app, house)
    keep_request_log(app)
    Htmx(app)
    register_reader(app, house.settings.settings.time_zone)
    serve_static(app)
    serve_help(app, site_folder())
    pack_pages(app)
    guard(app, house.settings)
    keep_doors(app)
    keep_protected(app)
    limit_rates(app)
    register_faults(app)
    register_navigation(app)
    register_api(app)
    keep_trace(app)
    for room in ROOMS:
        app.register_blueprint(room.routes)
    return app
