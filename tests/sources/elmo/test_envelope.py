"""Every wrapping that comes is taken off, and nothing dangerous gets in."""

import base64
import gzip

import pytest

from webapp.errors import UnreadableElmo
from webapp.sources.elmo import read
from webapp.sources.elmo.envelope import SIZE_LIMIT_BYTES

DEEP = 300
BILLION_LAUGHS = (
    b'<!DOCTYPE elmo [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><elmo><learner>&b;</learner></elmo>'
)
OUTSIDE_FILE = b'<!DOCTYPE elmo [<!ENTITY x SYSTEM "file:///etc/passwd">]><elmo><learner>&x;</learner></elmo>'


def refusal(data: bytes) -> UnreadableElmo:
    with pytest.raises(UnreadableElmo) as caught:
        read(data)
    return caught.value


@pytest.mark.parametrize(
    "wrap",
    [
        lambda xml: xml,
        lambda xml: b"\n " + xml,
        lambda xml: b"\xef\xbb\xbf" + xml,
        lambda xml: xml.decode().encode("utf-16"),
        gzip.compress,
        base64.b64encode,
        base64.encodebytes,
        lambda xml: base64.encodebytes(gzip.compress(xml)),
    ],
)
def test_a_wrapped_document_reads_like_a_bare_one(document, wrap):
    assert read(wrap(document())) == read(document())


@pytest.mark.parametrize(
    "data",
    [
        BILLION_LAUGHS,
        OUTSIDE_FILE,
        b"<!DOCTYPE elmo><elmo><learner/></elmo>",
        BILLION_LAUGHS.decode().encode("utf-16"),
        b"<!DOCTYPE elmo [<!ENTITY x 'y'>]><elmo>",
        b"<elmo>" * DEEP + b"</elmo>" * DEEP,
        gzip.compress(b"<elmo>" + b" " * SIZE_LIMIT_BYTES + b"</elmo>"),
        b"<elmo>" + b" " * SIZE_LIMIT_BYTES,
        b" " * (2 * SIZE_LIMIT_BYTES),
        b"<elmo><learner/>" + b"<report/>" * 1001 + b"</elmo>",
    ],
    ids=["bomb", "file", "bare", "utf-16", "broken", "deep", "gzip bomb", "large", "larger", "reports"],
)
def test_what_could_do_harm_is_refused_as_unsafe(data):
    assert refusal(data).unsafe


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "Svaret er ikke et ELMO-dokument: det er ikke XML."),
        (b'{"error": "?"}', "Svaret er ikke et ELMO-dokument: det er ikke XML."),
        (b"<elmo><learner>", "Svaret er ikke et ELMO-dokument: XML-en er ufullstendig eller feil."),
        (
            b'<?xml version="1.0" encoding="x-none"?><elmo/>',
            "Svaret er ikke et ELMO-dokument: XML-en er ufullstendig eller feil.",
        ),
        (b"<!DOCTYPE html><html><p>Logg inn</html>", "Svaret er en nettside, ikke et ELMO-dokument."),
        (gzip.compress(b"<elmo/>", mtime=0)[:-4], "Svaret er pakket med gzip, men lar seg ikke pakke ut."),
        (b"\x1f\x8b\x08tull", "Svaret er pakket med gzip, men lar seg ikke pakke ut."),
        (b"<elmo/>", "Dokumentet er ikke et ELMO-dokument: det sier ikke hvem det gjelder."),
    ],
)
def test_what_is_no_elmo_is_refused_with_a_sentence(data, sentence):
    error = refusal(data)
    assert (str(error), error.unsafe) == (sentence, False)
