"""The menu of every page, and what every page needs to know of its reader."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, request
from flask_babel import get_locale

from webapp.model import Right
from webapp.store import notices
from webapp.web.access import session
from webapp.web.current import caseworker, house, may, user
from webapp.web.language import lazy_gettext
from webapp.web.preferences import chosen_scheme
from webapp.web.rights import opens
from webapp.web.session_end import first_ask

#: The rooms of the menu: the endpoint that a press leads to, and its name. Those of the day's work come first.
ROOMS = (
    ("applications.listing", lazy_gettext("Søknader")),
    ("applications.nom", lazy_gettext("Søknader NOM")),
    ("cases.listing", lazy_gettext("Godkjenningssaker")),
    ("changes.listing", lazy_gettext("Endringer")),
    ("runs.overview", lazy_gettext("Jobber")),
)
#: Those of operation stand below one item of the menu.
OPERATION = (
    ("sources.listing", lazy_gettext("Kilder")),
    ("condition.show", lazy_gettext("Tilstand")),
    ("log.listing", lazy_gettext("Logg")),
    ("legal_basis.show", lazy_gettext("Personvern")),
    ("trace.listing", lazy_gettext("Sporing")),
    ("users.listing", lazy_gettext("Brukere")),
    ("api_tokens.listing", lazy_gettext("API-nøkler")),
)
#: Who has no more rooms than this has them all in one row.
MOST_IN_A_ROW = 6
#: Pages that lie within a room of the menu.
WITHIN = dict.fromkeys(("retention.show", "retention.people_of"), "legal_basis.show")
#: Rooms that are about nobody where nobody signs in.
ONLY_SIGNED_IN = frozenset({"api_tokens.listing", "users.listing"})


@dataclass(frozen=True)
class MenuItem:
    """A room in the menu; `here` is "page" where the reader is at it, "true" where they are within it, else ""; `count`
    says how much waits there, "" when nothing does."""

    endpoint: str
    name: Any
    here: str
    count: str = ""


def register_navigation(app: Flask) -> None:
    """Let every template know the menu, the reader's language and colour scheme, and who the reader is."""
    app.context_processor(_of_every_page)


def _of_every_page() -> dict[str, Any]:
    return {
        "menu": menu,
        "language": str(get_locale()),
        "scheme": chosen_scheme(),
        "caseworker": caseworker(),
        "has_session": session() is not None,
        "session_end": first_ask(),
        "signed_in": user() is not None,
        "sees_people": may(Right.SEE),
    }


def menu() -> tuple[list[MenuItem], list[MenuItem]]:
    """The menu as the reader of this page sees it: the rooms that open for them, and those that stand below "Drift"."""
    unseen = notices.count_unseen(house().store.db) if may(Right.SEE) else 0
    counted = {"changes.listing": f"{notices.MOST_COUNTED}+" if unseen > notices.MOST_COUNTED else str(unseen or "")}
    rooms, operation = (
        [
            MenuItem(endpoint, name, here=_here(endpoint), count=counted.get(endpoint, ""))
            for endpoint, name in each
            if _is_there(endpoint)
        ]
        for each in (ROOMS, OPERATION)
    )
    return (rooms, operation) if len(rooms + operation) > MOST_IN_A_ROW else (rooms + operation, [])


def _is_there(endpoint: str) -> bool:
    with_sign_in = house().settings.settings.sign_in is not None
    return opens(endpoint) and (with_sign_in or endpoint not in ONLY_SIGNED_IN)


def _here(endpoint: str) -> str:
    if request.endpoint == endpoint:
        return "page"
    return "true" if WITHIN.get(request.endpoint or "") == endpoint else ""
