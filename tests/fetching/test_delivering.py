"""A document that was brought: an order of its own, merged like any other answer, or set aside whole."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from signing import STRANGER, TRUSTED
from webapp.errors import Refusal
from webapp.fetching.delivering import deliver, parts_of, preview
from webapp.fetching.setaside import accept, reject
from webapp.house import House
from webapp.model import (
    Basis,
    ChangeKind,
    Delivered,
    Delivery,
    Institution,
    Learner,
    OrderState,
    Origin,
    Outcome,
    Person,
    Purpose,
    Result,
    SignatureState,
    Study,
    Transcript,
)
from webapp.source_settings import EmrexSettings
from webapp.sources.deliveries import open_delivery
from webapp.sources.elmo import write
from webapp.store import answers, deliveries, orders, people, results
from world import NOW, OLA_NUMBER, UIB, UIO, UIT, bachelor, course, transcript

WARSAW = Institution(None, {"pl": "Uniwersytet Warszawski", "en": "University of Warsaw"})
LATER = NOW + timedelta(days=1)


def brought(said: Transcript, *, is_selection: bool = False) -> Delivery:
    return open_delivery(write(said, NOW), (), NOW, is_selection)


def of(*studies: tuple[int | Institution, Result], number: str | None = None) -> Transcript:
    """What a document says of Kari: a result at each of these."""
    told = transcript(number=number) if number else transcript()
    issuers = [(each if isinstance(each, Institution) else Institution(each), result) for each, result in studies]
    return replace(told, studies=tuple(Study(issuer, (result,)) for issuer, result in issuers))


def bring(house: House, kari: Person, delivery: Delivery, under: int | None = None) -> int:
    origin = Origin("kberg", "file")
    now = house.clock()
    settings = house.settings
    return deliver(house.store, settings, kari, delivery, origin, Purpose.RECOGNITION, Basis.STATUTE, now, under=under)


def codes(house: House, kari: Person) -> dict[int, list[str | None]]:
    """The codes that stand now, by institution."""
    return {
        study.institution: [row.result.code for row in study.results if row.gone_at is None]
        for study in results.studies_of(house.store.db, kari.id)
    }


def outcomes(house: House, order_id: int) -> dict[int, Outcome | None]:
    lines = orders.lines_of(house.store.db, order_id)
    return {line.fetch.institution: line.answer.outcome if line.answer else None for line in lines}


def test_each_institution_has_its_fetch_and_the_order_has_ended(house: House, kari: Person) -> None:
    delivery = brought(of((UIO, course("MAT1100")), (UIB, course("BIO100"))))
    order_id = bring(house, kari, delivery)
    assert outcomes(house, order_id) == {UIO: Outcome.FOUND, UIB: Outcome.FOUND}
    assert codes(house, kari) == {UIO: ["MAT1100"], UIB: ["BIO100"]}
    order = orders.order(house.store.db, order_id)
    assert order is not None
    assert (order.state, order.placed_from, order.finished_at) == (OrderState.COMPLETE, "file", NOW)
    for line in orders.lines_of(house.store.db, order_id):
        assert line.answer is not None
        assert answers.payload(house.store.db, line.answer.payload or "") == delivery.payload
    assert deliveries.delivered(house.store.db, order_id) == Delivered(False, None, delivery.signature)


def test_the_same_again_is_unchanged(house: House, kari: Person) -> None:
    delivery = brought(transcript(bachelor(), course("MAT1100")))
    bring(house, kari, delivery)
    assert outcomes(house, bring(house, kari, delivery)) == {UIO: Outcome.UNCHANGED}


def test_what_a_whole_document_leaves_out_is_gone_but_not_what_a_student_left_out(house: House, kari: Person) -> None:
    bring(house, kari, brought(transcript(course("MAT1100"), course("BIO100"))))
    bring(house, kari, brought(transcript(course("MAT1100")), is_selection=True))
    assert codes(house, kari) == {UIO: ["MAT1100", "BIO100"]}
    bring(house, kari, brought(transcript(course("MAT1100"))))
    assert codes(house, kari) == {UIO: ["MAT1100"]}


def test_an_issuer_that_has_merged_stands_under_todays_name(house: House, kari: Person) -> None:
    bring(house, kari, brought(of((Institution(211, {"nb": "Høgskolen i Østfold"}), course("MAT1100")))))
    (study,) = results.studies_of(house.store.db, kari.id)
    assert study.results[0].result.code == "MAT1100"


def test_an_issuer_without_a_number_stands_where_somebody_says(house: House, kari: Person) -> None:
    delivery = brought(of((WARSAW, course("MAT1100")), (UIO, course("BIO100"))))
    with pytest.raises(Refusal, match="Velg hvilken institusjon"):
        bring(house, kari, delivery)
    assert outcomes(house, bring(house, kari, delivery, under=UIT)) == {UIT: Outcome.FOUND, UIO: Outcome.FOUND}
    rows = {study.institution: study.results[0] for study in results.studies_of(house.store.db, kari.id)}
    assert rows[UIT].original_institution == "University of Warsaw"
    with pytest.raises(Refusal, match="Ingen institusjon har nummeret 4711"):
        bring(house, kari, delivery, under=4711)


def test_or_where_the_portals_stand(house: House, kari: Person) -> None:
    portals = EmrexSettings(institution=UIT, registry="registry.json")
    house.settings = house.settings.model_copy(update={"sources": (portals,)})
    assert outcomes(house, bring(house, kari, brought(of((WARSAW, course("MAT1100")))))) == {UIT: Outcome.FOUND}


def test_a_document_without_results_is_refused(house: House, kari: Person) -> None:
    with pytest.raises(Refusal, match="ingen resultater"):
        bring(house, kari, brought(replace(transcript(), studies=())))
    assert orders.orders_of(house.store.db, kari.id) == []


def test_only_an_invalid_signature_blocks(house: House, kari: Person) -> None:
    xml = write(transcript(course("MAT1100")), NOW)
    forged = TRUSTED.sign(xml).replace(b"<resultLabel>B<", b"<resultLabel>A<")
    with pytest.raises(Refusal, match="Signaturen stemmer ikke"):
        bring(house, kari, open_delivery(forged, (), NOW))
    order_id = bring(house, kari, open_delivery(STRANGER.sign(xml), (), NOW))
    noted = deliveries.delivered(house.store.db, order_id)
    assert noted is not None
    assert noted.signature.state is SignatureState.UNKNOWN_KEY


def test_a_document_about_somebody_else_is_set_aside_whole_and_decided_whole(house: House, kari: Person) -> None:
    delivery = brought(of((UIO, course("MAT1100")), (WARSAW, course("ALG1")), number=OLA_NUMBER))
    order_id = bring(house, kari, delivery, under=UIT)
    assert outcomes(house, order_id) == {UIO: Outcome.MISMATCH, UIT: Outcome.MISMATCH}
    assert codes(house, kari) == {}
    first, _ = orders.lines_of(house.store.db, order_id)
    accept(house.store, first.fetch.id, kari.id, "kberg", "Nytt nummer", NOW)
    assert codes(house, kari) == {UIO: ["MAT1100"], UIT: ["ALG1"]}
    assert people.person_with_number(house.store.db, OLA_NUMBER) == people.person(house.store.db, kari.id)


def test_a_rejected_document_is_rejected_whole(house: House, kari: Person) -> None:
    order_id = bring(house, kari, brought(of((UIO, course("A1")), (UIB, course("B1")), number=OLA_NUMBER)))
    first, second = orders.lines_of(house.store.db, order_id)
    reject(house.store, first.fetch.id, kari.id, "kberg", "Tvilling", NOW)
    with pytest.raises(Refusal, match="ikke noe svar"):
        reject(house.store, second.fetch.id, kari.id, "kberg", "Tvilling", NOW)


def test_a_foreign_number_of_eleven_digits_decides_nothing(house: House, kari: Person) -> None:
    said = of((WARSAW, course("ALG1")), number="83041200000")
    assert outcomes(house, bring(house, kari, brought(said), under=UIT)) == {UIT: Outcome.FOUND}
    named_otherwise = replace(said, learner=replace(said.learner, family_name="Kowalski"))
    order_id = bring(house, kari, brought(named_otherwise), under=UIT)
    assert outcomes(house, order_id) == {UIT: Outcome.MISMATCH}
    (line,) = orders.lines_of(house.store.db, order_id)
    accept(house.store, line.fetch.id, kari.id, "kberg", "Gift", NOW)
    assert outcomes(house, order_id) == {UIT: Outcome.UNCHANGED}


def test_a_preview_tells_what_would_come_and_does_nothing(house: House, kari: Person) -> None:
    bring(house, kari, brought(transcript(course("MAT1100"), course("BIO100"))))
    (part,) = preview(house.store.db, kari, brought(transcript(course("MAT1100", "A"), course("NEW1"))), None)
    assert [match.kind for match in part.merge.matches] == [ChangeKind.CHANGED, ChangeKind.NEW]
    assert [row.result.code for row in part.merge.gone] == ["BIO100"]
    assert codes(house, kari) == {UIO: ["MAT1100", "BIO100"]}


def test_what_was_left_out_is_told_once() -> None:
    said = replace(of((UIO, course("A1")), (UIB, course("B1"))), learner=Learner(birth_date=date(1998, 5, 3)))
    parts = parts_of(replace(said, findings=transcript().findings), None)
    assert list(parts) == [UIO, UIB]
    assert parts_of(replace(said, studies=()), UIT) == {}


def test_an_upload_waits_a_day(house: House, kari: Person) -> None:
    with house.store.write() as db:
        first = deliveries.put(db, kari.id, "a.xml", b"<elmo/>", "kberg", NOW)
    db = house.store.db
    assert deliveries.upload(db, first, kari.id, LATER) is not None
    assert deliveries.upload(db, first, kari.id + 1, NOW) is None
    assert deliveries.upload(db, first, kari.id, LATER + timedelta(seconds=1)) is None
    for now, left in ((LATER, 1), (LATER + timedelta(seconds=1), 0)):
        deliveries.discard_old(house.store, now)
        assert house.store.db["uploads"].count == left
