"""The order log on the screens, and what a run says on the pages about one of its people."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from lxml import html

from runs import Runner, apply, number_of, planned
from webapp.errors import SourceError, SourceFailure
from webapp.fetching.ordering import ask_again
from webapp.house import House
from webapp.model import Outcome, Question, Reply, Run, RunKind
from webapp.sources.elmo import write
from webapp.store import as_text, orders, results
from webapp.web import rights
from world import NOTHING, NOW, UIO, UIT, FakeSource, course, transcript

Shown = Callable[[str], str]


@pytest.fixture
def run(house: House, runner: Runner) -> Run:
    """A run about three: UiO has a course on the first, an answer about somebody else for the second, nothing on the
    third; UiT did not answer. A fourth has not consented."""
    apply(house.store, 3)
    apply(house.store, 1, consent=None, first=3)

    def answer(question: Question) -> Reply:
        numbers = {number_of(0): number_of(0), number_of(1): number_of(50)}
        if question.identifiers[0] not in numbers:
            return NOTHING
        said = transcript(course("MAT1100"), number=numbers[question.identifiers[0]])
        return Reply(Outcome.FOUND, said, write(said, NOW))

    runner.sources[UIO] = FakeSource(answer, batch=100)
    runner.sources[UIT].answer = SourceError(SourceFailure.TIMEOUT, "10 s")
    return runner.run()


@pytest.fixture
def shown(client: FlaskClient) -> Shown:
    """The words of a page's main part."""

    def words(address: str) -> str:
        page = html.fromstring(client.get(address, follow_redirects=True).text)
        return " ".join(" ".join(page.get_element_by_id("main").itertext()).split())

    return words


def rows(client: FlaskClient, address: str) -> list[list[str]]:
    page = html.fromstring(client.get(address).text)
    body = page.cssselect(".list-table tbody tr")
    return [[" ".join(cell.text_content().split()) for cell in row.cssselect("th, td")] for row in body]


def test_everybody_ordered_for_is_listed_with_why_and_what_came(client: FlaskClient, run: Run) -> None:
    nom, why, failed = "2027-HØST-NOM", "alle spørres om", "1 kunne ikke spørres"
    assert rows(client, f"/jobs/{run.id}/applicants") == [
        ["NOM1000", "Nordmann, Kari 0", nom, why, f"nytt fra 1 institusjon, {failed}"],
        ["NOM1001", "Nordmann, Kari 1", nom, why, f"1 svarte om en annen person, {failed}"],
        ["NOM1002", "Nordmann, Kari 2", nom, why, failed],
    ]
    assert rows(client, f"/jobs/{run.id}/applicants?reason=new") == []
    assert [row[0] for row in rows(client, f"/jobs/{run.id}/applicants?sort=name&down=1")] == [
        "NOM1002",
        "NOM1001",
        "NOM1000",
    ]


def test_those_left_out_are_listed_with_the_reason(client: FlaskClient, run: Run, shown: Shown) -> None:
    listed = [["NOM1003", "Nordmann, Kari 3", "2027-HØST-NOM", "samtykke mangler"]]
    assert rows(client, f"/jobs/{run.id}/left-out") == listed
    assert rows(client, f"/jobs/{run.id}/left-out?reason=no-consent") == listed
    assert "Søkeren må samtykke" in shown(f"/jobs/{run.id}/left-out?reason=no-consent")
    assert rows(client, f"/jobs/{run.id}/left-out?reason=phase") == []
    assert "Bestilt for (3) Ikke med (1)" in shown(f"/jobs/{run.id}/left-out")


def test_both_lists_can_be_had_as_files(client: FlaskClient, run: Run) -> None:
    lines = client.get(f"/jobs/{run.id}/applicants.csv").text.splitlines()
    assert lines[0].endswith("Søkernr;Navn;Opptak;Hvorfor;Hva som kom")
    assert lines[1].endswith("nytt fra 1 institusjon, 1 kunne ikke spørres")
    assert client.get(f"/jobs/{run.id}/left-out.csv?name=kari").text.splitlines()[1:] == [
        "NOM1003;Nordmann, Kari 3;2027-HØST-NOM;samtykke mangler"
    ]
    with client.get(f"/jobs/{run.id}/left-out.xlsx") as workbook:
        assert workbook.data[:2] == b"PK"


