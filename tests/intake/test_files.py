"""Files as they come: CSV and JSON in every dress, and what is no such file."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from webapp.config import Settings
from webapp.intake.applying import take_in_admission
from webapp.intake.columns import COLUMNS
from webapp.intake.files import import_file
from webapp.model import AdmissionRecord, IntakeKind, Report, Tally
from webapp.store import Store, people
from world import KARI_NUMBER, NOW, OLA_NUMBER

HEADING = "sokernummer;fodselsnummer;etternavn;fornavn;opptak;samtykke_gitt"
KARI = f"1001;{KARI_NUMBER};Næss;Kari;2027-HØST-NOM;2026-11-01T10:00:00Z"
OLA = f"1002;{OLA_NUMBER};Nordmann;Ola;2027-HØST-NOM;"
CSV = f"{HEADING}\n{KARI}\n{OLA}\n"
OBJECTS = [
    {"sokernummer": 1001, "fodselsnummer": KARI_NUMBER, "opptak": "2027-HØST-NOM", "etternavn": "Næss"},
    {"sokernummer": "1002", "fodselsnummer": OLA_NUMBER, "opptak": "2027-HØST-NOM", "samtykke_gitt": None},
]
Import = Callable[..., Report]


@pytest.fixture
def take_in(store: Store, settings: Settings, tmp_path: Path) -> Import:
    take_in_admission(store, settings, AdmissionRecord("2027-HØST-NOM"), NOW)

    def take_in(content: bytes, kind: IntakeKind = IntakeKind.APPLICATIONS, dry_run: bool = False) -> Report:
        file = tmp_path / "søkere.csv"
        file.write_bytes(content)
        return import_file(store, settings, kind, file, NOW, dry_run=dry_run)

    return take_in


def told(report: Report) -> list[tuple[int, str]]:
    return [(each.line, each.sentence % each.values) for each in report.complaints]


@pytest.mark.parametrize(
    "content",
    [
        CSV.encode(),
        CSV.encode("utf-8-sig"),
        CSV.encode("cp1252"),
        CSV.replace("\n", "\r\n").encode(),
        CSV.replace("\n", "\n\n").encode(),
        CSV.replace(";", ",").encode(),
        CSV.replace("Næss", '"Næss"').upper().encode(),
        json.dumps(OBJECTS, indent=1).encode(),
        json.dumps(OBJECTS, ensure_ascii=False).encode("utf-8-sig"),
        "\n".join(map(json.dumps, OBJECTS)).encode(),
    ],
    ids=["utf-8", "bom", "windows", "crlf", "blank lines", "comma", "capitals", "array", "array bom", "json lines"],
)
def test_a_file_comes_in_whatever_its_dress_and_twice_changes_nothing(
    take_in: Import, store: Store, content: bytes
) -> None:
    report = take_in(content)
    kari = people.person_with_number(store.db, KARI_NUMBER)
    assert (report.rows, report.people, report.applications) == (2, Tally(2, 0, 0), Tally(2, 0, 0)), told(report)
    assert kari is not None
    assert (kari.family_name or "").casefold() == "næss"
    again = take_in(content)
    assert (again.people, again.applications) == (Tally(0, 0, 2), Tally(0, 0, 2))


def excel() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
    return packed.getvalue()


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as folder:
        folder.writestr("søkere.csv", CSV)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Filen er tom."),
        (excel(), "Dette er en Excel-fil, hva den enn heter."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Dette er en Excel-fil, hva den enn heter."),
        (zipped(), "Filen er pakket (ZIP eller GZIP)."),
        (CSV.encode("utf-16"), "Filen er lagret som UTF-16."),
        (CSV.encode("utf-16-le"), "Filen er ikke en tekstfil."),
        (CSV.encode() + "Ærlig".encode("cp1252"), "Filen blander tegnsett"),
        (CSV.encode("cp1252") + b"\x81", "Tegnsettet i filen er ukjent."),
        (KARI.encode(), "Filen må begynne med en linje med kolonnenavn: sokernummer, fodselsnummer,"),
        (b"\n\n" + CSV.encode(), "Filen må begynne med en linje med kolonnenavn"),
        (CSV.replace("fornavn", "alder").encode(), "Kolonne nr. 4, «alder», er ukjent. Kolonnene kan være: "),
        (CSV.replace("fornavn", KARI_NUMBER).encode(), "Kolonne nr. 4, «…», er ukjent."),
        (CSV.replace("fornavn", "opptak").encode(), "Kolonnen «opptak» står to ganger."),
        (CSV.replace("opptak;", "").encode(), "Kolonnen «opptak» mangler."),
        (f'{HEADING}\n1001;"{KARI_NUMBER}\n'.encode(), "Linje 2 kan ikke leses som CSV."),
        (HEADING.encode(), "Filen har ingen rader under overskriften."),
        (b"[]", "Filen har ingen rader under overskriften."),
        (b'[\n{"sokernummer": "1"\n', "Filen er ikke gyldig JSON fra linje 2."),
        (b'[{"sokernummer": "1"} {}]', "Filen er ikke gyldig JSON fra linje 1."),
        (b"[" * 100_000, "Filen er ikke gyldig JSON fra linje 1."),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(take_in: Import, content: bytes, sentence: str) -> None:
    report = take_in(content)
    ((line, said),) = told(report)
    assert (line, said.startswith(sentence)) == (0, True), said
    assert KARI_NUMBER not in said


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (f"{HEADING}\n{KARI};x\n", (2, "Linjen har 7 felter, men overskriften har 6.")),
        (f'{HEADING}\n"1001\n";{KARI[5:]}\n{OLA.replace("Ola", "1" * 9)}', (4, "Det står et nummer")),
        (json.dumps([OBJECTS[0], 7]), (2, "Dette er ikke et objekt.")),
        (json.dumps([OBJECTS[0] | {"alder": 7}]), (1, "«alder» er ukjent.")),
        (json.dumps([{"sokernummer": "1", "opptak": "2027-HØST-NOM"}]), (1, "«fodselsnummer» mangler.")),
        (json.dumps([OBJECTS[0] | {"fornavn": 1.5}]), (1, "«fornavn» skal være tekst.")),
    ],
)
def test_a_row_that_is_wrong_is_told_by_its_line(take_in: Import, content: str, complaint: tuple[int, str]) -> None:
    line, said = told(take_in(content.encode()))[-1]
    assert (line, said[: len(complaint[1])]) == complaint


def test_one_wrong_row_and_nothing_is_written(take_in: Import, store: Store) -> None:
    report = take_in(f"{CSV}1003;{KARI_NUMBER};Hansen;Kari;2027-HØST-NOM;\n".encode())
    assert told(report) == [(4, "Den samme personen har et annet etternavn på linje 2. Rett den som er feil.")]
    assert people.person_with_number(store.db, KARI_NUMBER) is None


def test_a_dry_run_tells_what_would_be_and_writes_nothing(take_in: Import, store: Store) -> None:
    report = take_in(CSV.encode(), dry_run=True)
    assert (report.people, report.applications, report.dry_run) == (Tally(2, 0, 0), Tally(2, 0, 0), True)
    assert people.person_with_number(store.db, KARI_NUMBER) is None


def test_a_thousand_complaints_are_shown_and_all_are_counted(take_in: Import) -> None:
    report = take_in("\n".join([HEADING, *(f"{n};1;A;B;2027-HØST-NOM;" for n in range(2500))]).encode())
    assert ([each.line for each in report.complaints], report.complaint_count) == (list(range(2, 1002)), 2500)


def test_admissions_come_in_the_same_way(take_in: Import) -> None:
    content = "opptak,navn,saksbehandlingsfase,frist\n2027-VÅR-MASTER,Master,J,2026-12-01\n2027-HØST-NOM,,N,\n"
    assert take_in(content.encode(), IntakeKind.ADMISSIONS).admissions == Tally(1, 0, 1)


def test_every_column_is_documented_and_the_examples_come_in(take_in: Import) -> None:
    page = (Path(__file__).parents[2] / "docs" / "files.md").read_text(encoding="utf-8")
    assert [name for columns in COLUMNS.values() for name in columns.fields if f"`{name}`" not in page] == []
    applications, admissions, as_json = re.findall(r"^```(?:text|json)\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert take_in(admissions.encode(), IntakeKind.ADMISSIONS).admissions == Tally(1, 1, 0)
    assert take_in(as_json.encode(), IntakeKind.ADMISSIONS).admissions == Tally(0, 0, 1)
    assert {each.field for each in take_in(applications.encode()).complaints} == {"number", "former_numbers"}
