import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from webapp.checked_toml import TomlFile
from webapp.cli import demo as demo_command
from webapp.cli import main
from webapp.config import Settings, SettingsFile, checked_sources
from webapp.demo import DEMO_PERSON, SEED, Addresses, feed_toml, running_network, serve_network, sources_toml
from webapp.demo.behaviour import FAILURES
from webapp.demo.people import NURSE, SOMEBODY_ELSE
from webapp.demo.roster import BEHAVIOURS, SCHOOLS, Behaviour
from webapp.demo.transcripts import transcripts_of
from webapp.errors import SourceError, SourceFailure
from webapp.model import Basis, Outcome, Purpose, Question
from webapp.source_settings import ElmoPullSettings
from webapp.sources.catalogue import open_feed
from webapp.sources.elmo_pull import ElmoPull

NUMBERS = {behaviour: number for number, behaviour in BEHAVIOURS.items()}


@pytest.fixture
def urls(addresses: Addresses) -> dict[int, str]:
    sources = checked_sources(TomlFile("sources.toml", sources_toml(addresses.base_url, addresses.dead_url)))
    return {source.institution: source.url for source in sources if isinstance(source, ElmoPullSettings)}


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def sigterm() -> Iterator[None]:
    """Puts back what the process does on SIGTERM."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def question(identifiers: tuple[str, ...] = DEMO_PERSON.identifiers) -> Question:
    return Question(identifiers, Purpose.ADMISSION, Basis.CONSENT, str(uuid.uuid4()))


def ask(url: str, timeout_seconds: float = 5, asked: Question | None = None) -> Outcome:
    source = ElmoPull(url, timeout_seconds, seats=1)
    try:
        return source.look_up(asked or question()).outcome
    finally:
        source.close()


def test_all_fifty_are_in_the_sources_file_under_their_names(addresses: Addresses) -> None:
    sources = checked_sources(TomlFile("sources.toml", sources_toml(addresses.base_url, addresses.dead_url)))
    names = {source.institution: source.title for source in sources}
    assert names == {number: school.institution.name["nb"] for number, school in SCHOOLS.items()}


def test_the_demo_persons_institutions_answer_what_they_hold(urls: dict[int, str]) -> None:
    for number, transcript in transcripts_of(DEMO_PERSON, SEED):
        if number not in BEHAVIOURS:
            source = ElmoPull(urls[number], 5, seats=1)
            assert source.look_up(question()).transcript == transcript
            source.close()


def test_an_institution_that_has_nothing_says_so(urls: dict[int, str]) -> None:
    assert ask(urls[178]) is Outcome.NOTHING


def test_bi_does_not_share(urls: dict[int, str]) -> None:
    assert ask(urls[NUMBERS[Behaviour.NOT_SHARED]]) is Outcome.NOT_SHARED


def test_a_consent_is_missing(urls: dict[int, str]) -> None:
    assert ask(urls[NUMBERS[Behaviour.NO_CONSENT]]) is Outcome.NO_CONSENT


def test_one_answers_about_somebody_else(urls: dict[int, str]) -> None:
    source = ElmoPull(urls[NUMBERS[Behaviour.SOMEBODY_ELSE]], 5, seats=1)
    transcript = source.look_up(question()).transcript
    source.close()
    assert transcript is not None
    assert transcript.learner.national_identifiers == (SOMEBODY_ELSE.number,)


def test_one_answers_rubbish_with_status_200(urls: dict[int, str]) -> None:
    with pytest.raises(SourceError) as failed:
        ask(urls[NUMBERS[Behaviour.RUBBISH]])
    assert failed.value.failure is SourceFailure.NOT_UNDERSTOOD


def test_the_dead_one_never_answers(urls: dict[int, str]) -> None:
    with pytest.raises(SourceError) as failed:
        ask(urls[NUMBERS[Behaviour.DEAD]], timeout_seconds=0.2)
    assert failed.value.failure is SourceFailure.TIMEOUT


def test_one_works_for_whoever_asks_a_third_time(urls: dict[int, str]) -> None:
    assert [ask(urls[NUMBERS[Behaviour.FAILS_TWICE]]) for _ in range(2)] == [Outcome.NOTHING] * 2


def test_each_question_fails_twice(urls: dict[int, str], session: requests.Session) -> None:
    asked = question()
    body = {"identifiers": asked.identifiers, "purpose": "admission", "basis": "consent", "request": asked.request}
    url = urls[NUMBERS[Behaviour.FAILS_TWICE]] + "/results"
    answers = [session.post(url, json=body) for _ in range(FAILURES + 1)]
    assert [answer.status_code for answer in answers] == [503, 503, 204]
    assert [answer.headers["Content-Type"] for answer in answers[:2]] == ["application/problem+json"] * 2


def test_the_one_that_fails_describes_itself_and_explains_bad_questions(
    urls: dict[int, str], session: requests.Session
) -> None:
    url = urls[NUMBERS[Behaviour.FAILS_TWICE]]
    statuses = [session.get(url).status_code]
    for body in ("{", "[]", '{"identifiers": []}'):
        statuses.append(session.post(url + "/results", body, headers={"Content-Type": "application/json"}).status_code)
    assert statuses == [200, 400, 400, 400]


def test_others_are_asked_in_batches(urls: dict[int, str]) -> None:
    source = ElmoPull(urls[215], 5, seats=1, batch=2)
    asked = {"demo": question(), "nurse": question(NURSE.identifiers)}
    outcomes = {ref: reply.outcome for ref, reply in source.look_up_many(asked) if not isinstance(reply, SourceError)}
    source.close()
    assert outcomes == {"demo": Outcome.FOUND, "nurse": Outcome.FOUND}


def test_a_network_lasts_until_it_is_told_to_stop(network: Path, sigterm: None) -> None:
    served: list[str] = []

    def ready(addresses: Addresses) -> None:
        served.append(addresses.base_url)
        served.append(ask(f"{addresses.base_url}/185"))
        signal.raise_signal(signal.SIGTERM)

    serve_network(network, ready=ready, latency_scale=0)
    url, outcome = served
    assert outcome is Outcome.FOUND
    with pytest.raises(SourceError) as failed:
        ask(f"{url}/185")
    assert failed.value.failure is SourceFailure.UNREACHABLE


def test_a_taken_port_is_an_error(network: Path, addresses: Addresses) -> None:
    port = int(addresses.base_url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"), running_network(network, port):
        pytest.fail("two networks on one port")


def test_served_by_itself_it_says_when_its_port_is_taken(
    network: Path, addresses: Addresses, sigterm: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(addresses.base_url.rpartition(":")[2])
    monkeypatch.setattr(demo_command, "NETWORK_PORT", port)
    monkeypatch.setattr(demo_command, "prepare_network", lambda _: network)
    came = CliRunner().invoke(main, ["demo", "--network"])
    assert (came.exit_code, f"Port {port} eller 8155 er i bruk." in came.stderr) == (2, True)


def test_an_fs_of_the_network_knows_who_has_applied(addresses: Addresses, tmp_path: Path) -> None:
    file = TomlFile("settings.toml", feed_toml(addresses.base_url)).checked(SettingsFile, {})
    feed = open_feed(Settings(instance=tmp_path, settings=file))
    fed = feed.known(DEMO_PERSON.identifiers)
    feed.close()
    assert fed is not None
    assert (fed.given_names, fed.family_name) == (DEMO_PERSON.given_names, DEMO_PERSON.family_name)
    assert [application.applicant_number for application in fed.applications] == ["MASTER10000"]
    assert fed.consent is not None
    assert fed.consent.given
