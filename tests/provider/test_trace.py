"""The provider's trace tells who asked about whom and what was answered, and nobody changes it unseen."""

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from asking import KARI, OLA, TERMS, batch_of
from webapp.institutions import REGISTER
from webapp.provider import ANYBODY, askers, create_provider, forgetting, trace
from webapp.provider.askers import Asker, KnownBy
from webapp.provider.opt_outs import EVERYWHERE, opt_out, undo
from webapp.provider.settings import ProviderSettings
from webapp.provider.shelf import Shelf
from world import KARI_NUMBER, NOW, OLA_NUMBER, UIB, UIO

#: Kari's former number, under which her document is found too.
FORMER_NUMBER = "41827000001"


def answered(shelf: Shelf, identifier: str | None = None) -> list[tuple[str, int, list[str]]]:
    """Who asked, which institution, and what was said, of each entry."""
    return [(e.asker, e.institution, [said for _, said in e.answered]) for e in trace.entries(shelf.db, identifier)]


def test_each_question_is_in_the_trace_with_its_terms(two: Shelf) -> None:
    token = askers.new_token()
    with two.write() as db:
        askers.add(db, Asker(0, "NTNU", 194, KnownBy.TOKEN, only=(UIO, UIB)), token)
        opt_out(db, UIO, KARI_NUMBER, NOW)
    client = create_provider(two, ProviderSettings(asks_for=("token",))).test_client()
    headers = {"Authorization": f"Bearer {token}"}
    both = batch_of({"ref": "1", "identifiers": [KARI_NUMBER]}, {"ref": "2", "identifiers": [OLA_NUMBER]})
    client.post(f"/{UIB}/results", json=KARI, headers=headers)
    client.post(f"/{UIB}/results/batch", json=both, headers=headers)
    client.post(f"/{UIO}/results/batch", json=both, headers=headers)
    two.add_institution(REGISTER[UIO], exchanges=False)
    client.post(f"/{UIO}/results", json=KARI, headers=headers)
    who = "NTNU (194)"
    assert answered(two) == [
        (who, UIB, ["found"]),
        (who, UIB, ["found", "no-consent"]),
        (who, UIO, ["opted-out", "nothing"]),
        (who, UIO, ["not-shared"]),
    ]
    first = next(trace.entries(two.db))
    assert (first.purpose, first.basis, first.request) == (TERMS["purpose"], TERMS["basis"], TERMS["request"])
    assert first.answered == [((KARI_NUMBER,), "found")]


def test_an_asker_that_may_not_is_in_the_trace_too(shelf: Shelf) -> None:
    token = askers.new_token()
    with shelf.write() as db:
        askers.add(db, Asker(0, "NTNU", 194, KnownBy.TOKEN, only=(UIB,)), token)
    client = create_provider(shelf, ProviderSettings(asks_for=("token",))).test_client()
    client.post("/results", json=KARI, headers={"Authorization": f"Bearer {token}"})
    client.post("/results", json=KARI)
    assert answered(shelf) == [("NTNU (194)", UIO, ["not-allowed"])]


def test_a_person_who_asks_sees_nobody_else(shelf: Shelf, client: FlaskClient) -> None:
    people = [[OLA_NUMBER], ["41827999999", KARI_NUMBER], ["01859712345"]]
    client.post("/results/batch", json=batch_of(*({"ref": p[0], "identifiers": p} for p in people)))
    client.post("/results", json=OLA)
    [entry] = trace.entries(shelf.db, KARI_NUMBER)
    assert (entry.asker, entry.answered) == (ANYBODY, [(("41827999999", KARI_NUMBER), "found")])
    assert [len(e.answered) for e in trace.entries(shelf.db, OLA_NUMBER)] == [1, 1]
    assert list(trace.entries(shelf.db, "41827999998")) == []


def test_nothing_is_answered_that_cannot_be_traced(shelf: Shelf, client: FlaskClient) -> None:
    shelf.db.execute("DROP TABLE trace_people")
    assert client.post("/results", json=KARI).status_code == 503


