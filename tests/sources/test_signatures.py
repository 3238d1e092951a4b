"""What a signature is worth: by keys and documents that these tests make, and by the real files of ../shared/elmo."""

import base64
import gzip
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from signing import DS, ENVELOPED, EXCLUSIVE, INCLUSIVE, LONG_AGO, STRANGER, TRUSTED, Signer
from webapp.model import SignatureState
from webapp.sources.elmo import write
from webapp.sources.signatures import check
from world import NOW, bachelor, course, transcript

S = SignatureState
XML = write(transcript(bachelor(), course("BIO100")), NOW)
SHARED = Path(__file__).parents[3] / "shared" / "elmo"


def state(xml: bytes, *trusted: Signer) -> SignatureState:
    return check(xml, [each.certificate for each in trusted], NOW + timedelta(days=1)).state


@pytest.mark.parametrize("form", [INCLUSIVE, EXCLUSIVE])
@pytest.mark.parametrize("signer", [TRUSTED, Signer(method="ecdsa-sha256")], ids=lambda each: each.method)
def test_what_a_trusted_key_signed_is_valid(signer: Signer, form: str) -> None:
    assert state(signer.sign(XML, form), signer) is S.VALID


def test_who_signed_is_told() -> None:
    told = check(TRUSTED.sign(XML), [TRUSTED.certificate], NOW)
    assert (told.signer, told.algorithm, told.certificate_until) == ("CN=portal", "rsa-sha256", TRUSTED.ends)


def test_a_document_without_a_signature_is_unsigned() -> None:
    assert state(XML, TRUSTED) is S.UNSIGNED


def test_nobody_vouches_for_a_key_that_only_the_document_has() -> None:
    assert state(STRANGER.sign(XML), TRUSTED) is S.UNKNOWN_KEY
    assert state(STRANGER.sign(XML)) is S.UNKNOWN_KEY


def test_the_trusted_certificate_decides_and_not_what_the_document_brings() -> None:
    assert state(TRUSTED.sign(XML, key_info=False), TRUSTED) is S.VALID
    assert state(STRANGER.sign(XML, key_info=False), TRUSTED) is S.INVALID
    assert state(STRANGER.sign(XML, key_info=False)) is S.UNKNOWN_KEY


@pytest.mark.parametrize("weak", [{"method": "rsa-sha1"}, {"digest": f"{DS}sha1"}])
def test_sha1_is_weak(weak: dict[str, str]) -> None:
    signer = replace(TRUSTED, **weak)  # type: ignore[arg-type]
    assert state(signer.sign(XML), signer) is S.WEAK_ALGORITHM


def test_a_certificate_that_was_out_of_its_time_has_expired() -> None:
    assert state(LONG_AGO.sign(XML), LONG_AGO) is S.EXPIRED
    # Another certificate of the same key holds now.
    assert state(LONG_AGO.sign(XML), LONG_AGO, TRUSTED) is S.VALID


def test_a_certificate_that_has_ended_since_was_good_then() -> None:
    ended = replace(TRUSTED, ends=NOW + timedelta(hours=1))
    assert state(ended.sign(XML), ended) is S.VALID


def swapped(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def swap(xml: bytes) -> bytes:
        assert old in xml
        return xml.replace(old, new, 1)

    return swap


TWICE = TRUSTED.sign(TRUSTED.sign(XML))
REPORT = XML[XML.index(b"<report") : XML.index(b"</report>") + 9]
BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "another grade": swapped(b"<resultLabel>B<", b"<resultLabel>A<"),
    "another value": swapped(b"<SignatureValue>", b"<SignatureValue>AAAA"),
    "no base64": swapped(b"<SignatureValue>", b"<SignatureValue>%%"),
    "no value": swapped(b"SignatureValue>", b"SignatureValve>"),
    "another digest": swapped(b"<DigestValue>", b"<DigestValue>AAAA"),
    "another reference": swapped(b'URI=""', b'URI="#other"'),
    "a method that nobody knows": swapped(b"rsa-sha256", b"rsa-md5"),
    "a secret for a key": swapped(b"rsa-sha256", b"hmac-sha256"),
    "a digest that nobody knows": swapped(b"xmlenc#sha256", b"xmlenc#md5"),
    "a form that nobody knows": swapped(b"REC-xml-c14n-20010315", b"REC-xslt-19991116"),
    # A report where the digest does not reach is read all the same.
    "a report within": swapped(b"<KeyInfo>", b"<Object>" + REPORT + b"</Object><KeyInfo>"),
    "a report beside the key": swapped(b"<KeyInfo>", b"<KeyInfo>" + REPORT),
    "a signature beside": lambda xml: TWICE,
    "no end": lambda xml: xml[:-30],
}


@pytest.mark.parametrize("harm", BROKEN)
def test_what_does_not_hold_is_invalid(harm: str) -> None:
    assert state(BROKEN[harm](TRUSTED.sign(XML)), TRUSTED) is S.INVALID


@pytest.mark.parametrize(
    "form",
    [
        {"references": 2},
        {"references": 0},
        {"uri": "#all"},
        {"transforms": (INCLUSIVE,)},
        {"transforms": (ENVELOPED, "http://www.w3.org/TR/1999/REC-xpath-19991116")},
        {"transforms": (ENVELOPED, INCLUSIVE, INCLUSIVE)},
    ],
    ids=str,
)
def test_a_signature_of_less_or_other_than_the_document_is_invalid(form: dict[str, object]) -> None:
    assert state(TRUSTED.sign(XML, **form), TRUSTED) is S.INVALID  # type: ignore[arg-type]


def test_a_comment_that_splits_a_text_changes_nothing() -> None:
    signed = TRUSTED.sign(XML)
    assert state(signed.replace(b"Kari", b"Ka<!-- -->ri", 1), TRUSTED) is S.VALID


def test_text_behind_the_signature_counts() -> None:
    signed = TRUSTED.sign(XML)
    assert state(signed.replace(b"</Signature>", b"</Signature>more"), TRUSTED) is S.INVALID


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/elmo with the real files is not here")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dk-signed-default-ns.xml", S.UNKNOWN_KEY),
        ("dk-signed-default-ns.gz.b64", S.UNKNOWN_KEY),
        ("no-vitnemalsportalen-test-2023.xml.b64", S.INVALID),
        ("official-example-v1.0.0.xml", S.INVALID),
        ("official-example-v1.7.0.xml", S.INVALID),
        ("fi-kaisa-signed-valid.xml", S.INVALID),
        ("se-ladok-umu-30los-valid.xml", S.INVALID),
        ("dk-stads-36los-v1ns.xml", S.UNSIGNED),
        ("no-purl-empmockup.xml", S.UNSIGNED),
    ],
)
def test_real_files(name: str, expected: SignatureState) -> None:
    body = (SHARED / name).read_bytes()
    body = base64.b64decode(body) if name.endswith(".b64") else body
    body = gzip.decompress(body) if ".gz" in name else body
    assert state(body) is expected
    # Laid out anew it is another document.
    if expected is S.UNKNOWN_KEY:
        assert state(body.replace(b"><", b">\n<")) is S.INVALID
