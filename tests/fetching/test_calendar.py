"""The calendar of 2026 and 2027, against one written by hand: which run on which evening, and for whom."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from webapp.config import Settings, SettingsFile
from webapp.fetching import nightly
from webapp.model import Admission, Run, RunKind, RunState
from webapp.store import Store, runs
from webapp.store.admissions import remember_admission

OSLO = ZoneInfo("Europe/Oslo")
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)

#: As it hangs on the wall, a week after the other: F is a full run, D a delta, and on a Saturday there is none.
WALL = {
    (2026, 1): "         DF.D DDDDF.D DDDDF.D DDDDF.D DDDDF.",
    (2026, 2): "            D DDDDF.D DDDDF.D DDDDF.D DDDDF.",
    (2026, 3): "            D DDDDF.D DDDDF.D DDDDF.D DDDDF.D DD",
    (2026, 4): "        DDF.D DDDDF.D DDDDF.D DDDDF.D DDDD",
    (2026, 5): "          F.D DDDDF.D DDDDF.D DDDDF.D DDDDF.D",
    (2026, 6): "      DDDDF.D DDDDF.D DDDDF.D DDDDF.D DD",
    (2026, 7): "        DDF.D DDDDF.D DDDDF.D DDDDF.D DDDDF",
    (2026, 8): "           .D DDDDF.D DDDDF.D DDDDF.D DDDDF.D D",
    (2026, 9): "       DDDF.D DDDDF.D DDDDF.D DDDDF.D DDD",
    (2026, 10): "         DF.D DDDDF.D DDDDF.D DDDDF.D DDDDF.",
    (2026, 11): "            D DDDDF.D DDDDF.D DDDDF.D DDDDF.D D",
    (2026, 12): "       DDDF.D DDDDF.D DDDDF.D DDDDF.D DDDD",
    (2027, 1): "          F.D DDDDF.D DDDDF.D DDDDF.D DDDDF.D",
    (2027, 2): "      DDDDF.D DDDDF.D DDDDF.D DDDDF.D",
    (2027, 3): "      DDDDF.D DDDDF.D DDDDF.D DDDDF.D DDD",
    (2027, 4): "         DF.D DDDDF.D DDDDF.D DDDDF.D DDDDF",
    (2027, 5): "           .D DDDDF.D DDDDF.D DDDDF.D DDDDF.D D",
    (2027, 6): "       DDDF.D DDDDF.D DDDDF.D DDDDF.D DDD",
    (2027, 7): "         DF.D DDDDF.D DDDDF.D DDDDF.D DDDDF.",
    (2027, 8): "            D DDDDF.D DDDDF.D DDDDF.D DDDDF.D DD",
    (2027, 9): "        DDF.D DDDDF.D DDDDF.D DDDDF.D DDDD",
    (2027, 10): "          F.D DDDDF.D DDDDF.D DDDDF.D DDDDF.D",
    (2027, 11): "      DDDDF.D DDDDF.D DDDDF.D DDDDF.D DD",
    (2027, 12): "        DDF.D DDDDF.D DDDDF.D DDDDF.D DDDDF",
}
#: Oslo is an hour ahead of UTC, and two from the last Sunday in March to the last Sunday in October.
SUMMER = ((date(2026, 3, 29), date(2026, 10, 25)), (date(2027, 3, 28), date(2027, 10, 31)))

#: Each admission, from which day the caseworkers have its processing phase at J, and the last day with a run.
ADMISSIONS = {
    "2026-VÅR-LOK": (date(2026, 1, 1), date(2026, 1, 31)),
    "2026-HØST-NOM": (date(2026, 4, 15), date(2026, 8, 31)),
    "2026-SOM-LOK": (date(2026, 6, 1), date(2026, 8, 31)),
    "2027-VÅR-LOK": (date(2026, 11, 2), date(2027, 1, 31)),
    "2027-HØST-NOM": (date(2027, 4, 15), date(2027, 8, 31)),
    "2027-SOM-LOK": (date(2027, 6, 1), date(2027, 8, 31)),
}


def wall() -> Iterator[tuple[date, str]]:
    for (year, month), days in WALL.items():
        for day, mark in enumerate(days.replace(" ", ""), 1):
            yield date(year, month, day), mark


def instant(day: date) -> str:
    offset = "+02:00" if any(first <= day < last for first, last in SUMMER) else "+01:00"
    return f"{day}T20:00:00{offset}"


def by_hand(windows: dict[str, tuple[date, date]], *years: int) -> list[tuple[str, str, list[str]]]:
    """The evenings of the wall on which one of the admissions is open."""
    kinds = {"F": "full", "D": "delta"}
    lines = [
        (instant(day), kinds[mark], sorted(code for code, (first, last) in windows.items() if first <= day <= last))
        for day, mark in wall()
        if mark in kinds and day.year in years
    ]
    return [line for line in lines if line[2]]


def remember(store: Store, code: str, *, phase: bool) -> None:
    year, season, type = Admission.parts_of(code) or pytest.fail(code)
    with store.write() as db:
        remember_admission(db, Admission(year, season, type, processing_phase=phase))


@pytest.mark.parametrize("year", [2026, 2027])
def test_the_calendar_is_the_one_written_by_hand(store: Store, settings: Settings, year: int) -> None:
    for code in ADMISSIONS:
        remember(store, code, phase=code.startswith(str(year)))
    expected = by_hand(
        {code: (date(year, 1, 1), last) for code, (_, last) in ADMISSIONS.items() if code.startswith(str(year))}, year
    )
    said = [
        (each.at.isoformat(), each.kind.value, list(codes))
        for each, codes in nightly.calendar(store.db, settings, year)
    ]
    assert said == expected


def test_an_admission_of_a_later_year_is_open_all_the_year(store: Store, settings: Settings) -> None:
    remember(store, "2027-HØST-NOM", phase=True)
    said = [each.at.isoformat() for each, _ in nightly.calendar(store.db, settings, 2026)]
    assert said == [instant(day) for day, mark in wall() if day.year == 2026 and mark in "FD"]


def ticks(minutes: int) -> Iterator[datetime]:
    """Two years, some minutes at a time."""
    clock = BEGIN
    while clock.year < 2028:
        yield clock
        clock += timedelta(minutes=minutes)


def eights() -> Iterator[datetime]:
    """Two years, from the stroke of eight in the evening to the next."""
    yield BEGIN
    yield from (datetime.combine(day, time(20), OSLO).astimezone(UTC) for day, _ in wall())


def set_back() -> Iterator[datetime]:
    """Every evening at half past eight the clock is set back an hour: eight o'clock comes twice."""
    for now in ticks(15):
        yield now
        if f"{now.astimezone(OSLO):%H.%M}" == "20.30":
            yield from (now + timedelta(minutes=minutes) for minutes in (-60, -45, -30, -15, 0))


