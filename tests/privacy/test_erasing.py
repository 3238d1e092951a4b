"""Erasure leaves nothing of a person in the file, and nothing of anybody else is lost."""

import json
from datetime import timedelta
from threading import Event

import pytest

from kept import add_ola, apply_as_kari, keep_everything, keep_results
from lent_screens import screens_of
from runs import Runner
from webapp.errors import Refusal
from webapp.fetching.ordering import place
from webapp.house import House
from webapp.identity import parse
from webapp.model import Act, Case, CaseStatus, CaseType, Origin, Person, Purpose, RunKind
from webapp.privacy.erasing import erase
from webapp.privacy.purging import purge
from webapp.recognition.cases import open_case
from webapp.store import Store, people, trace_chain, trace_reading
from world import KARI_NUMBER, NOW, OLA_NUMBER, FakeSource

REASON = "Personen har bedt om det, og fristen for å klage er ute"


def rows_about(store: Store, person_id: int) -> dict[str, int]:
    """In how many rows of each table a person's id stands; a table of many people has them as a JSON list or between
    a first and a last one."""
    found = {}
    for table in store.db.tables:
        columns = {column.name for column in table.columns}
        tests = [f"{name} = :id" for name in columns & {"person_id", "first_person", "last_person"}]
        tests += ["id = :id"] if table.name == "people" else []
        tests += (
            ["EXISTS (SELECT 1 FROM json_each(people) WHERE value = :id)"]
            if "people" in columns and table.name in ("fetches", "trace")
            else []
        )
        if tests:
            rows = store.db.query(
                f"SELECT count(*) AS n FROM {table.name} WHERE {' OR '.join(tests)}", {"id": person_id}
            )
            found[table.name] = next(iter(rows))["n"]
    return {table: count for table, count in found.items() if count}


def test_nothing_of_the_person_is_left_in_the_file(
    house: House, kari: Person, sources: dict[int, FakeSource], runner: Runner
) -> None:
    keep_everything(house, kari, sources)
    ola = add_ola(house)
    run = runner.run(RunKind.FULL)
    assert run.ordered == 2
    before = rows_about(house.store, kari.id)
    assert before.keys() >= {"answers", "cases", "external_studies", "fetches", "invitations", "uploads", "notices"}
    erase(house.store, house.settings, kari.id, REASON, "kberg", "test", NOW)
    assert rows_about(house.store, kari.id).keys() == {"trace", "trace_people"}
    assert not list(house.store.db.execute("PRAGMA foreign_key_check"))
    record = purge(house.store, house.settings, "kberg", house.clock, Event())
    assert (record.purged.is_nothing, record.rebuilt_at) == (True, NOW)
    held = b"".join(path.read_bytes() for path in house.settings.instance.glob("eksternstudium.sqlite*"))
    for word in ("Nordmann", "nordmann", KARI_NUMBER, OLA_NUMBER, "MAT1100", "HF1000", "NOM7001"):
        assert word.encode() not in held, word
    assert people.person(house.store.db, ola) is not None
    (told,) = house.store.db.query("SELECT * FROM runs")
    assert told["ordered"] == 2


def test_the_chain_holds_and_keeps_nothing_of_whom_it_was(
    house: House, kari: Person, sources: dict[int, FakeSource]
) -> None:
    keep_results(house, kari, sources)
    ola = add_ola(house)
    browser = screens_of(house).test_client()
    for address in (f"/people/{kari.id}", "/applications.csv", "/applications.csv?name=nordmann"):
        assert browser.get(address).status_code == 200
    before = trace_chain.verify(house.store.db).head
    erase(house.store, house.settings, kari.id, REASON, "kberg", "test", NOW)
    assert trace_chain.verify(house.store.db, before).fault is None
    left = [(each["act"], each["people"], each["content"]) for each in trace_reading.entries(house.store.db)]
    assert left == [
        (Act.LOOKED, [kari.id], None),
        (Act.EXPORTED, [kari.id, ola], {"form": "csv", "rows": "2"}),
        (Act.EXPORTED, [kari.id], None),
        (Act.ERASED, [kari.id], {"why": REASON}),
    ]


def test_the_trace_keeps_why_and_nobody_gets_the_id_again(house: House, kari: Person) -> None:
    erase(house.store, house.settings, kari.id, REASON, "kberg", "test", NOW)
    (content,) = house.store.db.query("SELECT act, content FROM trace JOIN trace_contents ON entry_id = id")
    assert (content["act"], json.loads(content["content"])) == ("erased", {"why": REASON})
    with house.store.write() as db:
        assert people.register(db, [parse(KARI_NUMBER)], "Kari", "Nordmann", NOW) > kari.id
    erase(house.store, house.settings, kari.id + 1, REASON, "kberg", "test", NOW)
    apply_as_kari(house)
    assert people.person_with_number(house.store.db, KARI_NUMBER).id > kari.id + 1  # type: ignore[union-attr]


def test_a_new_application_does_not_take_the_place_of_an_erased_one(house: House, kari: Person, runner: Runner) -> None:
    apply_as_kari(house)
    run = runner.run()
    erase(house.store, house.settings, kari.id, REASON, "kberg", "test", NOW)
    apply_as_kari(house)
    ((last, place),) = house.store.db.execute(
        "SELECT last_application, applications.rowid FROM runs, applications WHERE runs.id = ?", [run.id]
    )
    assert place > last


def test_it_is_refused_while_something_goes_on(house: House, kari: Person) -> None:
    wish = Case(0, kari.id, CaseType.INNPASS, CaseStatus.UNTREATED, NOW.date())
    open_case(house.store, house.settings, wish, "kberg", NOW)
    with pytest.raises(Refusal, match="godkjenningssak"):
        erase(house.store, house.settings, kari.id, REASON, "kberg", "test", NOW)
    place(house.store, house.settings, kari, Purpose.RECOGNITION, Origin("kberg", "person"), NOW)
    with pytest.raises(Refusal, match="bestilling"):
        erase(house.store, house.settings, kari.id, REASON, "kberg", "test", NOW + timedelta(days=1))
    assert people.person(house.store.db, kari.id) == kari


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (" ", "Skriv hvorfor"),
        ("x" * 501, "Kort den ned"),
        ("Nordmann, Kari ba om det", "uten navn"),
        (f"{KARI_NUMBER[:6]} {KARI_NUMBER[6:]} ba om det", "uten navn"),
    ],
)
def test_a_reason_stays_and_tells_not_who(house: House, kari: Person, reason: str, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        erase(house.store, house.settings, kari.id, reason, "kberg", "test", NOW)
    assert people.person(house.store.db, kari.id) == kari
