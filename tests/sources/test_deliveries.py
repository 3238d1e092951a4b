"""What is brought to us, opened: in each of its wrappings, or turned away with a sentence that says what it is."""

import base64
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from signing import TRUSTED
from webapp.errors import UnreadableElmo
from webapp.model import SignatureState
from webapp.sources.deliveries import open_delivery
from webapp.sources.elmo import write
from webapp.sources.elmo.envelope import SIZE_LIMIT_BYTES
from world import NOW, course, transcript

SIGNED = TRUSTED.sign(write(transcript(course("BIO100")), NOW))
SHARED = Path(__file__).parents[3] / "shared" / "elmo"


def emrex(xml: bytes) -> bytes:
    return base64.encodebytes(gzip.compress(xml))


@pytest.mark.parametrize("wrap", [bytes, emrex, base64.b64encode, gzip.compress, lambda xml: b"\n " + xml])
def test_however_it_is_wrapped_it_is_the_document_that_was_signed(wrap: Callable[[bytes], bytes]) -> None:
    delivery = open_delivery(wrap(SIGNED), [TRUSTED.certificate], NOW)
    assert delivery.payload == SIGNED
    assert delivery.signature.state is SignatureState.VALID
    assert delivery.transcript.studies


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "Filen er tom"),
        (b"%PDF-1.7 ...", "Filen er en PDF"),
        (b"PK\x03\x04...", "arkiv"),
        (b'{"emps": []}', "JSON"),
        (b"<imobility-tors-index-response/>", "utvekslingsopphold"),
        (b"<!DOCTYPE html><html></html>", "nettside"),
        (b"<!DOCTYPE elmo><elmo/>", "DOCTYPE"),
        (b"# Mine karakterer", "ikke XML"),
        (b"<elmo><report/></elmo>", "ikke hvem det gjelder"),
        (SIGNED[:-20], "ufullstendig"),
        (emrex(b"<elmo>" + b" " * SIZE_LIMIT_BYTES), "større enn"),
    ],
)
def test_what_is_no_transcript_is_turned_away(body: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableElmo, match=sentence):
        open_delivery(body, (), NOW)
