"""A source tried out, and how sources fare by what becomes of their questions."""

import uuid
from datetime import timedelta
from pathlib import Path

from misbehaviours import BadServer, answer, says, self_signed
from runs import Runner, apply
from webapp.config import Settings
from webapp.errors import SourceError, SourceFailure
from webapp.fetching.ordering import place
from webapp.fetching.trying import Tried, try_out
from webapp.house import House
from webapp.model import (
    Basis,
    Description,
    Origin,
    Outcome,
    Person,
    Purpose,
    Question,
    Reply,
    SourceHealth,
)
from webapp.source_settings import ElmoPullSettings, SourceSettings
from webapp.store import Store, source_health
from world import KARI_NUMBER, NOW, UIB, UIO, UIT, FakeSource

DESCRIBED = b'{"protocol":"elmo-pull/1","institution":{"number":185},"shares":true,"batch":7,"purposes":["admission"]}'
WHAT_IT_IS = Description("elmo-pull/1", UIO, batch=7, purposes=frozenset({Purpose.ADMISSION}))
QUESTION = Question((KARI_NUMBER,), Purpose.RECOGNITION, Basis.STATUTE, str(uuid.uuid4()))
HELLO = answer(DESCRIBED, media_type="application/json")
NOBODY = answer(b"", 204)
DOWN = answer(b"", 503)


def given(settings: Settings, source: SourceSettings) -> Settings:
    return settings.model_copy(update={"sources": (source,)})


def tried(store: Store, settings: Settings, url: str, question: Question | None = None) -> Tried:
    source = ElmoPullSettings(institution=UIO, url=url)
    return try_out(store, given(settings, source), source, question, lambda: NOW)


def counted(store: Store) -> list[tuple[int, int, int]]:
    return [(each.institution, each.answered, each.failed) for each in source_health.hours(store.db, NOW)]


def test_a_source_says_what_it_is_and_no_question_was_put(store: Store, settings: Settings) -> None:
    with BadServer(says(HELLO)) as server:
        came = tried(store, settings, server.url)
    assert (came.description, came.reply, came.failure) == (WHAT_IT_IS, None, None)
    assert came.seconds > 0
    assert source_health.health(store.db) == {UIO: SourceHealth(UIO, described_at=NOW)}
    assert counted(store) == []


def test_an_answer_about_a_person_counts_and_nothing_else_is_kept(store: Store, settings: Settings) -> None:
    with BadServer(says(HELLO, NOBODY)) as server:
        came = tried(store, settings, server.url, QUESTION)
    assert (came.reply, came.failure) == (Reply(Outcome.NOTHING), None)
    assert source_health.health(store.db) == {UIO: SourceHealth(UIO, NOW, described_at=NOW)}
    assert counted(store) == [(UIO, 1, 0)]
    assert not list(store.db.query("SELECT * FROM people"))


def test_a_question_is_put_once_and_its_failure_is_told_beside_what_came(store: Store, settings: Settings) -> None:
    with BadServer(says(HELLO, DOWN)) as server:
        came = tried(store, settings, server.url, QUESTION)
        assert server.requests == 2
    assert (came.description, came.failure, came.cause) == (WHAT_IT_IS, SourceFailure.UNAVAILABLE, "HTTP status 503")
    assert counted(store) == [(UIO, 0, 1)]
    assert source_health.health(store.db)[UIO].failing_since == NOW


def test_a_source_that_cannot_be_opened_says_what_to_do(store: Store, settings: Settings) -> None:
    source = ElmoPullSettings(institution=UIO, url="http://127.0.0.1:9", secret_file=Path("missing"))
    came = try_out(store, given(settings, source), source, None, lambda: NOW)
    assert (came.failure, came.cause) == (
        SourceFailure.WRONGLY_SET_UP,
        "Filen missing kan ikke leses, eller er tom.",
    )


def test_of_one_that_is_not_set_up_as_it_is_tried_nothing_is_noted(store: Store, settings: Settings) -> None:
    draft = ElmoPullSettings(institution=UIO, url="http://127.0.0.1:9", timeout_seconds=1)
    assert try_out(store, settings, draft, None, lambda: NOW).failure is SourceFailure.UNREACHABLE
    assert not source_health.health(store.db)


def test_the_certificate_is_told_and_noted(store: Store, settings: Settings, tmp_path: Path) -> None:
    tls, authority = self_signed(tmp_path)
    network = settings.settings.network.model_copy(update={"certificate_authority": authority})
    trusting = settings.model_copy(update={"settings": settings.settings.model_copy(update={"network": network})})
    with BadServer(says(HELLO), tls) as server:
        came = tried(store, trusting, server.url.replace("127.0.0.1", "localhost"))
    assert came.certificate_until is not None
    assert source_health.health(store.db)[UIO].certificate_until == came.certificate_until


def test_an_order_notes_what_became_of_each_question(
    house: House, kari: Person, sources: dict[int, FakeSource]
) -> None:
    sources[UIB].answer = Reply(Outcome.NOT_SHARED)
    sources[UIT].answer = SourceError(SourceFailure.TIMEOUT, "no whole answer")
    order_id = place(house.store, house.settings, kari, Purpose.RECOGNITION, Origin("kberg", "person"), NOW)
    for future in house.fanout.start(order_id):
        future.result(timeout=10)
    assert counted(house.store) == [(UIB, 1, 0), (UIO, 1, 0), (UIT, 0, 1)]
    health = source_health.health(house.store.db)
    assert (health[UIB].failing_since, health[UIT].failing_since, health[UIT].failure) == (None, NOW, "timeout")


def test_a_run_notes_a_question_about_many_once_and_none_that_was_not_put(runner: Runner) -> None:
    apply(runner.store, 30)
    apply(runner.store, 5, first=30, consent=NOW + timedelta(days=1))
    runner.sources[UIO].batch = 100
    runner.sources[UIT].down = SourceError(SourceFailure.UNREACHABLE, "no connection")
    runner.run()
    told = {number: (answered, failed) for number, answered, failed in counted(runner.store)}
    assert told == {UIB: (2, 0), UIO: (1, 0), UIT: (0, 1)}
