"""Whatever stands in a file, there is a report, and a refused file writes nothing."""

from pathlib import Path

from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from webapp.config import Settings
from webapp.intake.columns import COLUMNS
from webapp.intake.files import import_file
from webapp.model import IntakeKind
from webapp.store import Store
from world import KARI_NUMBER, NOW

NAMES = st.sampled_from([*COLUMNS[IntakeKind.APPLICATIONS].fields, *COLUMNS[IntakeKind.ADMISSIONS].fields, "x", ""])
CELLS = st.one_of(
    st.sampled_from(["", KARI_NUMBER, "2027-HØST-NOM", "1", "J", "2026-11-01", "0001-01-01", "9999-12-31T23:59-23:00"]),
    st.text(max_size=20),
)
CSV = st.builds(
    lambda heading, rows, mark: "\n".join(mark.join(row) for row in [heading, *rows]).encode("utf-8", "surrogatepass"),
    st.lists(NAMES, min_size=1, max_size=9),
    st.lists(st.lists(CELLS, max_size=9), max_size=4),
    st.sampled_from(";,"),
)
JSON = st.text(alphabet='[]{}",:\\u0dnft1e sokernummer', max_size=60).map(lambda text: f"[{text}".encode())


@given(content=st.one_of(st.binary(max_size=200), CSV, JSON), kind=st.sampled_from(IntakeKind))
@example(
    content=b'[{"sokernummer": "\\ud800", "fodselsnummer": "1", "opptak": "\\u0000"}]', kind=IntakeKind.APPLICATIONS
)
@example(content=b"[" + b"9" * 5000 + b"]", kind=IntakeKind.APPLICATIONS)
@examples(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
def test_a_file_ends_in_a_report(
    store: Store, settings: Settings, tmp_path: Path, content: bytes, kind: IntakeKind
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    report = import_file(store, settings, kind, file, NOW)
    people = next(iter(store.db.query("SELECT count(*) AS n FROM people")))["n"]
    assert report.complaint_count or kind is IntakeKind.ADMISSIONS
    assert (people, store.db.conn.in_transaction) == (0, False)
    assert all(KARI_NUMBER not in each.sentence % each.values for each in report.complaints)
