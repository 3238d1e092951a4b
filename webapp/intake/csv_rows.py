"""CSV: the rows of a file, one by one, by the names in its first line."""

import csv
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TextIO

from webapp.errors import Refusal
from webapp.intake.columns import Columns
from webapp.intake.complaints import quoted
from webapp.model import Complaint

#: A longer line is no line of ours; it is taken for several, and none of them has the right number of cells.
LONGEST_LINE = 1 << 20


def csv_rows(text: TextIO, columns: Columns) -> Iterator[tuple[int, dict[str, str]] | Complaint]:
    """Each row as its line and the record's fields, or what is wrong with it. Raises Refusal for a file that cannot
    be read at all: a heading with other columns than are known, or quotation marks that do not end."""
    first = text.readline(LONGEST_LINE)
    lines = chain([first], iter(lambda: text.readline(LONGEST_LINE), ""))
    reader = csv.reader(lines, delimiter=";" if ";" in first else ",", strict=True)
    try:
        fields = _fields(next(reader, []), columns)
        line = reader.line_num + 1
        for cells in reader:
            if any(map(str.strip, cells)):
                yield _row(line, cells, fields)
            line = reader.line_num + 1
    except csv.Error as wrong:
        raise Refusal(
            "Linje %(line)d kan ikke leses som CSV. Se etter et anførselstegn som mangler eller er til overs.",
            line=reader.line_num,
        ) from wrong


def _row(line: int, cells: Sequence[str], fields: Sequence[str]) -> tuple[int, dict[str, str]] | Complaint:
    if len(cells) == len(fields):
        return line, dict(zip(fields, cells, strict=True))
    return Complaint(
        line,
        "",
        "Linjen har %(count)d felter, men overskriften har %(needed)d. Se etter et skilletegn for lite eller for mye.",
        {"count": len(cells), "needed": len(fields)},
    )


def _fields(heading: Sequence[str], columns: Columns) -> list[str]:
    """The record's field of each column."""
    names = [cell.strip().casefold() for cell in heading]
    allowed = ", ".join(columns.fields)
    if not any(name in columns.fields for name in names):
        raise Refusal("Filen må begynne med en linje med kolonnenavn: %(allowed)s.", allowed=allowed)
    for place, name in enumerate(names):
        if name not in columns.fields:
            raise Refusal(
                "Kolonne nr. %(place)d, «%(name)s», er ukjent. Kolonnene kan være: %(allowed)s.",
                place=place + 1,
                name=quoted(heading[place]),
                allowed=allowed,
            )
        if name in names[:place]:
            raise Refusal("Kolonnen «%(name)s» står to ganger. Ta bort den ene.", name=name)
    for name in columns.needed:
        if name not in names:
            raise Refusal("Kolonnen «%(name)s» mangler.", name=name)
    return [columns.fields[name] for name in names]
