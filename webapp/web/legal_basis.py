"""Rettslig grunnlag: why people may be asked about, purpose by purpose, and how many have consented."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from webapp.legal_settings import LegalPeriod
from webapp.model import Basis, Purpose, Right
from webapp.store import consents
from webapp.store.consents import ConsentCounts
from webapp.web.consent_rows import period_of
from webapp.web.current import house, may
from webapp.web.labels import basis_name, purpose_name
from webapp.web.language import gettext

routes = Blueprint("legal_basis", __name__)


@dataclass(frozen=True)
class PeriodRow:
    """A legal basis with its text and its days; `state` is whether it is in force."""

    basis: str
    text: str
    period: str
    in_force: bool
    state: str


@dataclass(frozen=True)
class PurposeRows:
    """The legal bases of a purpose, the earliest first; `counts` where the one in force is consent, and `listed` where
    the reader may see who they are."""

    purpose: str
    name: str
    periods: Sequence[PeriodRow]
    counts: ConsentCounts | None
    listed: bool


@routes.get("/privacy/legal-basis")
def show() -> ResponseReturnValue:
    """Every purpose with its legal bases; they are set in settings.toml."""
    return render_template("legal_basis.html", purposes=[_rows(purpose) for purpose in Purpose])


def _rows(purpose: Purpose) -> PurposeRows:
    settings, now = house().settings, house().clock()
    in_force, all_of_them = settings.basis_at(purpose, now), settings.settings.legal_basis.of(purpose)
    # Where none is in force, what holds then stands beside those that are set.
    shown = all_of_them if in_force in all_of_them else (*all_of_them, in_force)
    by_consent = in_force.basis is Basis.CONSENT
    return PurposeRows(
        purpose=purpose.value,
        name=purpose_name(purpose),
        periods=[_period(each, each == in_force) for each in shown],
        counts=consents.counts(house().store.db, purpose, now) if by_consent else None,
        listed=purpose is Purpose.ADMISSION and may(Right.SEE),
    )


def _period(period: LegalPeriod, in_force: bool) -> PeriodRow:
    missing = gettext("Teksten er ikke skrevet i settings.toml")
    return PeriodRow(
        basis=basis_name(period.basis).capitalize(),
        text=period.text or missing,
        period=period_of(period) or gettext("uten tidsgrense"),
        in_force=in_force,
        state=gettext("gjelder nå") if in_force else gettext("gjelder ikke nå"),
    )
