"""How an extent is written."""

from decimal import Decimal

from webapp.recognition.credits import VEKTTALL, studiepoeng
from webapp.web.language import gettext


def extent(credits: Decimal | None, scheme: str | None) -> str:
    """An extent as it is shown: "10 sp", "20 vt (60 sp)", or as given where the unit is another; "" when absent."""
    if credits is None:
        return ""
    unit = (scheme or "").strip()
    in_credits = studiepoeng(credits, scheme)
    if in_credits is None:
        return f"{number(credits)} {unit}"
    if unit.casefold() in VEKTTALL:
        return gettext("%(vt)s vt (%(sp)s sp)", vt=number(credits), sp=number(in_credits))
    return gettext("%(sp)s sp", sp=number(credits))


def number(value: Decimal) -> str:
    """A number as Norwegians write it, without needless zeros: 7,5 and 180."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")