CHANGES: list[tuple[str, int]] = [
    ("UPDATE trace SET asker = 'x' WHERE id = 2", 2),
    ("UPDATE trace SET at = '2020-01-01' WHERE id = 1", 1),
    ("DELETE FROM trace WHERE id = 2", 2),
    ('UPDATE trace_parts SET content = \'[["1"], "nothing"]\' WHERE entry_id = 3', 3),
    ("UPDATE trace_parts SET salt = NULL, content = NULL, digest = 'x' WHERE entry_id = 2", 2),
    ("DELETE FROM trace_parts WHERE entry_id = 1", 1),
]


@pytest.fixture
def three(shelf: Shelf, client: FlaskClient) -> Shelf:
    """The shelf after three questions."""
    for _ in range(3):
        client.post("/results", json=KARI)
    return shelf


def test_a_trace_that_nobody_touched_holds(three: Shelf) -> None:
    assert (trace.first_broken(three.db), trace.head(three.db)[0]) == (None, 3)


@pytest.mark.parametrize(("change", "broken"), CHANGES)
def test_a_change_is_refused_and_found_where_it_was_forced(three: Shelf, change: str, broken: int) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"), three.write() as db:
        db.execute(change)
    for [trigger] in three.db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        three.db.execute(f"DROP TRIGGER {trigger}")
    three.db.execute("PRAGMA foreign_keys = OFF")
    three.db.execute(change)
    assert trace.first_broken(three.db) == broken


def test_what_is_taken_away_without_being_told_is_found(three: Shelf) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"), three.write() as db:
        db.execute("DELETE FROM trace_people WHERE entry_id = 2")
    with three.write() as db:
        db.execute("UPDATE trace_parts SET salt = NULL, content = NULL WHERE entry_id = 2")
    assert trace.first_broken(three.db) == 2
    with three.write() as db:
        trace.append(db, trace.Traced(NOW, "kberg", 0, trace.FORGOTTEN, "", "1.0 3.0 -0 x", []))
    assert trace.first_broken(three.db) == 2


@pytest.mark.parametrize("number", [KARI_NUMBER, FORMER_NUMBER])
def test_a_person_is_forgotten_and_the_others_stay(
    shelf: Shelf, client: FlaskClient, tmp_path: Path, number: str
) -> None:
    people = [[OLA_NUMBER], ["41827999999", KARI_NUMBER], ["01859712345"]]
    client.post("/results/batch", json=batch_of(*({"ref": p[0], "identifiers": p} for p in people)))
    client.post("/results", json=KARI)
    client.post("/results", json=OLA)
    before = [(e.at, e.asker, e.institution, e.request) for e in trace.entries(shelf.db)]
    with shelf.write() as db:
        assert forgetting.forget_person(db, number, "kberg", NOW) == 2
        assert forgetting.forget_person(db, number, "kberg", NOW) == 0
    assert trace.first_broken(shelf.db) is None
    assert shelf.rebuild()
    *asked, told = trace.entries(shelf.db)
    assert [(e.at, e.asker, e.institution, e.request) for e in asked] == before
    assert [(len(e.answered), e.forgotten) for e in asked] == [(2, 1), (0, 1), (1, 0)]
    assert (told.asker, told.purpose, told.request) == ("kberg", trace.FORGOTTEN, "1.1 2.0")
    for gone in (KARI_NUMBER, "41827999999"):
        assert list(trace.entries(shelf.db, gone)) == []
    assert len(answered(shelf, OLA_NUMBER)) == 2
    shelf.db.execute("DELETE FROM identifiers")  # the shelf itself knows her by her numbers
    assert shelf.rebuild()
    held = (tmp_path / "shelf.sqlite").read_bytes()
    assert OLA_NUMBER.encode() in held
    assert KARI_NUMBER.encode() not in held


