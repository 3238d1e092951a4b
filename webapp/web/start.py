"""The start page: what waits for the reader, what is wrong, and the day as a picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from statistics import median
from typing import Any

from flask import Blueprint, render_template, url_for

from webapp.fetching.evenings import next_evening
from webapp.fetching.warnings import Ending, Warned, warnings
from webapp.model import Listing, Right
from webapp.names import written_name
from webapp.store import day, notices, worklist
from webapp.upkeep.standing import standing
from webapp.web import runs
from webapp.web.change_words import told_words
from webapp.web.current import caseworker, house, may
from webapp.web.intake_words import count_of
from webapp.web.language import gettext, ngettext
from webapp.web.protection import hidden_name, is_hidden_row
from webapp.web.rights import opens
from webapp.web.traced import about
from webapp.web.words import failure_sentence, moment_of, off_sentence, text_of, time_of, warning_sentence

routes = Blueprint("start", __name__)

#: So many of the newest changes are told.
MOST_NEWS = 5
HOURS = range(24)


@dataclass(frozen=True)
class Line:
    """Something that waits: what it is, where it leads ("" where the reader gets no further) and a few words more."""

    text: str
    href: str
    quiet: str = ""


@dataclass(frozen=True)
class Hour:
    """What an hour of the day brought; the shares are of the busiest hour, from 0 to 100."""

    hour: int
    orders: int
    answers: int
    orders_share: int
    answers_share: int


@dataclass(frozen=True)
class Worked:
    """A run that worked today: what it was, where it is told of, and in which hours, from and with, it worked."""

    text: str
    href: str
    first: int
    last: int


@dataclass(frozen=True)
class Speed:
    """How a source has answered: median and slowest, in seconds as they are written, and as shares up to 100."""

    name: str
    median: str
    slowest: str
    median_share: int
    slowest_share: int


@routes.get("/")
def show() -> str:
    """What waits for me."""
    if not may(Right.SEE) and not may(Right.SEE_OPERATION):
        return render_template("start_rooms.html")
    orders, cases, news = (_orders(), _cases(), _news()) if may(Right.SEE) else ([], [], [])
    down, now = _down(), house().clock()
    warned = warnings(house().store.db, house().settings, now)
    backup = _backup(now) if may(Right.SEE_OPERATION) else []
    begins = datetime.combine(now.astimezone(house().settings.zone).date(), time(), house().settings.zone)
    return render_template(
        "start.html",
        orders=orders,
        cases=cases,
        news=news,
        unseen=notices.count_unseen(house().store.db),
        most_counted=notices.MOST_COUNTED,
        down=down,
        warned=[*backup, *(Line(warning_sentence(each), _warned_at(each)) for each in warned)],
        off=_off(now),
        tonight=_tonight(),
        hours=_hours(begins),
        worked=_worked(begins),
        speeds=_speeds(begins),
        quiet=not (orders or cases or news or down or warned or backup),
    )


def _orders() -> list[Line]:
    return [
        Line(hidden_name(), "", _moment(row["placed_at"]))
        if is_hidden_row(row)
        else Line(_name(row), url_for("order.show", order_id=row["id"]), _moment(row["placed_at"]))
        for row in day.open_orders_by(house().store.db, caseworker())
    ]


def _cases() -> list[Line]:
    return [
        Line(hidden_name(), "")
        if is_hidden_row(row)
        else Line(_name(row), url_for("cases.show", case_id=row["id"]), f"{row['type']} ({row['status']})")
        for row in day.active_cases_of(house().store.db, caseworker())
    ]


def _news() -> list[Line]:
    newest = Listing("when", descending=True, rows=MOST_NEWS)
    rows = worklist.UNSEEN.after(house().store.db, newest, house().settings.zone)
    told = [(row, worklist.notice_of(row)) for row in rows]
    about(*(each.person_id for row, each in told if not is_hidden_row(row)))
    return [
        Line(hidden_name(), "")
        if is_hidden_row(row)
        else Line(
            written_name(each.given_names, each.family_name) or gettext("Uten navn"),
            url_for("person.show", person_id=each.person_id),
            "; ".join(
                told_words(one.kind, one.fields, one.category, one.code, text_of(one.name)) for one in each.told[:2]
            ),
        )
        for row, each in told
    ]


def _warned_at(warned: Warned) -> str:
    """Where something can be done about what ends soon."""
    if warned.what is Ending.TOKEN:
        return url_for("api_tokens.listing") if opens("api_tokens.listing") else ""
    return url_for("sources.show", institution=warned.institution)


def _backup(now: datetime) -> list[Line]:
    """That the backup of the night failed, or that there is none of late."""
    settings = house().settings
    stands = standing(settings.instance)
    if settings.settings.backup is None or not stands.is_worrying(now):
        return []
    last, failed = stands.last_good, stands.failed
    quiet = gettext("Den siste gode er fra %(when)s.", when=_moment(last.at.isoformat())) if last else ""
    return [
        Line(
            gettext("Sikkerhetskopien ble ikke tatt."),
            "",
            " ".join((gettext(failed.sentence, **failed.values) if failed else "", quiet)),
        )
    ]


def _off(now: datetime) -> list[tuple[str, str, str]]:
    """The sources that are switched off now, each with its icon, until when and why; and those that are not in use."""
    settings = house().settings
    off = settings.switched_off(now)
    titles = {source.institution: source.title for source in settings.sources if source.enabled}
    return [
        *(
            ("off", title, off_sentence(str(off[number]), settings.zone, now))
            for number, title in titles.items()
            if number in off
        ),
        *(("gone", each.title, gettext("Ikke i bruk.")) for each in settings.sources if not each.enabled),
    ]


def _down() -> list[tuple[str, str, str]]:
    asked = [source.institution for source in house().settings.asked if source.shares]
    return [
        (
            text_of(source.name),
            failure_sentence(source.failure, source.seconds),
            _moment(source.since.isoformat()),
        )
        for source in day.sources_down(house().store.db, asked)
    ]


def _tonight() -> list[Line]:
    """What the evening will do: the run, and the single orders that are tried again."""
    evening = next_evening(house().settings, house().clock())
    due = day.fetches_due(house().store.db, evening)
    lines = [Line(*run) for run in [runs.tonight()] if run[0]]
    if due:
        again = ngettext(
            "Kl. %(hour)s prøves %(num)d henting igjen.",
            "Kl. %(hour)s prøves %(num)d hentinger igjen.",
            due,
            hour=time_of(evening, house().settings.zone),
        )
        lines.append(Line(again, ""))
    return lines


def _worked(begins: datetime) -> list[Worked]:
    """The runs of the day, which the other figures leave out."""
    zone = house().settings.zone
    return [
        Worked(
            ngettext(
                "Kjøringen %(when)s spurte om %(people)s søker.",
                "Kjøringen %(when)s spurte om %(people)s søkere.",
                people,
                when=moment_of(began, zone, house().clock()),
                people=count_of(people),
            ),
            url_for("runs.show", run_id=run_id),
            0 if began < begins else began.astimezone(zone).hour,
            (ended or house().clock()).astimezone(zone).hour,
        )
        for run_id, began, ended, people in day.runs_since(house().store.db, begins)
    ]


def _hours(begins: datetime) -> list[Hour]:
    db = house().store.db
    orders, answers = _local(day.orders_by_hour(db, begins)), _local(day.answers_by_hour(db, begins))
    if not orders and not answers:
        return []
    most_orders, most_answers = max(orders.values(), default=1), max(answers.values(), default=1)
    return [
        Hour(h, o, a, 100 * o // most_orders, 100 * a // most_answers)
        for h in HOURS
        for o, a in [(orders.get(h, 0), answers.get(h, 0))]
    ]


def _local(counts: Mapping[datetime, int]) -> dict[int, int]:
    hours: dict[int, int] = {}
    for at, count in counts.items():
        hour = at.astimezone(house().settings.zone).hour
        hours[hour] = hours.get(hour, 0) + count
    return hours


def _speeds(begins: datetime) -> list[Speed]:
    """Those who took longest, by their median, first."""
    timed = sorted(day.answer_seconds(house().store.db, begins), key=lambda each: -median(each[1]))
    longest = max((seconds[-1] for _, seconds in timed), default=0.0) or 1.0
    return [
        Speed(
            text_of(name),
            _seconds(median(seconds)),
            _seconds(seconds[-1]),
            round(100 * median(seconds) / longest),
            round(100 * seconds[-1] / longest),
        )
        for name, seconds in timed
    ]


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f}".replace(".", ",")


def _name(row: Mapping[str, Any]) -> str:
    about(row["person_id"])
    return written_name(row["given_names"], row["family_name"]) or gettext("Uten navn")


def _moment(at: str) -> str:
    return moment_of(datetime.fromisoformat(at), house().settings.zone, house().clock())