def test_a_filter_is_sent_in_a_body_and_stays_in_the_address(client: FlaskClient, run: Run) -> None:
    sent = client.post(f"/jobs/{run.id}/left-out", data={"reason": "no-consent"})
    assert (sent.status_code, sent.location) == (303, f"/jobs/{run.id}/left-out?reason=no-consent")
    assert client.post(f"/jobs/{run.id}/applicants", data={"name": number_of(0)}).status_code == 422


def test_a_person_in_a_run_has_a_line_for_every_institution(run: Run, shown: Shown) -> None:
    said = shown(f"/jobs/{run.id}/people/1")
    assert "Søknad NOM1000 2027-HØST-NOM : bestilt, alle spørres om" in said
    assert "1 institusjon hadde resultater, 1 hadde ingen, 1 kunne ikke spørres." in said
    assert "Universitetet i Bergen Ingen resultater" in said
    assert "Universitetet i Oslo 1 resultat · 1 endring" in said
    assert "Svarte ikke i tide. Prøves igjen i kveld kl. 20.00." in said
    assert "Sammenlign" in shown(f"/jobs/{run.id}/people/2")
    left_out = shown(f"/jobs/{run.id}/people/4")
    assert "ikke med, samtykke mangler" in left_out
    assert "spurte ingen institusjoner om personen" in left_out


@pytest.mark.parametrize("address", ["/jobs/9/applicants", "/jobs/9/left-out", "/jobs/9/people/1", "/jobs/1/people/9"])
def test_what_is_not_there_is_not_there(client: FlaskClient, run: Run, address: str) -> None:
    assert client.get(address).status_code == 404


def test_the_box_of_a_run_says_who_ordered_and_how_it_went_for_this_person(run: Run, shown: Shown) -> None:
    said = shown("/people/3")
    assert "Bestilt av berg, for opptak (samtykke) · Kjøring 1" in said
    assert "Ferdig: 0 institusjoner hadde resultater, 2 hadde ingen, 1 kunne ikke spørres." in said
    assert "1 institusjon kunne ikke spørres: UiT Norges arktiske universitet." in said


def test_while_a_run_goes_on_its_box_asks_for_news_and_the_button_is_free(
    client: FlaskClient, house: House, shown: Shown
) -> None:
    apply(house.store, 2)
    run = planned(house.store, house.settings)
    page = client.get("/people/1").text
    assert "0 av 3 har svart" in page
    (news,) = re.findall(r'hx-trigger="every 5s"[^>]*hx-get="([^"]+)"', page)
    with house.store.write() as db:
        db.execute("UPDATE fetches SET state = 'done', finished_at = ? WHERE institution = ?", [as_text(NOW), UIO])
    brought = client.get(news.replace("&amp;", "&")).text
    assert "1 av 3 har svart" in brought
    assert f'id="order-1-from-{UIO}"' in brought
    assert f'id="order-1-from-{UIT}"' in brought  # a page that waits for it is told that it goes on waiting
    assert client.post("/people/1/orders", data={"purpose": "admission", "reason": "Ringte"}).status_code == 303
    house.fanout.settle(10)
    assert [order.run_id for order in orders.orders_of(house.store.db, 1)] == [None, run.id]
    said = shown("/people/1")
    assert said.index("Ferdig på 0 s") < said.index("1 av 3 har svart")


def test_trying_again_places_an_order_about_this_person_to_those_that_failed(
    client: FlaskClient, house: House, run: Run, runner: Runner, sources: dict[int, FakeSource]
) -> None:
    asked = {number: len(source.questions) for number, source in sources.items()}
    sources[UIT].answer = NOTHING
    assert client.post("/orders/1/retry").status_code == 404
    again = client.post("/people/3/orders/1/retry")
    assert (again.status_code, again.location) == (303, "/people/3#orders")
    house.fanout.settle(10)
    own, of_run = orders.orders_of(house.store.db, 3)
    assert (own.run_id, own.purpose, own.application) == (None, of_run.purpose, "NOM1002")
    assert [line.fetch.institution for line in orders.lines_of(house.store.db, own.id)] == [UIT]
    assert {number: len(source.questions) - asked[number] for number, source in sources.items()} == {
        184: 0,
        UIO: 0,
        UIT: 1,
    }
    # What failed for all is left to the next run, which does not ask once more about who was answered about since.
    assert ask_again(house.store, of_run.id, NOW) == 0
    assert orders.queued(house.store.db) == []
    runner.now = NOW + timedelta(days=1)
    assert runner.came(runner.run(RunKind.DELTA)) == {UIT: {"people": 2, "asked": 2, "nothing": 2}}


