"""A mail server of the test's own, and a run that has ended."""

from datetime import timedelta

import pytest

from mail_server import Certificate, Postbox, make_certificate
from webapp.model import Run, RunKind, RunState, RunWish
from webapp.store import Store, runs
from world import NOW


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def trusted(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """The certificate, which this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.certificate))
    return certificate


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def run(store: Store) -> Run:
    """A full run that has ended, with changes, people left out and an institution that failed."""
    wish = RunWish(RunKind.FULL, NOW, "FS154.001", forced=False)
    with store.write() as db:
        run_id = runs.add(db, wish)
        db.execute(
            """UPDATE runs SET begun_at = ?, ordered = 1234, people = 1200, changed_people = 12,
            left_out = '{"no-consent": 1, "phase": 40}' WHERE id = ?""",
            [NOW.isoformat(), run_id],
        )
        db.execute("INSERT INTO run_sources (run_id, institution, people, failed) VALUES (?, 184, 1200, 1)", [run_id])
        runs.set_state(db, run_id, RunState.INCOMPLETE, NOW + timedelta(hours=2))
    ended = runs.run(store.db, run_id)
    assert ended is not None
    return ended
