"""From each step of the schema an instance comes to the newest with all that stands in it; no step is ever changed."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import html
from sqlite_utils import Database

from earlier import instance_at, rows_by_table
from webapp.house import House, open_house
from webapp.store import Store
from webapp.store.schema import migrations
from webapp.store.schema.steps import names
from webapp.web.factory import create_app

PINNED = "schema_steps.json"
SAID = "Godtatt av kberg: Nytt nummer: se journalen"
#: What steps made of values that stood there before, by table; everything else stays as it was.
MADE = {("answers", SAID): '{"accepted":true,"by":"kberg","reason":"Nytt nummer: se journalen"}'}


@pytest.fixture(scope="module")
def screens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with screens, whose store a test puts in: making all of it for each step would take most of the time."""
    house = open_house(tmp_path_factory.mktemp("screens"))
    store = house.store
    yield house
    house.close()
    store.close()


@pytest.fixture(scope="module")
def client(screens: House) -> FlaskClient:
    return create_app(screens).test_client()


@pytest.mark.parametrize("step", names())
def test_an_instance_of_each_step_comes_up_with_all_its_rows(
    screens: House, client: FlaskClient, tmp_path: Path, step: str
) -> None:
    instance_at(path := tmp_path / "eksternstudium.sqlite", step)
    before = rows_by_table(earlier := Database(path))
    earlier.close()
    assert [table for table, rows in before.items() if not rows] == [], "tests/earlier.py lacks facts of these tables"
    store = screens.store = Store(path)
    after = rows_by_table(store.db)
    for table, rows in before.items():
        kept = [{column: row[column] for column in rows[0]} for row in after[table][: len(rows)]]
        assert kept == [{column: MADE.get((table, value), value) for column, value in row.items()} for row in rows]
    assert store.db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert store.db.execute("PRAGMA foreign_key_check").fetchall() == []
    page = html.fromstring(client.get("/people/7").text).text_content()
    assert ("Nordmann, Kari" in page, "MAT1100" in page) == (True, "external_studies" in before)
    store.close()


def test_steps_that_were_released_are_as_they_were() -> None:
    pinned = json.loads(Path(__file__).with_name(PINNED).read_text(encoding="utf-8"))
    now = done_by_step()
    for (name, before), (there, does) in zip(pinned.items(), now.items(), strict=False):
        assert name == there, f"Step {there} stands where {name} was: a new step comes after all that there are."
        assert does == before, (
            f"Step {name} does not do what it did when it was pinned. Instances have taken it: put it back, and do the "
            f"rest in a new step. (If it was never released, {PINNED} has {does} for it.)"
        )
    new = {name: does for name, does in now.items() if name not in pinned}
    assert not new, f"Add to {PINNED}, and facts to tests/earlier.py where a table is new: {json.dumps(new)}"
    assert len(pinned) == len(now), "A step was taken out that instances have taken."


def done_by_step() -> dict[str, str]:
    """The hash of what each step does to an empty database: of its statements, however they are laid out."""
    statements: list[str] = []
    db = Database(memory=True, tracer=lambda sql, _: statements.append(" ".join(sql.split())))
    done = {}
    for step in migrations.pending(db):
        statements.clear()
        step.fn(db)
        done[step.name] = sha256("\n".join(statements).encode()).hexdigest()
    return done
