"""Credits: what extents come to in studiepoeng, and never the same work twice."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from webapp.model import Level, StoredResult

#: A vekttall of before the Quality Reform is three studiepoeng; a year was 20 vekttall and is 60 studiepoeng.
CREDITS_PER_VEKTTALL = 3

_CREDITS = {"", "ects", "sp", "stp", "studiepoeng", "credits"}
VEKTTALL = {"vt", "vekttall"}


class Stage(StrEnum):
    """How high a level is; UNKNOWN when the source does not say, or says it in words of its own."""

    LOWER = "lower"
    BACHELOR = "bachelor"
    MASTER = "master"
    DOCTORATE = "doctorate"
    UNKNOWN = "unknown"


_EQF = {str(level): Stage.LOWER for level in range(1, 6)} | {
    "6": Stage.BACHELOR,
    "7": Stage.MASTER,
    "8": Stage.DOCTORATE,
}
#: The study levels of FS (StudienivaIntervallKode): from, to and what they are.
_FS = (
    (30, 69, Stage.LOWER),
    (70, 495, Stage.BACHELOR),
    (500, 590, Stage.MASTER),
    (900, 990, Stage.DOCTORATE),
)


@dataclass(frozen=True)
class Counted:
    """What ticked results come to. `parts`: studiepoeng by institution and level, of those that count.

    `below`: the ticked rows that do not count, with the ticked row above that counts instead. `without`: the ticked
    rows that tell no extent in studiepoeng or vekttall.
    """

    parts: Mapping[tuple[int, Stage], Decimal]
    below: Mapping[int, int]
    without: frozenset[int]

    @property
    def total(self) -> Decimal:
        """All of it, in studiepoeng."""
        return sum(self.parts.values(), Decimal(0))


def count(rows: Iterable[StoredResult], ticked: Collection[int]) -> Counted:
    """What the ticked ones of a person's rows come to, whatever their order.

    A ticked row below another ticked row with credits of its own does not count, so that a qualification and its
    courses are never both counted. A row that is no longer reported counts: a caseworker ticked it.
    """
    known = {row.id: row for row in rows}
    parts: dict[tuple[int, Stage], Decimal] = defaultdict(Decimal)
    below, without = dict[int, int](), set[int]()
    for row in known.values():
        if row.id not in ticked:
            continue
        above = [each.id for each in _above(row, known) if each.id in ticked and _own(each)]
        if above:
            below[row.id] = above[-1]
        elif own := _own(row):
            parts[row.institution, stage_of(row.result.level)] += own
        else:
            without.add(row.id)
    return Counted(parts, below, frozenset(without))


def _above(row: StoredResult, known: Mapping[int, StoredResult]) -> Iterable[StoredResult]:
    """The rows above one, the nearest first."""
    while row.parent_id is not None and row.parent_id in known:
        row = known[row.parent_id]
        yield row


def _own(row: StoredResult) -> Decimal | None:
    return studiepoeng(row.result.credits, row.result.credit_scheme) or None


def total(rows: Iterable[StoredResult]) -> Decimal | None:
    """The studiepoeng of a study, from the top down: a row with credits of its own counts, what is below it does
    not, so that a qualification and its courses are never both counted. Rows that are no longer reported and
    extents in other units are passed over. None when nothing tells an extent.
    """
    reported = [row for row in rows if row.gone_at is None]
    ids = {row.id for row in reported}
    below: dict[int | None, list[StoredResult]] = defaultdict(list)
    for row in reported:
        below[row.parent_id if row.parent_id in ids else None].append(row)
    return _sum(below[None], below)


def _sum(rows: Sequence[StoredResult], below: Mapping[int | None, list[StoredResult]]) -> Decimal | None:
    parts = []
    for row in rows:
        own = studiepoeng(row.result.credits, row.result.credit_scheme)
        parts.append(own if own is not None else _sum(below.get(row.id, []), below))
    known = [part for part in parts if part is not None]
    return sum(known, Decimal(0)) if known else None


def studiepoeng(credits: Decimal | None, scheme: str | None) -> Decimal | None:
    """An extent in studiepoeng (one is one ECTS credit); None when there is none or the unit is another."""
    unit = (scheme or "").strip().casefold()
    if credits is None or unit not in _CREDITS | VEKTTALL:
        return None
    return credits * CREDITS_PER_VEKTTALL if unit in VEKTTALL else credits


def stage_of(level: Level | None) -> Stage:
    """How high a level is, by EQF or by FS' own codes."""
    if level is None:
        return Stage.UNKNOWN
    value = level.value.strip()
    if level.scheme == "EQF":
        return _EQF.get(value, Stage.UNKNOWN)
    if level.scheme == "FS" and value.isdecimal():
        return next((stage for first, last, stage in _FS if first <= int(value) <= last), Stage.UNKNOWN)
    return Stage.UNKNOWN
