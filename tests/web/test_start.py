"""The start page: what waits, what is down, and the day in figures."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from flask.testing import FlaskClient
from lxml import html

from signing_in import ME
from webapp.backup_settings import Backup
from webapp.errors import Refusal, SourceError, SourceFailure
from webapp.fetching.ordering import place
from webapp.house import House
from webapp.model import Case, CaseStatus, CaseType, Origin, Person, Purpose
from webapp.store import cases
from webapp.upkeep.backups import back_up
from webapp.upkeep.standing import note_failed
from webapp.web.factory import create_app
from world import NOW, UIB, UIO, FakeSource, course, found


def words(client: FlaskClient) -> str:
    return " ".join(html.fromstring(client.get("/").text).get_element_by_id("main").text_content().split())


def test_a_quiet_day_says_so(client: FlaskClient) -> None:
    said = words(client)
    assert "Alt er rolig. Ingenting venter på deg." in said
    assert "Ingenting venter på kvelden." in said


def test_a_change_that_nobody_has_seen_is_told(
    client: FlaskClient, sources: dict[int, FakeSource], fetched: Callable[[], int]
) -> None:
    sources[UIO].answer = found(course("MAT1100"))
    fetched()
    said = words(client)
    assert "Nordmann, Kari" in said
    assert "Se 1 endring" in said


def test_a_source_that_failed_is_down_and_is_asked_again_in_the_evening(
    client: FlaskClient, sources: dict[int, FakeSource], fetched: Callable[[], int]
) -> None:
    sources[UIB].answer = SourceError(SourceFailure.UNAVAILABLE, "503")
    fetched()
    said = words(client)
    assert "Universitetet i Bergen Kilden er midlertidig utilgjengelig. Siden i dag 09.14." in said
    assert "Kl. 20.00 prøves 1 henting igjen." in said


def test_a_backup_that_failed_or_lacks_requires_attention(house: House, tmp_path: Path) -> None:
    set_up = house.settings.settings.model_copy(update={"backup": Backup(folder=tmp_path)})
    kept = replace(house, settings=house.settings.model_copy(update={"settings": set_up}))
    client = create_app(kept).test_client()
    assert "Sikkerhetskopien ble ikke tatt." in words(client)
    back_up(kept.settings, tmp_path, (), lambda: NOW)
    assert "Sikkerhetskopi" not in words(client)
    note_failed(kept.settings.instance, Refusal("Det er ikke plass."), NOW)
    said = words(client)
    assert "Sikkerhetskopien ble ikke tatt. Det er ikke plass. Den siste gode er fra i dag 09.14." in said
    assert "Alt er rolig" not in said


def test_the_day_stands_in_a_table_too(client: FlaskClient, fetched: Callable[[], int]) -> None:
    fetched()
    table = html.fromstring(client.get("/").text).get_element_by_id("day-figures")
    assert [cell.text for cell in table.cssselect("tbody tr > *")] == ["09", "1", "3"]


def test_my_open_order_and_my_active_case_wait_for_me(client: FlaskClient, house: House, kari: Person) -> None:
    place(house.store, house.settings, kari, Purpose.RECOGNITION, Origin(ME, "person"), NOW)
    case = Case(0, kari.id, CaseType.INNPASS, CaseStatus.BEING_TREATED, date(2026, 11, 1))
    with house.store.write() as db:
        cases.create(db, replace(case, responsible=ME.upper()), "kberg", NOW)
        cases.create(db, replace(case, responsible=ME, status=CaseStatus.TREATED), "kberg", NOW)
    said = words(client)
    assert "Mine bestillinger som pågår Nordmann, Kari i dag 09.14" in said
    assert said.count("INNPASS") == 1
