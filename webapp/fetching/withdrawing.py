"""A consent that is withdrawn: noted by a caseworker, whom the applicant has told."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlite_utils import Database

from webapp.errors import Refusal
from webapp.model import Application
from webapp.store import consents


def withdraw(
    db: Database, application: Application, day: date, how: str, by: str, now: datetime, zone: ZoneInfo
) -> datetime:
    """Note that the consent in an application was withdrawn on a day where the institution is; returns the instant from
    which nobody is asked about the person on it. What was fetched before stays.

    To be called within a writing transaction. Raises Refusal when the day cannot be, or there is no consent.
    """
    given = application.consent_given_at
    if given is None or application.consent_withdrawn_at is not None:
        raise Refusal("Søknaden har ikke et samtykke som kan trekkes tilbake.")
    today = now.astimezone(zone).date()
    if day > today:
        raise Refusal("Dagen er ikke kommet ennå. Skriv dagen da samtykket ble trukket tilbake.")
    if day < given.astimezone(zone).date():
        raise Refusal("Samtykket var ikke gitt den dagen. Skriv dagen da det ble trukket tilbake.")
    # It may have been given later that same day, and is not withdrawn before that.
    at = now if day == today else max(datetime.combine(day, time(), zone), given)
    if not consents.withdraw(db, application.applicant_number, at, how, by):
        raise Refusal("Søknaden har ikke et samtykke som kan trekkes tilbake.")
    return at
