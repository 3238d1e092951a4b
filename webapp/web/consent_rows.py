"""Consents as pages show them, read-only: type, answer, period and text, and beside them what statute allows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from webapp.legal_settings import LegalPeriod
from webapp.model import Application, Basis, Purpose
from webapp.web.current import house
from webapp.web.labels import purpose_name
from webapp.web.language import gettext
from webapp.web.words import date_of


@dataclass(frozen=True)
class ConsentRow:
    """A consent, or a statute that stands in its place. `note`: how and by whom a withdrawal was noted."""

    type: str
    answer: str
    period: str
    text: str
    note: str = ""
    applicant_number: str = ""


def consent_rows(applied: Iterable[Application]) -> tuple[ConsentRow, ...]:
    """The consents in applications, then for each purpose whether people are asked about by statute."""
    return (*map(_consent, applied), *map(_statute, Purpose))


def _consent(application: Application) -> ConsentRow:
    settings, now = house().settings, house().clock()
    given, withdrawn = application.consent_given_at, application.consent_withdrawn_at
    is_withdrawn = withdrawn is not None and withdrawn <= now
    by_statute = settings.basis_at(Purpose.ADMISSION, now).basis is Basis.STATUTE
    if is_withdrawn:
        answer = gettext("Trukket tilbake")
    elif given is not None:
        answer = gettext("Gitt")
    else:
        answer = gettext("Ikke aktuelt (hjemmel)") if by_statute else gettext("Mangler")
    then = settings.basis_at(Purpose.ADMISSION, given or now)
    days = [date_of(at, settings.zone) if at else "" for at in (given, withdrawn)]
    noted = {"how": application.consent_withdrawn_how, "who": application.consent_withdrawn_by}
    return ConsentRow(
        type=gettext("Samtykke til datadeling, søknad %(number)s", number=application.applicant_number),
        answer=answer,
        period="–".join(days) if any(days) else "",
        text=then.text if then.basis is Basis.CONSENT else "",
        note=gettext("Trukket: %(how)s (notert av %(who)s)", **noted) if is_withdrawn and noted["who"] else "",
        applicant_number=application.applicant_number,
    )


def _statute(purpose: Purpose) -> ConsentRow:
    in_force = house().settings.basis_at(purpose, house().clock())
    holds = in_force.basis is Basis.STATUTE
    return ConsentRow(
        type=gettext("Datadeling etter hjemmel, %(purpose)s", purpose=purpose_name(purpose).lower()),
        answer=gettext("I kraft") if holds else gettext("Ikke aktuelt"),
        period=period_of(in_force) if holds else "",
        text=in_force.text if holds else "",
    )


def period_of(period: LegalPeriod) -> str:
    """The days of a legal basis: "01.08.2026–", "" where it has no limit."""
    days = [_day(each) for each in (period.begins, period.until)]
    return "–".join(days) if any(days) else ""


def _day(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else ""
