"""The register of Norwegian universities and colleges by institution number, past ones included.

The numbers are those of FS and of the national organisation register; institutions whose number is not known
are left out. The schac is the institution's domain.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from webapp.model import Institution

LANGUAGES = ("nb", "nn", "en", "se")


def _read() -> Iterator[Institution]:
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table, delimiter=";"):
            yield Institution(
                number=int(row["number"]),
                name={language: row[language] for language in LANGUAGES if row[language]},
                schac=row["schac"],
                erasmus=row["erasmus"] or None,
                merged_into=int(row["merged_into"]) if row["merged_into"] else None,
            )


REGISTER: Mapping[int, Institution] = MappingProxyType({i.number: i for i in _read() if i.number is not None})

_BY_SCHAC = {i.schac: i for i in REGISTER.values()}
_BY_ERASMUS = {i.erasmus.replace(" ", ""): i for i in REGISTER.values() if i.erasmus is not None}


def by_schac(schac: str) -> Institution | None:
    """The institution with that domain, in whatever case it is written."""
    return _BY_SCHAC.get(schac.strip().lower())


def by_erasmus(code: str) -> Institution | None:
    """The institution with that Erasmus code, in whatever case and with however many blanks it is written."""
    return _BY_ERASMUS.get("".join(code.upper().split()))


def looked_up(text: str) -> Sequence[Institution]:
    """The institutions of today that a number, a domain ("ntnu" will do) or some letters of a name may mean."""
    wanted = text.strip().casefold()
    for number, institution in REGISTER.items():
        domain = institution.schac or ""
        if wanted in (str(number), domain, domain.partition(".")[0]):
            return [REGISTER[today(number)]]
    return [
        institution
        for institution in REGISTER.values()
        if institution.merged_into is None
        and any(all(word in name.casefold() for word in wanted.split()) for name in institution.name.values())
    ]


def today(number: int) -> int:
    """The number of the institution that `number` has become part of; a number without a merger is its own."""
    institution = REGISTER.get(number)
    if institution is None or institution.merged_into is None:
        return number
    return today(institution.merged_into)
