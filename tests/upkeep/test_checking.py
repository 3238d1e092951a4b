"""An instance looked over: what is wrong is told with how to mend it, and nothing is changed."""

import json
import resource
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner
from filelock import FileLock

from certificates import Authority
from serving import served
from webapp.cli import main
from webapp.config import Settings
from webapp.errors import Refusal
from webapp.fetching.trying import Tried
from webapp.identity import parse
from webapp.institutions import REGISTER
from webapp.model import Act, RunKind, RunState, RunWish, TraceEntry
from webapp.provider import create_provider
from webapp.provider.shelf import Shelf
from webapp.source_settings import ElmoPullSettings
from webapp.store import Store, people, runs, trace
from webapp.store.institutions import remember
from webapp.upkeep.checking import look_over
from webapp.upkeep.disk_check import look_at_room
from webapp.upkeep.findings import Area, Finding, Level, worst
from webapp.upkeep.machine_check import look_at_limits
from webapp.upkeep.sources_check import look_at_clocks
from webapp.upkeep.standing import Made, note_failed, note_good
from world import KARI_NUMBER, NOW, UIB, UIO

SOURCE = '[[source]]\ninstitution = {}\nprotocol = "elmo-pull"\nurl = "{}/{}"\n'
BACKUP = '[backup]\nfolder = "backups"\n'
SIGN_IN = '[sign_in]\nlocal = true\nsecret_file = "sign-in-secret"\n'


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    shelf = Shelf(tmp_path_factory.mktemp("network") / "shelf.sqlite")
    shelf.add_institution(REGISTER[UIO])
    with served(create_provider(shelf)) as url:
        yield url
    shelf.close()


class Instance(NamedTuple):
    """An instance in which all is well: its folder, and its database open."""

    folder: Path
    store: Store

    def sql(self, statement: str, *values: object) -> None:
        with self.store.write() as db:
            db.execute(statement, values)

    def set(self, text: str) -> None:
        (self.folder / "settings.toml").write_text(text + BACKUP, encoding="utf-8")


@pytest.fixture
def instance(network: str) -> Iterator[Instance]:
    # Not below pytest's own folder, which nobody else gets into whatever its files say.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "sources.toml").write_text(SOURCE.format(UIO, network, UIO))
        store = Store(Settings(instance=path).database)
        with store.write() as db:
            remember(db, REGISTER.values())
            people.register(db, [parse(KARI_NUMBER)], "Kari", "Nordmann", NOW)
            trace.append(db, TraceEntry(NOW, "kberg", Act.LOOKED, "person.show", (1,)))
        with FileLock(path / "serve.lock"):
            instance = Instance(path, store)
            instance.set("")
            note_good(path, Made(file="x", at=NOW, bytes=1, sha256="", encrypted=False))
            yield instance
        store.close()


def found(instance: Instance) -> Sequence[Finding]:
    return look_over(instance.folder, lambda: NOW)


def troubles(instance: Instance) -> dict[Area, str]:
    """What is wrong, with how to mend it, by its area."""
    said: dict[Area, str] = {}
    for each in found(instance):
        if each.level is not Level.FINE and each.area not in (Area.CLOCK, Area.LIBRARIES, Area.LIMITS):
            what, mend = each.said(lambda text, **values: text % values)
            said[each.area] = f"{said.get(each.area, '')}{each.level}: {what} {mend} "
    return said


def test_of_an_instance_in_which_all_is_well_every_area_is_fine(instance: Instance) -> None:
    assert troubles(instance) == {}
    areas = {each.area for each in found(instance)}
    assert areas == set(Area) - {Area.CERTIFICATES, Area.SECRETS}


def test_nothing_is_changed_and_nobody_is_told_of(instance: Instance) -> None:
    instance.store.close()
    before = {path: path.read_bytes() for path in instance.folder.iterdir() if path.is_file()}
    came = CliRunner().invoke(main, ["check"], env={"EKSTERNSTUDIUM_INSTANCE": str(instance.folder)})
    assert KARI_NUMBER not in came.output and "Nordmann" not in came.output
    assert {path: path.read_bytes() for path in before} == before


def _newer(instance: Instance) -> None:
    step = "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('eksternstudium', 'later', ?)"
    instance.sql(step, "2027-01-01 12:00:00.000000+00:00")


def _stray(instance: Instance) -> None:
    instance.store.db.execute("PRAGMA foreign_keys = OFF")
    instance.sql("INSERT INTO person_identifiers VALUES ('x', 77, 'x', 1, 'x')")


def _run_that_stands(instance: Instance) -> None:
    with instance.store.write() as db:
        run_id = runs.add(db, RunWish(RunKind.FULL, NOW, "berg"), RunState.RUNNING)
        db.execute("UPDATE runs SET begun_at = ? WHERE id = ?", ["2026-11-23T07:00:00.000+00:00", run_id])