def test_what_is_old_is_forgotten(shelf: Shelf, client: FlaskClient) -> None:
    for days in (-400, -300, -1):
        with shelf.write() as db:
            at = NOW + timedelta(days=days)
            trace.append(
                db, trace.Traced(at, "NTNU (194)", UIO, "admission", "consent", "-", [((OLA_NUMBER,), "found")])
            )
    with shelf.write() as db:
        assert forgetting.forget_before(db, NOW - timedelta(days=500), "kberg", NOW) == 0
        assert forgetting.forget_before(db, NOW - timedelta(days=200), "kberg", NOW) == 2
        assert forgetting.forget_before(db, NOW - timedelta(days=200), "kberg", NOW) == 0
    assert trace.first_broken(shelf.db) is None
    assert [e.forgotten for e in trace.entries(shelf.db)] == [1, 1, 0, 0]
    assert answered(shelf, OLA_NUMBER) == [("NTNU (194)", UIO, ["found"])]


def test_who_has_opted_out_is_like_nobody(two: Shelf) -> None:
    client = create_provider(two).test_client()
    headers = {"If-None-Match": '"kari"'}

    def told(number: str) -> list[tuple[int, bytes, Any]]:
        one = {"identifiers": [number], **TERMS}
        line = batch_of({"ref": "1", "identifiers": [number], "etag": "kari"})
        answers = [
            client.post(f"/{UIB}/results", json=one),
            client.post(f"/{UIB}/results", json=one, headers=headers),
            client.post(f"/{UIB}/results/batch", json=line),
        ]
        return [(answer.status_code, answer.data, sorted(answer.headers)) for answer in answers]

    assert told(KARI_NUMBER) != told("41827999999")
    with two.write() as db:
        opt_out(db, UIB, KARI_NUMBER, NOW)
        opt_out(db, UIB, OLA_NUMBER, NOW)
    # Ola would be "no consent" else, which says that he is known.
    assert told(KARI_NUMBER) == told(OLA_NUMBER) == told("41827999999")


@pytest.mark.parametrize("asked", [[KARI_NUMBER], [FORMER_NUMBER], [FORMER_NUMBER, KARI_NUMBER]])
@pytest.mark.parametrize("opted", [KARI_NUMBER, FORMER_NUMBER])
def test_an_opt_out_holds_for_every_number_of_the_person(shelf: Shelf, opted: str, asked: list[str]) -> None:
    client = create_provider(shelf).test_client()
    with shelf.write() as db:
        opt_out(db, EVERYWHERE, opted, NOW)
    assert client.post("/results", json={"identifiers": asked, **TERMS}).status_code == 204


def test_an_opt_out_is_taken_back_under_any_number_of_the_person(shelf: Shelf, client: FlaskClient) -> None:
    with shelf.write() as db:
        opt_out(db, UIO, FORMER_NUMBER, NOW)
        assert not undo(db, UIB, KARI_NUMBER)
        assert undo(db, UIO, KARI_NUMBER)
    assert client.post("/results", json=KARI).status_code == 200


def test_an_opt_out_outlives_the_document(shelf: Shelf, client: FlaskClient, document: bytes) -> None:
    with shelf.write() as db:
        opt_out(db, UIO, KARI_NUMBER, NOW)
    shelf.put(UIO, [KARI_NUMBER], document, etag="new")
    assert client.post("/results", json=KARI).status_code == 204


@pytest.mark.parametrize(("exchanges", "reserved"), [(True, False), (True, True), (False, False), (False, True)])
def test_an_institution_shares_with_resutveksl_on_and_reserver_off(
    shelf: Shelf, client: FlaskClient, exchanges: bool, reserved: bool
) -> None:
    shelf.add_institution(REGISTER[UIO], exchanges=exchanges, reserved=reserved)
    shares = exchanges and not reserved
    assert client.get("/").json["shares"] is shares  # type: ignore[index]
    assert client.post("/results", json=KARI).status_code == (200 if shares else 403)
