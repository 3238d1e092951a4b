"""The database is deleted while a run goes on: the run says so and ends, and goes on from the backup."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from run_instance import RunWorld
from webapp.cli import main
from webapp.store import Store

Start = Callable[..., subprocess.Popen[str]]
DATABASE = "eksternstudium.sqlite"
#: Everything that a caseworker could see, and what the run tells of itself, without ids and instants.
SEEN = (
    """SELECT person_id, institution, r.key, r.ordinal, r.code, r.grade, r.names, r.position, r.gone_at
    FROM external_results r JOIN external_studies s ON s.id = r.study_id ORDER BY 1, 2, 3""",
    """SELECT c.person_id, c.institution, r.key, kind, fields FROM result_changes c
    JOIN external_results r ON r.id = result_id ORDER BY 1, 2, 3""",
    "SELECT kind, state, ordered, people, left_out, changed_people FROM runs ORDER BY id",
    """SELECT run_id, institution, people, asked, found, no_results, unchanged, failed, no_consent, not_shared, mismatch
    FROM run_sources ORDER BY 1, 2""",
    "SELECT run_id, person_id, application, ordered_for, left_out FROM run_applicants ORDER BY 1, 2, 3",
    "SELECT id, purpose, basis, placed_from, state FROM orders ORDER BY id",
    "SELECT order_id, person_id, institution, outcome, results FROM answers JOIN fetches ON fetch_id = fetches.id"
    " ORDER BY 1, 2, 3",
    "SELECT hash, size FROM payloads ORDER BY hash",
    "SELECT given_names, family_name, number FROM people JOIN person_identifiers ON person_id = people.id",
)


def said(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def seen_in(instance: Path) -> list[tuple[object, ...]]:
    store = Store(instance / DATABASE)
    rows = [tuple(row) for sql in SEEN for row in store.db.execute(sql)]
    store.close()
    return rows


@pytest.mark.slow
def test_a_run_whose_database_is_deleted_goes_on_from_the_backup(
    world: RunWorld, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Kari's results are there from an earlier evening; Lin is new in the run that is disturbed.
    assert world.report("full", "--at", "2020-11-24T20:00")["changed_people"] == 1
    world.store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(world.instance, undisturbed)

    world.answering.clear()
    world.asked.clear()
    run = start("run", "full")
    assert world.asked.wait(30)
    backup = said("backup", str(tmp_path / "backups"))
    assert backup.exit_code == 0, backup.output
    held = seen_in(world.instance)
    (world.instance / DATABASE).unlink()
    world.answering.set()
    _, complaint = run.communicate(timeout=60)
    assert (run.returncode, complaint.count("\n"), DATABASE in complaint) == (2, 1, True)

    # Nothing begins anew by itself, as if there had been nothing.
    again = said("run", "full")
    assert (again.exit_code, again.output) == (2, complaint)
    assert not (world.instance / DATABASE).exists()

    (file,) = (tmp_path / "backups").glob("eksternstudium-*.tar.gz")
    restored = said("restore", str(file))
    assert restored.exit_code == 0, restored.output
    assert "Kjøringer som var i gang, går videre når skjermbildene starter: 2" in restored.output
    assert seen_in(world.instance) == held

    goes_on = said("run", "full")
    assert goes_on.exit_code == 0, goes_on.output
    assert "Kjøring 2 ble brutt av, og går videre." in goes_on.stderr
    monkeypatch.setenv("EKSTERNSTUDIUM_INSTANCE", str(undisturbed))
    assert said("run", "full").exit_code == 0
    assert seen_in(world.instance) == seen_in(undisturbed)
    assert seen_in(undisturbed) != held
