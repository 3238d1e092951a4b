"""Identity numbers are in no page until they are asked for, and that is traced."""

from collections.abc import Callable
from itertools import product

import pytest
from flask.testing import FlaskClient

from lent_screens import screens_of
from no_numbers import numbers_in
from signing_in import ME, browser_of, with_sign_in
from webapp.house import House
from webapp.model import Act, Outcome, Person, Reply, Role
from webapp.sources.elmo import write
from webapp.store import trace
from webapp.web import evidence
from webapp.web.numbers import typed_again
from world import KARI_NUMBER, NOW, OLA_NUMBER, UIB, UIO, FakeSource, course, found, transcript

SHOWN = f"{KARI_NUMBER[:6]} {KARI_NUMBER[6:]}"


def traced(house: House, act: Act) -> list[tuple[str, str, str]]:
    return house.store.db.execute("SELECT by, door, people FROM trace WHERE act = ?", [act]).fetchall()


def test_a_press_shows_the_number_until_the_next_page(client: FlaskClient, house: House, kari: Person) -> None:
    assert f"{KARI_NUMBER[:6]} *****" in client.get(f"/people/{kari.id}").text
    part = client.post(f"/people/{kari.id}/numbers", headers={"HX-Request": "true"})
    assert (SHOWN in part.text, "<html" in part.text, part.headers["Cache-Control"]) == (True, False, "no-store")
    whole = client.post(f"/people/{kari.id}/numbers").text
    assert (SHOWN in whole, "<html" in whole) == (True, True)
    assert SHOWN not in client.get(f"/people/{kari.id}").text
    assert traced(house, Act.NUMBER_SHOWN) == [(ME, "numbers.show", f"[{kari.id}]")] * 2


def test_what_cannot_be_traced_is_not_shown(house: House, kari: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError("no space left on device")

    monkeypatch.setattr(trace, "append", full)
    answer = screens_of(house).test_client().post(f"/people/{kari.id}/numbers")
    assert (answer.status_code, SHOWN in answer.text) == (500, False)


def test_who_may_not_see_people_sees_no_number(house: House, kari: Person) -> None:
    client = browser_of(with_sign_in(house), Role.SYSTEM_ADMINISTRATOR)
    assert client.post(f"/people/{kari.id}/numbers").status_code == 403
    assert traced(house, Act.NUMBER_SHOWN) == []


def test_a_kildebevis_has_the_number_where_a_caseworker_wants_it_so(
    house: House, kari: Person, fetched: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = with_sign_in(house)
    address = f"/people/{kari.id}/orders/{fetched()}/evidence.pdf"
    monkeypatch.setattr(evidence, "pdf_of", str.encode)
    reader, caseworker = browser_of(house, Role.READER), browser_of(house, Role.CASEWORKER)
    assert SHOWN not in reader.get(address).text
    assert reader.post(address).status_code == 403
    assert SHOWN in caseworker.post(address).text
    assert traced(house, Act.PRINTED) == [
        ("reader", "evidence.pdf", f"[{kari.id}]"),
        ("caseworker", "evidence.pdf_with_numbers", f"[{kari.id}]"),
    ]


@pytest.mark.parametrize(
    ("typed", "again"),
    [
        (SHOWN, f"{KARI_NUMBER[:6]} *****"),
        (f"Kari {KARI_NUMBER}", f"Kari {KARI_NUMBER[:6]} *****"),
        ("03859800000", "03859800000"),
        ("Kari", "Kari"),
    ],
)
def test_a_form_that_was_refused_shows_no_number_but_a_slip_of_the_pen(typed: str, again: str) -> None:
    assert typed_again(typed) == again


def test_nothing_that_is_not_asked_for_holds_a_number(
    client: FlaskClient,
    house: House,
    kari: Person,
    application: str,
    sources: dict[int, FakeSource],
    fetched: Callable[[], int],
) -> None:
    """Walks every screen, list as a file, and answer of the API that the small world leads to. Answers as they came are
    files of their own, and hold what they hold; a person's whole file is asked for with all that is in it."""
    about_ola = transcript(course("MAT1"), number=OLA_NUMBER)
    sources[UIO].answer = found(course("MAT1100"))
    sources[UIB].answer = Reply(Outcome.FOUND, about_ola, payload=write(about_ola, NOW))
    order_id = fetched()
    fetches = [row["id"] for row in house.store.db.query("SELECT id FROM fetches ORDER BY id")]
    named: dict[str, list[int | str]] = {
        "person_id": [kari.id],
        "order_id": [order_id],
        "applicant_number": [application],
        "institution": [UIB, UIO],
        "fetch_id": fetches,
        "form": ["csv"],
    }
    pages = 0
    for rule in client.application.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or not rule.arguments <= set(named):
            continue
        if rule.endpoint == "person_file.as_values":
            continue
        for values in product(*(named[name] for name in sorted(rule.arguments))):
            built = rule.build(dict(zip(sorted(rule.arguments), values, strict=True)), append_unknown=False)
            assert built is not None
            answer = client.get(built[1])
            if answer.mimetype in ("text/html", "text/csv", "application/json"):
                pages += answer.status_code == 200
                assert numbers_in(answer.text) == [], (rule.endpoint, answer.status_code)
    assert pages > 60