def asleep() -> Iterator[datetime]:
    """The machine is on from seven in the morning to seven in the evening."""
    return (now for now in ticks(15) if 7 <= now.astimezone(OSLO).hour < 19)


class Institution:
    """Places what is due as the clock goes; the caseworkers set the phases of its admissions by the day."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store, self.settings = store, settings
        self._turns = {first: code for code, (first, _) in ADMISSIONS.items()}

    def look(self, now: datetime) -> Run | None:
        if code := self._turns.pop(now.astimezone(OSLO).date(), None):
            remember(self.store, code, phase=True)
        run_id = nightly.place_due(self.store, self.settings, now)
        return runs.run(self.store.db, run_id) if run_id else None

    def end(self, run: Run, now: datetime) -> None:
        with self.store.write() as db:
            runs.set_state(db, run.id, RunState.COMPLETE, now)

    @property
    def evenings(self) -> list[tuple[str, str]]:
        """The instants and kinds of all runs."""
        every = reversed(runs.latest(self.store.db, 1000))
        return [(run.scheduled_for.astimezone(OSLO).isoformat(), run.kind.value) for run in every]


@pytest.fixture
def institution(store: Store, settings: Settings) -> Institution:
    return Institution(store, settings)


def of(lines: list[tuple[str, str, list[str]]]) -> list[tuple[str, str]]:
    return [(at, kind) for at, kind, _ in lines]


@pytest.mark.parametrize("clock", [lambda: ticks(10), eights, set_back])
def test_two_years_go_by_and_each_evening_has_its_run(
    institution: Institution, clock: Callable[[], Iterator[datetime]]
) -> None:
    for now in clock():
        if run := institution.look(now):
            assert run.scheduled_for == now
            institution.end(run, now)
    assert institution.evenings == of(by_hand(ADMISSIONS, 2026, 2027))


def test_two_years_asleep_in_the_evening_are_made_up_for_in_the_morning(institution: Institution) -> None:
    for now in asleep():
        if run := institution.look(now):
            assert now.astimezone(OSLO).hour == 7
            institution.end(run, now)
    # The rules are those of the morning: the day after the last one, nobody may be asked about any more.
    a_day = timedelta(days=1)
    windows = {code: (first - a_day, last - a_day) for code, (first, last) in ADMISSIONS.items()}
    assert institution.evenings == of(by_hand(windows, 2026, 2027))


def test_two_years_of_two_processes_have_one_run_an_evening(institution: Institution, settings: Settings) -> None:
    other = Institution(Store(settings.database), settings)
    for number, now in enumerate(ticks(60)):
        pair = (institution, other) if number % 2 else (other, institution)
        for run in filter(None, (each.look(now) for each in pair)):
            institution.end(run, now)
    other.store.close()
    assert institution.evenings == of(by_hand(ADMISSIONS, 2026, 2027))


def test_two_years_of_runs_of_thirty_hours_lose_nothing(institution: Institution) -> None:
    begun: dict[int, datetime] = {}
    for now in ticks(60):
        institution.look(now)
        ready = nightly.to_carry_out(institution.store.db)
        if ready and ready[0].id not in begun:
            begun[ready[0].id] = now
            with institution.store.write() as db:
                runs.set_state(db, ready[0].id, RunState.RUNNING, now)
        elif ready and now - begun[ready[0].id] >= timedelta(hours=30):
            institution.end(ready[0], now)
    every = list(reversed(runs.latest(institution.store.db, 1000)))
    wished = dict(of(by_hand(ADMISSIONS, 2026, 2027)))
    assert [run.scheduled_for.astimezone(OSLO).isoformat() for run in every] == list(wished)
    assert 0 < sum(run.state is RunState.SKIPPED for run in every) < len(every) / 3
    full = False
    for run in every:
        # Whoever takes the place of a full run is one.
        full = full or wished[run.scheduled_for.astimezone(OSLO).isoformat()] == "full"
        assert run.kind is (RunKind.FULL if full else RunKind.DELTA)
        full = full and run.state is RunState.SKIPPED


@pytest.mark.parametrize(
    ("evening", "night", "at"),
    [
        (time(2, 30), date(2026, 3, 29), "2026-03-29T01:30:00+00:00"),  # an hour that does not exist: 03.30
        (time(2, 30), date(2026, 10, 25), "2026-10-25T00:30:00+00:00"),  # an hour that comes twice: the first
        (time(2, 30), date(2027, 3, 28), "2027-03-28T01:30:00+00:00"),
        (time(2, 30), date(2027, 10, 31), "2027-10-31T00:30:00+00:00"),
        (time(20), date(2026, 3, 29), "2026-03-29T18:00:00+00:00"),
        (time(20), date(2026, 10, 25), "2026-10-25T19:00:00+00:00"),
        (time(20), date(2027, 3, 28), "2027-03-28T18:00:00+00:00"),
        (time(20), date(2027, 10, 31), "2027-10-31T19:00:00+00:00"),
        (time(0), date(2026, 3, 29), "2026-03-28T23:00:00+00:00"),
        (time(0), date(2026, 10, 25), "2026-10-24T22:00:00+00:00"),
    ],
)
def test_a_night_on_which_the_clock_is_changed_has_one_run(
    store: Store, settings: Settings, evening: time, night: date, at: str
) -> None:
    """Minute by minute from the evening before to the evening after, both without their own runs."""
    settings = settings.model_copy(update={"settings": SettingsFile(evening=evening)})
    remember(store, "2028-HØST-NOM", phase=True)
    clock = datetime.combine(night - timedelta(days=1), time(20, 30), OSLO).astimezone(UTC)
    placed = []
    for _ in range(27 * 60 if evening != time(0) else 26 * 60):
        if run_id := nightly.place_due(store, settings, clock):
            placed.append((runs.run(store.db, run_id), clock))
        clock += timedelta(minutes=1)
    ((run, began),) = placed
    assert run is not None
    assert (run.kind, run.scheduled_for.isoformat(), began.isoformat()) == (RunKind.DELTA, at, at)
