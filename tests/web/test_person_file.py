"""Everything that is kept about a person is handed out, and nothing of anybody else."""

import json
from io import BytesIO
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient

from kept import add_ola, keep_everything
from runs import Runner
from webapp.house import House
from webapp.model import Person, RunKind
from webapp.store.whole_person import LEFT_OUT, SECTIONS
from webapp.web.person_file_words import column_name, section_name
from world import KARI_NUMBER, OLA_NUMBER, FakeSource


@pytest.fixture
def kept(house: House, kari: Person, sources: dict[int, FakeSource], runner: Runner) -> Person:
    """Kari, of whom something is kept in every table."""
    keep_everything(house, kari, sources)
    add_ola(house)
    runner.run(RunKind.FULL)
    return kari


def test_each_table_that_can_hold_a_person_is_in_the_file(house: House) -> None:
    """Whatever refers to people, or to what refers to them, is in a section or explained."""
    covered = {section.table for section in SECTIONS.values()}
    reached, grown = {"people"}, True
    while grown:
        grown = False
        for table in house.store.db.tables:
            refers = {key.other_table for key in table.foreign_keys} & reached
            if table.name not in reached and (refers or "person_id" in table.columns_dict):
                reached, grown = reached | {table.name}, True
    assert reached >= {"portal_visits", "case_results", "run_applicants", "deliveries", "trace_people"}
    assert reached - covered - LEFT_OUT.keys() == set()
    assert covered.isdisjoint(LEFT_OUT)


def test_each_section_and_field_has_a_name(house: House) -> None:
    for name, section in SECTIONS.items():
        assert section_name(name)
        columns = house.store.db.table(section.table).columns_dict.keys()
        assert section.omitted.keys() <= columns
        assert all(column_name(column) for column in columns - section.omitted.keys())


def test_all_that_is_kept_is_in_the_json(house: House, client: FlaskClient, kept: Person) -> None:
    answer = client.get(f"/people/{kept.id}/file.json")
    said = json.loads(answer.text)
    assert {name for name in SECTIONS if not said[name]} == set()
    assert [row["number"] for row in said["numbers"]] == sorted([KARI_NUMBER, OLA_NUMBER])
    assert said["results"][0]["names"] == {"nb": "Emne MAT1100"}
    assert said["institutions"]["185"]["nb"] == "Universitetet i Oslo"
    assert "Hansen" not in answer.text
    assert (answer.headers["Cache-Control"], answer.headers["Content-Disposition"]) == (
        "no-store",
        f'attachment; filename="innsyn-{kept.id}.json"',
    )


def test_the_zip_has_the_answers_but_not_one_about_somebody_else(client: FlaskClient, kept: Person) -> None:
    packed = ZipFile(BytesIO(client.get(f"/people/{kept.id}/file.zip").data))
    bodies = [packed.read(name) for name in packed.namelist() if name.startswith("answers/")]
    assert len(bodies) == 1
    assert b"MAT1100" in bodies[0]
    assert packed.read("uploads/1") == b"<elmo>Nordmann</elmo>"
    assert not any(b"FYS1000" in packed.read(name) for name in packed.namelist())


def test_the_pdf_is_made_and_the_page_leads_there(house: House, client: FlaskClient, kept: Person) -> None:
    assert f"/people/{kept.id}/file.pdf" in client.get(f"/people/{kept.id}/file").text
    answer = client.get(f"/people/{kept.id}/file.pdf")
    assert answer.data.startswith(b"%PDF-")
    acts = [row["act"] for row in house.store.db.query("SELECT act FROM trace WHERE door LIKE 'person_file.%'")]
    assert acts == ["looked", "printed"]