def _secret_that_lacks(instance: Instance) -> None:
    file = instance.folder / "sources.toml"
    file.write_text(file.read_text() + 'secret_env = "NOT_THERE"\n')


def _short_secret(instance: Instance) -> None:
    instance.set(SIGN_IN)
    (instance.folder / "sign-in-secret").write_text("kort")


def _open_secret(instance: Instance) -> None:
    instance.set(SIGN_IN)
    (instance.folder / "sign-in-secret").write_text("s" * 40)
    (instance.folder / "sign-in-secret").chmod(0o644)
    instance.folder.chmod(0o755)


def _open_database(instance: Instance) -> None:
    instance.folder.chmod(0o750)
    (instance.folder / "eksternstudium.sqlite").chmod(0o640)


def _ended_certificate(days: float) -> Callable[[Instance], None]:
    def spoil(instance: Instance) -> None:
        made = Authority(instance.folder).make("screens", days=days)
        instance.set(f'[server]\ncertificate = "{made.certificate}"\nkey = "{made.key}"\n')

    return spoil


def _wrong_pair(instance: Instance) -> None:
    _ended_certificate(90)(instance)
    shutil.copy(instance.folder / "authority.pem", instance.folder / "screens-key.pem")


@pytest.mark.parametrize(
    ("area", "spoil", "said"),
    [
        (Area.SETTINGS, lambda i: i.set('time_zone = "Oslo"\n'), "error: settings.toml, linje 1"),
        (Area.DATABASE, _newer, "error: Databasen er skrevet av en nyere versjon"),
        (Area.DATABASE, _stray, "error: Rader i person_identifiers peker på rader som ikke fins"),
        (
            Area.DATABASE,
            lambda i: i.sql("DELETE FROM _sqlite_migrations WHERE name = 'api_tokens'"),
            "warning: Databasen er fra en eldre versjon, og mangler 1 steg",
        ),
        (Area.DATABASE, lambda i: i.sql("DELETE FROM trace_contents"), "error: Sporingen er endret"),
        (Area.DATABASE, lambda i: (i.folder / "eksternstudium.sqlite").unlink(), "sqlite er borte. Hent tilbake"),
        (Area.SOURCES, lambda i: (i.folder / "sources.toml").unlink(), "warning: Det er ikke satt opp noen kilder"),
        (
            Area.SOURCES,
            lambda i: (i.folder / "sources.toml").write_text(SOURCE.format(UIB, "http://127.0.0.1:9", UIB)),
            f"error: Kilden {REGISTER[UIB].name['nb']} (184) svarte ikke.",
        ),
        (
            Area.SOURCES,
            _secret_that_lacks,
            "Miljøvariabelen NOT_THERE mangler",
        ),
        (
            Area.SCHEDULE,
            lambda i: i.sql("INSERT INTO evenings VALUES (1, '2026-11-20T12:00:00.000+00:00')"),
            "warning: 3 kvelder er ikke kjørt, den siste 23.11.2026 20:00",
        ),
        (Area.SCHEDULE, _run_that_stands, "warning: Kjøring 1 har vært i gang siden 23.11.2026 08:00"),
        (
            Area.SCHEDULE,
            lambda i: i.sql("UPDATE _sqlite_migrations SET applied_at = '2026-11-01 12:00:00.000000+00:00'"),
            "warning: Ingen opprydding etter reglene for lagring er gjort siden 01.11.2026 13:00",
        ),
        (
            Area.SCHEDULE,
            lambda i: note_good(i.folder, Made(file="x", at=NOW - timedelta(3), bytes=1, sha256="", encrypted=False)),
            "error: Den siste gode sikkerhetskopien er fra 21.11.2026 09:14",
        ),
        (
            Area.SCHEDULE,
            lambda i: note_failed(i.folder, Refusal("Det er ikke plass."), NOW),
            "error: Sikkerhetskopien har ikke lyktes siden 24.11.2026 09:14. Det er ikke plass.",
        ),
        (
            Area.SCHEDULE,
            lambda i: (i.folder / "backups.json").unlink(),
            "warning: Ingen sikkerhetskopi er tatt. Den tas i natt",
        ),
        (
            Area.SCHEDULE,
            lambda i: (i.folder / "settings.toml").unlink(),
            "warning: Det tas ingen sikkerhetskopi om natten.",
        ),
        (Area.SECRETS, lambda i: i.set(SIGN_IN), "error: Filen sign-in-secret kan ikke leses, eller er tom."),
        (Area.SECRETS, _short_secret, "error: Innloggingen trenger en hemmelighet"),
        (Area.SECRETS, _open_secret, "error: Alle på maskinen kan lese hemmeligheten i "),
        (Area.DISK, _open_database, "error: Andre enn programmets bruker kan lese databasen. chmod 600 "),
        (Area.DISK, lambda i: i.folder.chmod(0o777), "kan skrive i"),
        (Area.CERTIFICATES, _wrong_pair, "error: Sertifikatet"),
    ],
)
def test_what_is_wrong_is_found_where_it_is_and_the_rest_is_looked_over_all_the_same(
    instance: Instance, area: Area, spoil: Callable[[Instance], object], said: str
) -> None:
    spoil(instance)
    told = troubles(instance)
    assert said in told.get(area, ""), told
    assert {each.area for each in found(instance)} >= {Area.SETTINGS, Area.DATABASE, Area.DISK, Area.SCHEDULE}


