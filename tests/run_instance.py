"""An instance for runs: three applicants, two admissions, and three institutions that answer over HTTP."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Event

from click.testing import CliRunner, Result

from webapp.cli import main
from webapp.identity import make_synthetic
from webapp.store import Store, runs
from world import KARI_NUMBER, OLA_NUMBER

AUTUMN, SPRING = "2027-HØST-NOM", "2027-VÅR-LOK"
LIN_NUMBER = make_synthetic(date(1999, 4, 5), 1)
#: Kari and Lin have consented, Ola has not; Kari has applied in an admission that is not in its processing phase too.
APPLICATIONS = [
    ("N1", KARI_NUMBER, AUTUMN, "2020-11-01T09:00:00.000+00:00"),
    ("N2", OLA_NUMBER, AUTUMN, None),
    ("N3", LIN_NUMBER, AUTUMN, "2020-11-25T09:00:00.000+00:00"),
    ("V1", KARI_NUMBER, SPRING, "2020-11-01T09:00:00.000+00:00"),
]


@dataclass
class RunWorld:
    """An instance with its applicants and institutions. Answers wait for `answering`; `asked` tells of a question."""

    instance: Path
    store: Store
    answering: Event
    asked: Event

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["run", *arguments])

    def report(self, *arguments: str) -> dict[str, object]:
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        said = json.loads(result.stdout)
        assert isinstance(said, dict)
        return said

    def all_runs(self) -> list[tuple[int, str, str]]:
        return [(run.id, run.kind.value, run.state.value) for run in reversed(runs.latest(self.store.db, 99))]
