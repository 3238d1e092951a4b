"""An order as the screen shows it: the box "Bestilt …" with a line per institution."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from webapp.errors import SwitchedOff
from webapp.model import FetchLine, FetchState, Order, Outcome
from webapp.web.labels import basis_name, purpose_name
from webapp.web.language import gettext, ngettext
from webapp.web.study_rows import LeftOutRow, left_out_rows
from webapp.web.words import (
    NOT_ASKED,
    OFF,
    date_of,
    has_ended,
    progress_of,
    sentence_of,
    state_of,
    summary_of,
    text_of,
    time_of,
)

#: How many answers are worth telling somebody who cannot see them come.
MILESTONES = (10, 25, 50, 100, 250)

_WAITING = (FetchState.QUEUED, FetchState.RUNNING)


@dataclass(frozen=True)
class Line:
    """What an institution answered: `state` names its icon and colour; `fresh` when its answer came since the page last
    asked; `undecided` when the answer was set aside and nobody has decided about it."""

    institution: int
    fetch_id: int
    name: str
    state: str
    sentence: str
    seconds: str
    left_out: tuple[LeftOutRow, ...]
    fresh: bool = False
    undecided: bool = False


@dataclass(frozen=True)
class OrderBox:
    """An order, as far as it is about this person. `waiting`: the institutions that a page which shows it has yet to
    hear of. `lines`: all of them when the box is drawn, those that the page waited for when it is brought up to date.
    `run_id`: the run that it is a part of, None for a person's own. `reason`: why it was ordered, ""
    where nothing was said."""

    id: int
    person_id: int
    run_id: int | None
    placed: str
    about: str
    open: bool
    done: int
    all: int
    progress: str
    summary: str
    not_asked: str
    may_retry: bool
    waiting: tuple[int, ...]
    lines: tuple[Line, ...]
    news: str = ""
    reason: str = ""


def order_box(
    order: Order,
    lines: Sequence[FetchLine],
    zone: ZoneInfo,
    now: datetime,
    awaited: frozenset[int] | None = None,
) -> OrderBox:
    """The box of an order; `awaited`: the institutions that a page waits for, None when it draws the whole box."""
    waiting = tuple(line.fetch.institution for line in lines if line.fetch.state in _WAITING)
    is_open = not has_ended(order, lines)
    summary = "" if is_open else summary_of(order, lines)
    done = len(lines) - len(waiting)
    news = gettext("Bestilt fra %(all)d institusjoner.", all=len(lines)) if is_open else summary
    if awaited is not None and is_open:
        passed = any(len(lines) - len(awaited) < milestone <= done for milestone in MILESTONES)
        news = gettext("%(done)d av %(all)d har svart", done=done, all=len(lines)) if passed else ""
    shown = lines if awaited is None else [line for line in lines if line.fetch.institution in awaited]
    return OrderBox(
        id=order.id,
        person_id=order.person_id,
        run_id=order.run_id,
        placed=f"{date_of(order.placed_at, zone)} {time_of(order.placed_at, zone)}",
        about=_about(order),
        open=is_open,
        done=done,
        all=len(lines),
        progress=progress_of(lines),
        summary=summary,
        not_asked="" if is_open else _not_asked(lines),
        may_retry=any(_may_retry(line, now) for line in lines),
        waiting=waiting,
        lines=tuple(_line(line, zone, now, awaited is not None) for line in shown),
        news=news,
        reason=order.reason,
    )


def _about(order: Order) -> str:
    return gettext(
        "av %(who)s, for %(purpose)s (%(basis)s)",
        who=order.placed_by,
        purpose=purpose_name(order.purpose).lower(),
        basis=basis_name(order.basis),
    )


def _line(line: FetchLine, zone: ZoneInfo, now: datetime, awaited: bool) -> Line:
    waits = line.fetch.state in _WAITING
    return Line(
        institution=line.fetch.institution,
        fetch_id=line.fetch.id,
        name=text_of(line.name),
        state=state_of(line),
        sentence=sentence_of(line, zone, now),
        seconds=seconds_of(line),
        left_out=left_out_rows(line.answer.left_out) if line.answer and not waits else (),
        fresh=awaited and not waits,
        undecided=is_undecided(line),
    )


def is_undecided(line: FetchLine) -> bool:
    """Whether an answer was set aside and nobody has decided about it."""
    return state_of(line) == Outcome.MISMATCH and line.answer is not None and not line.answer.decision


def seconds_of(line: FetchLine) -> str:
    """How long an institution took to answer: "0,4 s"; "" while it has not, when it was not asked at all, and where a
    run has not kept it."""
    waits = line.fetch.state in _WAITING
    if (
        line.answer is None
        or not line.answer.seconds
        or waits
        or line.answer.outcome in (Outcome.NOT_SHARED, Outcome.NO_CONSENT, Outcome.AWAITED)
    ):
        return ""
    return f"{line.answer.seconds:.1f} s".replace(".", ",")


def _may_retry(line: FetchLine, now: datetime) -> bool:
    """Whether asking again makes sense: one that is switched off on purpose would not be asked."""
    off = SwitchedOff.told(line.answer.cause) if line.answer and state_of(line) == OFF else None
    return state_of(line) in NOT_ASKED and (off is None or off.until <= now)


def _not_asked(lines: Iterable[FetchLine]) -> str:
    names = [text_of(line.name) for line in lines if state_of(line) in NOT_ASKED]
    if not names:
        return ""
    return ngettext(
        "%(num)d institusjon kunne ikke spørres: %(names)s.",
        "%(num)d institusjoner kunne ikke spørres: %(names)s.",
        len(names),
        names=", ".join(names),
    )
