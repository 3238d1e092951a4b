"""The button Hent personopplysninger fra FS, which is there only where FS is set up."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from flask.testing import FlaskClient
from lxml import html
from lxml.html import HtmlElement

from feeding import own_fs
from lent_screens import screens_of
from webapp.config import SettingsFile
from webapp.house import House
from webapp.model import ApplicationRecord, Person
from world import KARI_NUMBER

BUTTON = "//button[normalize-space()='Hent personopplysninger fra FS']"


def test_without_a_feed_there_is_no_button(page: Callable[[], HtmlElement]) -> None:
    assert not page().xpath(BUTTON)


def test_a_press_tells_what_came_of_it(house: House, kari: Person, tmp_path: Path) -> None:
    record = ApplicationRecord("NOM1", KARI_NUMBER, "2027-HØST-NOM", None, "Berg", "Kari")
    with own_fs(tmp_path, record) as feed:
        client = _client(house, SettingsFile(test_instance=True, feed=feed))
        page = html.fromstring(client.get(f"/people/{kari.id}").text)
        (form,) = page.xpath(f"{BUTTON}/ancestor::form")
        answer = client.post(form.get("action"))
    told = html.fromstring(answer.text)
    (status,) = told.xpath("//div[@role='status']")
    assert "Navn eller numre er oppdatert fra FS." in status.text_content()
    assert "2027-HØST-NOM" in status.text_content()
    assert "Berg" in told.findtext(".//h1")


def test_a_refusal_is_told_on_the_page(house: House, kari: Person, tmp_path: Path) -> None:
    with own_fs(tmp_path) as feed:
        client = _client(house, SettingsFile(test_instance=True, feed=feed))
        answer = client.post(f"/people/{kari.id}/feed")
    assert answer.status_code == 422
    (alert,) = html.fromstring(answer.text).xpath("//div[@role='alert']")
    assert "FS kjenner ikke personen" in alert.text_content()


def _client(house: House, file: SettingsFile) -> FlaskClient:
    return screens_of(replace(house, settings=house.settings.model_copy(update={"settings": file}))).test_client()
