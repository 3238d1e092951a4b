"""Thirty days of the sources for pictures: how they would have answered; one is off, one set up wrongly."""

import random
from datetime import datetime, timedelta

from webapp.errors import SourceFailure
from webapp.fetching.changing_sources import SourceKeeper, local_minute
from webapp.house import House
from webapp.source_settings import Downtime
from webapp.store import source_health

#: The institutions about whose sources there is something to say.
PICTURED, OFF, WRONG, SHORT, DOWN = 185, 222, 209, 203, 150
#: The questions of an hour, by its place in the day: most are those of the evening's run.
BUSY = {19: 40, 20: 25, 9: 4, 10: 5, 13: 3}


def write_sources(house: House, now: datetime, caseworker: str) -> None:
    """Write what became of questions, and have some of the sources changed by hand."""
    chance = random.Random(5)
    sources = {source.institution: source for source in house.settings.sources if source.enabled and source.is_asked}
    with house.store.write() as db:
        for number in sources:
            speed, until = chance.uniform(-2.2, -0.4), now + timedelta(days=12 if number == SHORT else 200)
            for back in reversed(range(30 * 24)):
                at = now - timedelta(hours=back)
                for _ in range(chance.randrange(1 + BUSY.get(at.hour, 0))):
                    if number in (PICTURED, DOWN) and chance.random() < 0.04:
                        source_health.note_failed(db, number, at, SourceFailure.TIMEOUT, "no whole answer")
                    else:
                        source_health.note_answered(db, number, at, chance.lognormvariate(speed, 0.6), until)
            source_health.note_answered(db, number, now, 0.2)
        source_health.note_failed(db, DOWN, now - timedelta(hours=1), SourceFailure.UNAVAILABLE, "HTTP status 503")
    keeper = SourceKeeper(house.store, house.settings, caseworker, now)
    keeper.change(sources[PICTURED].model_copy(update={"seats": 4, "timeout_seconds": 20.0}))
    keeper.change(sources[WRONG].model_copy(update={"secret_env": "TOKEN_SOM_IKKE_ER_SATT"}))
    here = local_minute(now, house.settings.zone)
    until = here.replace(hour=6, minute=0) + timedelta(days=7)
    keeper.put_off(OFF, Downtime(begins=here, until=until, reason="flytter database"))
    planned = here.replace(hour=8, minute=0) + timedelta(days=30)
    ends = planned + timedelta(hours=8)
    keeper.put_off(PICTURED, Downtime(begins=planned, until=ends, reason="Ny utgave av FS"))
    house.take_sources()