def test_an_answer_set_aside_in_a_run_is_decided_for_its_person(client: FlaskClient, house: House, run: Run) -> None:
    page = html.fromstring(client.get("/people/2").text)
    (compare,) = page.xpath("//a[contains(@href, '/set-aside')]/@href")
    assert re.fullmatch(r"/people/2/fetches/\d+/set-aside", compare)
    assert client.get(compare.replace("/people/2", "/people/1")).status_code == 404
    assert client.get(compare.replace("/people/2", "")).status_code == 404  # a run's fetch is about many
    client.post(compare.replace("set-aside", "accept"), data={"reason": "Nytt nummer"})
    assert len(results.studies_of(house.store.db, 2)) == 1
    assert len(results.studies_of(house.store.db, 1)) == 1
    assert "1 institusjon hadde resultater" in client.get("/people/2").text


def test_the_answer_as_it_came_is_that_of_the_person(
    client: FlaskClient, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = html.fromstring(client.get(f"/people/1/studies/{UIO}/answer").text)
    (file,) = page.xpath("//a[contains(@href, '/fetches/')]/@href")
    assert number_of(0) in client.get(file).text
    other = client.get(file.replace("/people/1", "/people/2"))
    assert number_of(50) in other.text
    assert client.get(file.replace("/people/1", "/people/3")).status_code == 404
    assert client.get(file.replace("/people/1", "")).status_code == 404
    monkeypatch.setattr(rights, "may_see_answers", lambda: False)
    assert client.get(file).status_code == 403


def test_the_persons_orders_tell_of_runs_what_was_new(
    client: FlaskClient, run: Run, runner: Runner, shown: Shown
) -> None:
    runner.now = NOW + timedelta(days=7)
    runner.sources[UIT].answer = NOTHING
    second = runner.run()
    said = shown("/people/1/orders")
    assert f"berg Kjøring {second.id} Opptak samtykke Ingenting nytt." in said
    assert f"berg Kjøring {run.id} Opptak samtykke nytt fra 1 institusjon, 1 kunne ikke spørres" in said
    assert "Universitetet i Oslo 1 resultat, uendret" in shown("/people/1/orders/2")
    assert "1 resultat, uendret" in shown(f"/people/1/studies/{UIO}/orders")


def test_a_kildebevis_of_a_run_is_about_the_person(run: Run, shown: Shown) -> None:
    said = shown("/people/1/evidence")
    assert "Av berg Fra FS154.001, kjøring 1" in said
    assert "1 institusjon svarte ikke: UiT Norges arktiske universitet." in said
    assert "Svarte, og har resultater (1)" in said
    assert "Svarte, og har resultater" not in shown("/people/3/evidence")


def test_a_kildebevis_is_of_an_order_that_asked_all(
    client: FlaskClient, house: House, run: Run, runner: Runner, shown: Shown
) -> None:
    runner.now = NOW + timedelta(days=1)
    runner.sources[UIT].answer = NOTHING
    owed = runner.run(RunKind.DELTA)
    assert [order.run_id for order in orders.orders_of(house.store.db, 1)] == [owed.id, run.id]
    assert client.get("/people/1/evidence").location == "/people/1/orders/1/evidence"
    client.post("/people/1/orders/2/retry")
    said = shown("/people/1/evidence")
    assert "Svarte ikke (1)" in said
    assert "Personen er spurt om på nytt 25.11.2026 09.14." in said


def test_the_start_page_tells_that_a_source_is_down_and_why(run: Run, shown: Shown) -> None:
    assert "UiT Norges arktiske universitet Svarte ikke i tide." in shown("/")
