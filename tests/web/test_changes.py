"""Endringer: one line for each person with something new, until somebody has seen it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from lxml import html
from lxml.html import HtmlElement

from webapp.house import House
from webapp.intake.applying import take_in_admission, take_in_application
from webapp.model import AdmissionRecord, ApplicationRecord, Person
from webapp.store import applications, notices
from world import KARI_NUMBER, NOW, UIB, UIO, FakeSource, bachelor, course, found

ADMISSION = "2027-HØST-MASTER"


@pytest.fixture
def application(house: House, kari: Person) -> str:
    """Kari has applied; gives her applicant number."""
    take_in_admission(house.store, house.settings, AdmissionRecord(admission=ADMISSION), NOW)
    record = ApplicationRecord(applicant_number="M1", number=KARI_NUMBER, admission=ADMISSION)
    take_in_application(house.store, house.settings, record, NOW)
    return "M1"


@pytest.fixture
def changes(client: FlaskClient) -> Callable[..., HtmlElement]:
    """The list as it is now; filters by name."""
    return lambda **filters: html.fromstring(client.get("/changes", query_string=filters).text)


def lines(page: HtmlElement) -> list[list[str]]:
    return [
        [" ".join(" ".join(cell.itertext()).split()) for cell in row.xpath("./td")[1:]]
        for row in page.xpath("//form[@id='list']//tbody/tr")
    ]


def value_of(page: HtmlElement) -> str:
    return str(page.xpath("//button[@name='one']/@value")[0])


def test_a_better_grade_is_one_line_that_says_from_what_to_what(
    sources: dict[int, FakeSource], fetched: Callable[[], int], house: House, changes: Callable[..., HtmlElement]
) -> None:
    sources[UIO].answer = found(course("MAT1100", "D"))
    fetched()
    with house.store.write() as db:
        notices.mark_seen_of(db, 1, "kberg", NOW)
    sources[UIO].answer = found(course("MAT1100", "B"))
    fetched()
    assert lines(changes()) == [
        ["Nordmann, Kari", "", "Universitetet i Oslo", "MAT1100: D → B", "i dag 09.14 Sett : Nordmann, Kari"]
    ]


def test_what_is_new_is_told_with_qualifications_first_and_the_rest_counted(
    sources: dict[int, FakeSource], fetched: Callable[[], int], changes: Callable[..., HtmlElement]
) -> None:
    sources[UIO].answer = found(*(course(f"MAT{number}") for number in range(6)), bachelor())
    fetched()
    (line,) = lines(changes())
    assert line[3].startswith("ny kvalifikasjon: Bachelor i biologi nytt emne: MAT0 Emne MAT0")
    assert line[3].endswith("og 2 til")


def test_several_institutions_make_one_line_with_links_to_what_it_concerns(
    application: str,
    sources: dict[int, FakeSource],
    fetched: Callable[[], int],
    changes: Callable[..., HtmlElement],
) -> None:
    sources[UIO].answer = found(course("MAT1100"))
    sources[UIB].answer = found(course("INF1"), institution=UIB)
    fetched()
    (line,) = lines(changes())
    assert line[1:3] == [f"Søknad M1 ({ADMISSION})", "Universitetet i Bergen, Universitetet i Oslo"]
    assert changes().xpath("//a[@href='/applications/M1']")


def test_somebody_for_whom_nothing_changed_never_appears(
    sources: dict[int, FakeSource], fetched: Callable[[], int], house: House, changes: Callable[..., HtmlElement]
) -> None:
    sources[UIO].answer = found(course("MAT1100"))
    fetched()
    with house.store.write() as db:
        notices.mark_seen_of(db, 1, "kberg", NOW)
    fetched()
    assert lines(changes()) == []


def test_seen_is_seen_for_all_with_who_and_when(
    client: FlaskClient,
    sources: dict[int, FakeSource],
    fetched: Callable[[], int],
    changes: Callable[..., HtmlElement],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sources[UIO].answer = found(course("MAT1100"))
    fetched()
    monkeypatch.setattr("webapp.web.changes.caseworker", lambda: "kberg")
    answer = client.post("/changes/mark", data={"one": value_of(changes())}, follow_redirects=True)
    assert "1 linje er merket som sett." in answer.text
    assert lines(html.fromstring(answer.text)) == []
    said = html.fromstring(client.get("/changes/seen").text).xpath("//tbody/tr")[0].text_content()
    assert "i dag 09.14 av kberg" in said


def test_what_came_after_the_page_was_opened_is_not_marked(
    client: FlaskClient,
    house: House,
    sources: dict[int, FakeSource],
    fetched: Callable[[], int],
    changes: Callable[..., HtmlElement],
) -> None:
    sources[UIO].answer = found(course("MAT1100", "D"))
    fetched()
    shown = value_of(changes())
    with house.store.write() as db:
        notices.raise_notice(db, 1, [UIO], NOW.replace(minute=NOW.minute + 1))
    said = client.post("/changes/mark", data={"one": shown}, follow_redirects=True).text
    assert "1 linje har fått noe nytt siden du åpnet siden, og står igjen." in said
    assert len(lines(html.fromstring(said))) == 1


def test_ticked_lines_are_marked_together_and_the_filters_stay(
    client: FlaskClient, sources: dict[int, FakeSource], fetched: Callable[[], int], changes: Callable[..., HtmlElement]
) -> None:
    sources[UIO].answer = found(course("MAT1100"))
    fetched()
    ticks = changes(name="nord").xpath("//input[@name='chosen']/@value")
    answer = client.post("/changes/mark?name=nord&_external=1", data={"chosen": ticks})
    assert answer.location == "/changes?name=nord&marked=1&newer=0"


@pytest.mark.parametrize(
    ("filters", "hits"),
    [
        ({"admission": ADMISSION}, 1),
        ({"name": "kari nord"}, 1),
        ({"name": "ola"}, 0),
        ({"institution": str(UIO)}, 1),
        ({"institution": str(UIB)}, 0),
        ({"responsible": "kberg"}, 0),
        ({"raised_from": "2026-11-24"}, 1),
        ({"raised_from": "2026-11-25"}, 0),
    ],
)
def test_filters_narrow_the_worklist(
    application: str,
    sources: dict[int, FakeSource],
    fetched: Callable[[], int],
    changes: Callable[..., HtmlElement],
    filters: dict[str, str],
    hits: int,
) -> None:
    sources[UIO].answer = found(course("MAT1100"))
    fetched()
    assert len(lines(changes(**filters))) == hits


def test_finishing_with_the_application_takes_the_line_away(
    application: str,
    client: FlaskClient,
    house: House,
    sources: dict[int, FakeSource],
    fetched: Callable[[], int],
    changes: Callable[..., HtmlElement],
) -> None:
    sources[UIO].answer = found(course("MAT1100"))
    fetched()
    known = applications.application(house.store.db, application)
    assert known is not None
    assert known.result_changed_at is not None
    client.post(f"/applications/{application}/finish", data={"seen": known.result_changed_at.isoformat()})
    assert lines(changes()) == []


def test_an_empty_list_says_since_when(client: FlaskClient, house: House) -> None:
    assert "Ingen endringer." in client.get("/changes").text
    assert "Ingen endringer siden sist du var her, 24.11.2026 kl. 09.14." in client.get("/changes").text


@pytest.mark.parametrize("value", ["", "x@y", "1@", f"{10**30}@x@0", "1@2@3@4"])
def test_a_made_up_line_marks_nothing(client: FlaskClient, value: str) -> None:
    answer = client.post("/changes/mark", data={"one": value})
    assert (answer.status_code, "marked=0" in answer.location) == (303, True)


def test_the_menu_counts_what_nobody_has_seen(
    sources: dict[int, FakeSource], fetched: Callable[[], int], changes: Callable[..., HtmlElement]
) -> None:
    sources[UIO].answer = found(course("MAT1100"))
    fetched()
    assert changes().get_element_by_id("menu-changes-listing").text_content().split() == ["Endringer", "usette:", "1"]


def test_the_export_tells_the_same(
    client: FlaskClient, sources: dict[int, FakeSource], fetched: Callable[[], int]
) -> None:
    sources[UIO].answer = found(course("MAT1100"))
    fetched()
    assert (
        "Nordmann, Kari;;Universitetet i Oslo;nytt emne: MAT1100 Emne MAT1100;i dag 09.14"
        in client.get("/changes.csv").text
    )


def test_a_name_in_several_languages_is_told_in_the_readers(
    sources: dict[int, FakeSource], fetched: Callable[[], int], changes: Callable[..., HtmlElement]
) -> None:
    sources[UIO].answer = found(replace(course("X1"), name={"en": "Fish", "nb": "Fisk"}))
    fetched()
    assert lines(changes())[0][3] == "nytt emne: X1 Fisk"
