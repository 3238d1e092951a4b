"""Files taken in behind the screens: followed, ended by a stop, and put right after a death."""

import io
import logging

import pytest

from webapp.config import Settings
from webapp.house import House
from webapp.intake import importing
from webapp.intake.files import import_file
from webapp.intake.importing import BrokenOff, Importer
from webapp.model import FileImport, ImportState, IntakeKind, Tally
from webapp.store import Store, imports, people
from world import KARI_NUMBER, NOW


def start(house: House, content: bytes, dry_run: bool = False, name: str = "søkere.csv") -> FileImport:
    """Starts an import, waits for its end, and gives what is noted of it."""
    import_id = house.importer.start(IntakeKind.APPLICATIONS, io.BytesIO(content), name, dry_run, "kberg")
    house.importer.settle(10)
    return noted(house, import_id)


def test_a_file_is_taken_in_and_not_kept(house: House, two_applications: bytes) -> None:
    found = start(house, two_applications)
    assert (found.state, found.done, found.started_by, found.finished_at) == (ImportState.DONE, 1, "kberg", NOW)
    assert found.report is not None
    assert (found.report.people, found.report.rows) == (Tally(2, 0, 0), 2)
    assert list((house.settings.instance / "uploads").iterdir()) == []


def test_a_file_with_a_fault_is_refused_with_its_report(house: House, two_applications: bytes) -> None:
    found = start(house, two_applications.replace(b"1002", b""))
    assert (found.state, found.report and found.report.complaint_count) == (ImportState.REFUSED, 1)
    assert people.person_with_number(house.store.db, KARI_NUMBER) is None


def test_a_number_in_the_name_of_a_file_is_masked(house: House, two_applications: bytes) -> None:
    found = start(house, two_applications, name=f"{KARI_NUMBER} søkere.csv")
    assert found.file_name == f"{KARI_NUMBER[:6]} ***** søkere.csv"


def waiting(house: House, content: bytes, name: str = "") -> FileImport:
    """Notes an import, and lays its file down as it lies before it is read, or by another name."""
    import_id = imports.begin(house.store.db, IntakeKind.APPLICATIONS, "søkere.csv", False, "kberg", NOW)
    folder = house.settings.instance / "uploads"
    folder.mkdir(exist_ok=True)
    (folder / (name or str(import_id))).write_bytes(content)
    return noted(house, import_id)


def noted(house: House, import_id: int) -> FileImport:
    found = imports.file_import(house.store.db, import_id)
    assert found is not None
    return found


def test_a_stop_breaks_an_import_off_and_it_goes_on_at_the_next_start(house: House, two_applications: bytes) -> None:
    import_id = waiting(house, two_applications).id
    house.importer.close()
    house.importer.work(import_id)
    assert noted(house, import_id).state is ImportState.RUNNING
    assert people.person_with_number(house.store.db, KARI_NUMBER) is None
    of_next_start = Importer(house.store, house.settings, house.clock)
    of_next_start.recover()
    of_next_start.settle(10)
    found = noted(house, import_id)
    assert (found.state, found.report and found.report.people) == (ImportState.DONE, Tally(2, 0, 0))
    assert list((house.settings.instance / "uploads").iterdir()) == []


def test_what_a_process_died_of_is_not_read_again(house: House, two_applications: bytes) -> None:
    died_of = waiting(house, two_applications, "1-begun")
    waited, lost = waiting(house, two_applications), waiting(house, b"", "tmpqwerty")
    house.importer.recover()
    house.importer.settle(10)
    states = [noted(house, each.id).state for each in (died_of, waited, lost)]
    assert states == [ImportState.BROKEN_OFF, ImportState.DONE, ImportState.BROKEN_OFF]
    assert list((house.settings.instance / "uploads").iterdir()) == []


def test_an_error_of_our_own_is_logged_and_the_next_file_comes_in(
    house: House, two_applications: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr(importing, "import_file", None)
        assert start(house, two_applications).state is ImportState.BROKEN_OFF
    assert "import 1: failed within" in caplog.text
    assert start(house, two_applications).state is ImportState.DONE


def test_how_far_it_has_come_is_told_as_it_is_read(
    store: Store, settings: Settings, two_applications: bytes, house: House
) -> None:
    file = settings.instance / "søkere.csv"
    file.write_bytes(two_applications)
    told: list[float] = []
    import_file(store, settings, IntakeKind.APPLICATIONS, file, NOW, on_progress=told.append)
    assert told == [0.8]


def test_a_reader_that_is_broken_off_leaves_the_connection_clean(
    store: Store, settings: Settings, two_applications: bytes
) -> None:
    file = settings.instance / "søkere.csv"
    file.write_bytes(two_applications)

    def break_off(done: float) -> None:
        raise BrokenOff

    with pytest.raises(BrokenOff):
        import_file(store, settings, IntakeKind.APPLICATIONS, file, NOW, on_progress=break_off)
    assert import_file(store, settings, IntakeKind.APPLICATIONS, file, NOW).people == Tally(2, 0, 0)
