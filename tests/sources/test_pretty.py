"""An answer as it came is made readable for a screen, and nothing that it names is loaded."""

import pytest

from webapp.sources.elmo import pretty


def test_every_element_gets_a_line_of_its_own() -> None:
    assert pretty(b"<a><b>1</b><c/></a>") == "<a>\n  <b>1</b>\n  <c/>\n</a>\n"


def test_an_attachment_is_cut_to_how_long_it_is() -> None:
    assert pretty(b"<a><b>" + b"Q" * 5000 + b"</b></a>") == "<a>\n  <b>… (5000)</b>\n</a>\n"


@pytest.mark.parametrize("body", [b'{"data": 1}', b"<a>", b"", b"bl\xe5"])
def test_what_is_no_xml_stays_as_it_is(body: bytes) -> None:
    assert pretty(body) == body.decode("utf-8", "replace")


def test_entities_are_not_looked_up() -> None:
    assert "root:" not in pretty(b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>')
