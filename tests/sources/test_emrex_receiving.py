"""What portals send back, by the letter and in the wild."""

from pathlib import Path

import pytest

from portal import keys, packed, played, signed
from webapp.errors import SourceError, SourceFailure
from webapp.model import Outcome, SignatureState
from webapp.sources.elmo import write
from webapp.sources.emrex.receiving import MOST_SAID, ReturnCode, received
from world import NOW, course, transcript

XML = signed(write(transcript(course("MAT1100")), NOW), keys())
SAMPLES = Path(__file__).parents[3] / "shared" / "elmo"


def form(elmo: str = "", code: str = "EMP_OK", said: str = "") -> dict[str, str]:
    return {"sessionId": "x", "returnCode": code, "returnMessage": said, "elmo": elmo}


@pytest.mark.parametrize("code", ["EMP_OK", "NCP_OK", "emp_ok", " EMP_OK "])
def test_a_document_is_opened_and_its_signature_checked(code: str) -> None:
    came = received(form(packed(XML), code), played(), NOW)
    assert came.delivery is not None
    assert came.delivery.signature.state is SignatureState.VALID
    assert came.delivery.is_selection
    assert came.reply.outcome is Outcome.FOUND


def test_the_registrys_key_counts_and_not_the_documents_own() -> None:
    """The document brings the certificate that it was signed with; the registry has another for this portal."""
    came = received(form(packed(XML)), played(key=keys("another.example").pem), NOW)
    assert came.delivery is not None
    assert came.delivery.signature.state is SignatureState.UNKNOWN_KEY


def test_base64_whose_plus_became_a_blank_is_read() -> None:
    came = received(form(packed(XML).replace("+", " ")), played(), NOW)
    assert came.delivery is not None
    assert came.delivery.payload == XML


def test_lines_in_base64_do_no_harm() -> None:
    text = packed(XML)
    came = received(form("\r\n".join(text[at : at + 76] for at in range(0, len(text), 76))), played(), NOW)
    assert came.delivery is not None
    assert came.delivery.payload == XML


@pytest.mark.parametrize("code", ["", "OK", "EMP_", "EMP_OK_", "XMP_OK", "EMP_NO RESULTS"])
def test_a_code_that_is_none_is_not_understood(code: str) -> None:
    with pytest.raises(SourceError) as caught:
        received(form(packed(XML), code), played(), NOW)
    assert caught.value.failure is SourceFailure.NOT_UNDERSTOOD


def test_a_document_beside_another_code_is_not_taken() -> None:
    came = received(form(packed(XML), "EMP_CANCEL"), played(), NOW)
    assert (came.code, came.delivery) == (ReturnCode.CANCEL, None)


def test_what_a_portal_says_is_kept_short_and_on_one_line() -> None:
    came = received(form(code="EMP_ERROR", said="Noe\n\tgikk  galt " + "x" * 9999), played(), NOW)
    assert came.said is not None
    assert came.said.startswith("Noe gikk galt xxx")
    assert len(came.said) == MOST_SAID


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared/elmo with the real files is not here")
def test_a_real_portals_field_is_opened() -> None:
    """Denmark's, as it was sent: its certificate is in no registry of ours, and it is signed with SHA-1."""
    elmo = (SAMPLES / "dk-signed-default-ns.gz.b64").read_text(encoding="ascii")
    came = received(form(elmo), played(), NOW)
    assert came.delivery is not None
    assert came.delivery.signature.state is SignatureState.UNKNOWN_KEY
    assert any(study.results for study in came.delivery.transcript.studies)
