"""The checks of single cells: what is wrong, and what to do about it."""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from webapp.errors import Refusal
from webapp.identity import mask
from webapp.intake.complaints import quoted
from webapp.model import Admission
from webapp.names import fold
from webapp.store import as_text

LONGEST_NAME = 200
#: A year outside these is a slip of the pen.
YEARS = range(1950, 2101)
#: At least one digit: a word alone could be an address of its own. Applicant numbers stand in addresses.
_APPLICANT_NUMBER = re.compile(r"(?=.*\d)[0-9A-Za-zÆØÅæøå_-]{1,20}")
#: Control characters, halves of characters, and the mark of a character that was lost.
_BROKEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")
_YES, _NO = ("j", "ja", "true"), ("n", "nei", "false", "")


def whole(text: str) -> str:
    """A text without blanks around it. Raises Refusal when it holds characters that were broken on the way."""
    if _BROKEN.search(text.strip()):
        raise Refusal("Cellen har linjeskift eller tegn som er ødelagt. Rett den, og lagre filen som UTF-8.")
    return text.strip()


def applicant_number(text: str) -> str:
    """A søkernummer."""
    number = whole(text)
    if not number:
        raise Refusal("Søkernummeret mangler.")
    if re.fullmatch(r"\d{10,11}", number):
        raise Refusal("Søkernummeret ser ut som et fødselsnummer. Se om kolonnene er forskjøvet.")
    if not _APPLICANT_NUMBER.fullmatch(number):
        raise Refusal(
            "Et søkernummer har bokstaver og siffer, minst ett siffer og høyst 20 tegn. Se etter en skrivefeil."
        )
    return number


def name(text: str) -> str:
    """A name; "" when none is given."""
    written = " ".join(whole(text).split())
    if len(written) > LONGEST_NAME:
        raise Refusal("Navnet er lengre enn %(most)d tegn. Kort det ned.", most=LONGEST_NAME)
    if mask(written) != written or re.search(r"\d{6,}", written):
        raise Refusal("Det står et nummer der navnet skulle stått. Se om kolonnene er forskjøvet.")
    if written and not fold(written):
        raise Refusal("Navnet har ingen bokstaver. Skriv navnet, eller la cellen være tom.")
    return written


def admission(text: str) -> Admission:
    """An admission by its code."""
    parts = Admission.parts_of(whole(text))
    if parts is None or parts[0] not in YEARS:
        raise Refusal("«%(code)s» er ikke et opptak. Skriv år, termin og type, som 2027-HØST-NOM.", code=quoted(text))
    return Admission(*parts)


def yes_or_no(text: str) -> bool:
    """J or N; an empty cell says N."""
    said = whole(text).casefold()
    if said not in (*_YES, *_NO):
        raise Refusal("«%(said)s» er verken J eller N. Skriv J eller N.", said=quoted(text))
    return said in _YES


def yes_no_or_unknown(text: str) -> str:
    """J or N as it is stored; "" when it is not known."""
    return ("J" if yes_or_no(text) else "N") if whole(text) else ""


def day(text: str) -> str:
    """A date as it is stored; "" when none is given."""
    written = whole(text)
    if not written:
        return ""
    try:
        found = date.fromisoformat(written)
    except ValueError:
        found = None
    if found is None or found.year not in YEARS:
        raise Refusal("«%(said)s» er ikke en dato. Skriv den slik: 2027-03-01.", said=quoted(text))
    return found.isoformat()


def past_instant(text: str, zone: ZoneInfo, now: datetime) -> str:
    """An instant that has been, as it is stored; "" when none is given. `zone`: where a time without one is told."""
    written = whole(text)
    if not written:
        return ""
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        found = None
    if found is None or found.year not in YEARS:
        raise Refusal(
            "«%(said)s» er ikke et tidspunkt. Skriv det slik: 2026-11-24T09:14, eller bare datoen: 2026-11-24.",
            said=quoted(text),
        )
    at = found if found.tzinfo else found.replace(tzinfo=zone)
    if at > now:
        raise Refusal("Tidspunktet er ikke kommet ennå. Skriv når det skjedde.")
    return as_text(at)