@pytest.mark.parametrize(
    ("ends_in", "level"), [(-2, Level.ERROR), (0.5, Level.WARNING), (20, Level.WARNING), (90, Level.FINE)]
)
def test_a_certificate_is_told_of_in_time(instance: Instance, ends_in: float, level: Level) -> None:
    _ended_certificate(100)(instance)
    now = datetime.now(UTC) + timedelta(days=100 - ends_in)
    levels = [each.level for each in look_over(instance.folder, lambda: now) if each.area is Area.CERTIFICATES]
    assert levels == [level]


def test_something_from_a_time_to_come_tells_that_the_clock_was_set(instance: Instance) -> None:
    clocks = [each for each in look_over(instance.folder, lambda: NOW - timedelta(hours=1)) if each.area is Area.CLOCK]
    assert any(each.level is Level.ERROR and "stilt" in each.what for each in clocks)


@pytest.mark.parametrize(
    ("ahead", "level"),
    [
        ((0.4, -1.0), Level.FINE),
        ((2.0, 4000.0, 3.0), Level.FINE),  # one of the sources is itself wrong
        ((40.0,), Level.WARNING),
        ((-40.0, -45.0), Level.WARNING),
        ((3600.0, 3601.0), Level.ERROR),
        ((-86_400.0,), Level.ERROR),
    ],
)
def test_the_clock_is_compared_with_those_of_the_sources(ahead: Sequence[float], level: Level) -> None:
    source = ElmoPullSettings(institution=UIO, url="http://127.0.0.1:9")
    assert worst(look_at_clocks([(source, Tried(clock_ahead=each)) for each in ahead])) is level


def test_sources_that_tell_no_time_say_nothing_of_the_clock() -> None:
    assert look_at_clocks([(ElmoPullSettings(institution=UIO, url="http://127.0.0.1:9"), Tried())]) == []


@pytest.mark.parametrize(
    ("free", "size", "growth", "level"),
    [
        (50e9, 1e9, 0.1, Level.FINE),
        (50e9, 1e9, 0.0, Level.FINE),
        (0.1e9, 0.001e9, 0.0, Level.ERROR),
        (3e9, 4e9, 0.0, Level.ERROR),
        (6e9, 4e9, 0.0, Level.WARNING),
        (0.5e9, 0.001e9, 0.0, Level.WARNING),
        (12e9, 4e9, 1.0, Level.FINE),
        (11e9, 4e9, 1.0, Level.WARNING),  # full in 82 days
    ],
)
def test_the_disk_must_have_room_for_the_database_to_grow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: float, size: float, growth: float, level: Level
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Usage(int(free)))
    assert worst(look_at_room(tmp_path, int(size), growth)) is level


class _Usage(NamedTuple):
    free: int


@pytest.mark.parametrize(("allowed", "level"), [(256, Level.WARNING), (4096, Level.FINE), (-1, Level.FINE)])
def test_too_few_open_files_are_told_of(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, allowed: int, level: Level
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (allowed, allowed))
    assert worst(look_at_limits(settings)) is level


def test_a_folder_that_is_not_there_is_one_finding_and_stays_away(tmp_path: Path) -> None:
    came = CliRunner().invoke(main, ["check", "--json"], env={"EKSTERNSTUDIUM_INSTANCE": str(tmp_path / "none")})
    said = json.loads(came.output)
    assert (came.exit_code, said["level"], len(said["findings"])) == (2, "error", 1)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(("running", "status"), [(True, {0, 1}), (False, {1})])
def test_the_status_says_how_bad_it_is(instance: Instance, running: bool, status: set[int]) -> None:
    note_good(instance.folder, Made(file="x", at=datetime.now(UTC), bytes=1, sha256="", encrypted=False))
    if not running:
        (instance.folder / "serve.lock").unlink()
    came = CliRunner().invoke(main, ["check"], env={"EKSTERNSTUDIUM_INSTANCE": str(instance.folder)})
    assert came.exit_code in status
    assert ("Skjermbildene kjører ikke" in came.output) is not running
