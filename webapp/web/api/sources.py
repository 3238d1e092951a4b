"""Sources: the institutions that are asked, and how they answer."""

from collections.abc import Sequence
from datetime import date, datetime

from apiflask import APIBlueprint

from webapp.config import Settings
from webapp.errors import SourceFailure
from webapp.model.sources import SourceHealth, SourceHour, all_times, quantile
from webapp.source_settings import SourceSettings
from webapp.store import source_health
from webapp.web.api.shapes import OffShape, Shape
from webapp.web.current import house
from webapp.web.source_rows import SourceState, last_day, state_of

routes = APIBlueprint("api_sources", __name__, url_prefix="/api/sources", tag="Sources")


class HealthShape(Shape):
    """How a source stands; null is never, or not known. `failing_since`: since when it has done nothing but fail;
    `failure`: why it failed last."""

    answered_at: datetime | None
    failed_at: datetime | None
    failing_since: datetime | None
    failure: SourceFailure | None
    certificate_until: datetime | None


class DayShape(Shape):
    """What became of the questions of the last 24 hours; the times of half and of 95 in 100 answers, in seconds."""

    answered: int
    failed: int
    median_seconds: float | None
    p95_seconds: float | None


class SourceShape(Shape):
    """An institution that is asked. `shares`: whether it has anything to share; `enabled`: whether it is in use;
    `seconds`: how long it is waited for; `state`: where it stands now, and `off` why not; `secret_until`: the last day
    of the secret with which it is asked."""

    institution: int
    name: str
    protocol: str
    shares: bool
    enabled: bool
    seconds: float
    state: SourceState
    off: OffShape | None
    secret_until: date | None
    health: HealthShape
    last_day: DayShape


class Sources(Shape):
    """All sources."""

    items: list[SourceShape]


@routes.get("")
@routes.output(Sources)
def listing() -> Sources:
    """All sources that are set up in sources.toml."""
    settings, now, db = house().settings, house().clock(), house().store.db
    health, hours = source_health.health(db), last_day(db, now)
    return Sources(
        items=[
            _shape(source, settings, health.get(source.institution), hours.get(source.institution, ()), now)
            for source in settings.sources
        ]
    )


def _shape(
    source: SourceSettings, settings: Settings, health: SourceHealth | None, hours: Sequence[SourceHour], now: datetime
) -> SourceShape:
    off, times = settings.off(source, now), all_times(hours)
    known = health or SourceHealth(source.institution)
    return SourceShape(
        institution=source.institution,
        name=source.title,
        protocol=source.protocol,
        shares=source.shares,
        enabled=source.enabled,
        seconds=source.timeout_seconds,
        state=state_of(source, settings, health, now)[0],
        off=OffShape(until=off.ends(settings.zone), reason=off.reason) if off else None,
        secret_until=source.secret_until,
        health=HealthShape(
            answered_at=known.answered_at,
            failed_at=known.failed_at,
            failing_since=known.failing_since,
            failure=SourceFailure(known.failure) if known.failure else None,
            certificate_until=known.certificate_until,
        ),
        last_day=DayShape(
            answered=sum(each.answered for each in hours),
            failed=sum(each.failed for each in hours),
            median_seconds=quantile(times, 0.5),
            p95_seconds=quantile(times, 0.95),
        ),
    )
