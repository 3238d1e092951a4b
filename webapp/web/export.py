"""Lists as files: CSV as Norwegian Excel opens it, and Excel itself; row by row, however many there are."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence

import xlsxwriter
from flask import Response, abort, send_file, stream_with_context
from flask.typing import ResponseReturnValue

#: A cell that begins so would be read as a formula by a spreadsheet (OWASP, "CSV Injection"), some in full width.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def export(name: str, form: str, titles: Sequence[str], rows: Iterator[Iterable[str]]) -> ResponseReturnValue:
    """A file called `name` in the form "csv" or "xlsx"; 404 for any other."""
    if form == "csv":
        answer = Response(stream_with_context(_csv(titles, rows)), mimetype="text/csv")
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return answer
    if form == "xlsx":
        return _xlsx(name, titles, rows)
    return abort(404)


def _csv(titles: Sequence[str], rows: Iterator[Iterable[str]]) -> Iterator[str]:
    # The mark of order at the start tells Excel that it is UTF-8.
    yield "\ufeff"
    line = io.StringIO()
    writer = csv.writer(line, delimiter=";")
    writer.writerow(titles)
    for row in rows:
        writer.writerow([f"'{text}" if text.startswith(_FORMULA) else text for text in row])
        yield line.getvalue()
        line.seek(0)
        line.truncate()
    yield line.getvalue()


def _xlsx(name: str, titles: Sequence[str], rows: Iterator[Iterable[str]]) -> ResponseReturnValue:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - send_file closes it when it has been sent
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    for place, title in enumerate(titles):
        sheet.write_string(0, place, title, bold)
    for number, row in enumerate(rows, 1):
        for place, text in enumerate(row):
            sheet.write_string(number, place, text)
    sheet.freeze_panes(1, 0)
    book.close()
    file.seek(0)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return send_file(file, kind, as_attachment=True, download_name=f"{name}.xlsx")
