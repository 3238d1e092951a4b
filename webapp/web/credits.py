"""Credits: what a study adds up to, and how an extent is written."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from webapp.model import StoredResult
from webapp.web.language import gettext

#: A vekttall of before the Quality Reform is three studiepoeng; a year was 20 vekttall and is 60 studiepoeng.
CREDITS_PER_VEKTTALL = 3

_CREDITS = {"", "ects", "sp", "stp", "studiepoeng", "credits"}
_VEKTTALL = {"vt", "vekttall"}


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
    if credits is None or unit not in _CREDITS | _VEKTTALL:
        return None
    return credits * CREDITS_PER_VEKTTALL if unit in _VEKTTALL else credits


def extent(credits: Decimal | None, scheme: str | None) -> str:
    """An extent as it is shown: "10 sp", "20 vt (60 sp)", or as given where the unit is another; "" when absent."""
    if credits is None:
        return ""
    unit = (scheme or "").strip()
    in_credits = studiepoeng(credits, scheme)
    if in_credits is None:
        return f"{number(credits)} {unit}"
    if unit.casefold() in _VEKTTALL:
        return gettext("%(vt)s vt (%(sp)s sp)", vt=number(credits), sp=number(in_credits))
    return gettext("%(sp)s sp", sp=number(credits))


def number(value: Decimal) -> str:
    """A number as Norwegians write it, without needless zeros: 7,5 and 180."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")
