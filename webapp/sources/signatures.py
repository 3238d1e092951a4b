"""Whether the XML signature of a document that was brought to us holds, and whose it is (ELMO 1.x, EMREX).

An EMREX portal signs the whole document: an enveloped signature, one reference to "". What is read is all of the
document, so nothing but that is taken for a signature of it; and the key of a certificate that somebody here trusts
decides, never what the signature says of itself.
"""

import base64
import binascii
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from lxml import etree
from lxml.etree import _Element

from webapp.model import Signature, SignatureState

_DS = "http://www.w3.org/2000/09/xmldsig#"
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_ENC = "http://www.w3.org/2001/04/xmlenc#"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_ENVELOPED = f"{_DS}enveloped-signature"
#: By its address: whether a canonical form is the exclusive one.
_CANONICAL = {
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315": False,
    "http://www.w3.org/2006/12/xml-c14n11": False,
    "http://www.w3.org/2001/10/xml-exc-c14n#": True,
}
_DIGESTS: dict[str, type[hashes.HashAlgorithm]] = {
    f"{_DS}sha1": hashes.SHA1,
    f"{_ENC}sha256": hashes.SHA256,
    f"{_MORE}sha384": hashes.SHA384,
    f"{_ENC}sha512": hashes.SHA512,
}
_METHODS: dict[str, tuple[type, type[hashes.HashAlgorithm]]] = {
    f"{_DS}rsa-sha1": (rsa.RSAPublicKey, hashes.SHA1),
    f"{_MORE}rsa-sha256": (rsa.RSAPublicKey, hashes.SHA256),
    f"{_MORE}rsa-sha384": (rsa.RSAPublicKey, hashes.SHA384),
    f"{_MORE}rsa-sha512": (rsa.RSAPublicKey, hashes.SHA512),
    f"{_MORE}ecdsa-sha1": (ec.EllipticCurvePublicKey, hashes.SHA1),
    f"{_MORE}ecdsa-sha256": (ec.EllipticCurvePublicKey, hashes.SHA256),
    f"{_MORE}ecdsa-sha384": (ec.EllipticCurvePublicKey, hashes.SHA384),
    f"{_MORE}ecdsa-sha512": (ec.EllipticCurvePublicKey, hashes.SHA512),
}
#: Nothing that a signature does not cover may hide within it: reports are read wherever they stand.
_PARTS = frozenset(
    f"{{{_DS}}}{name}"
    for name in (
        *("Signature", "SignedInfo", "CanonicalizationMethod", "SignatureMethod", "SignatureValue"),
        *("Reference", "Transforms", "Transform", "DigestMethod", "DigestValue"),
        *("KeyInfo", "KeyName", "KeyValue", "RSAKeyValue", "Modulus", "Exponent"),
        *("X509Data", "X509Certificate", "X509IssuerSerial", "X509IssuerName", "X509SerialNumber"),
        *("X509SubjectName", "X509SKI", "X509CRL"),
    )
) | {"{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces"}
_INVALID = Signature(SignatureState.INVALID)


class _NotSoError(Exception):
    """A signature that does not hold, or that we do not know how to read."""


@dataclass(frozen=True)
class _Signed:
    """What a signature says: the bytes that were signed, with what method, to which value."""

    content: bytes
    method: str
    value: bytes
    is_weak: bool


def check(xml: bytes, trusted: Sequence[x509.Certificate], now: datetime) -> Signature:
    """What the signature of a document is worth. `xml`: the very bytes that came, before any laying out.

    `trusted`: the certificates whose keys count. A certificate must have been in its time when the document says it
    was written, or `now` where it does not say or says the future.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(xml.lstrip(), parser)
    except etree.XMLSyntaxError:
        return _INVALID
    signatures = list(root.iterchildren(f"{{{_DS}}}Signature"))
    if not signatures:
        return Signature(SignatureState.UNSIGNED)
    written = min(_written(root) or now, now)
    algorithm = None
    try:
        if len(signatures) > 1:
            raise _NotSoError
        signed = _read(signatures[0])
        algorithm = signed.method.rpartition("#")[2]
        return _judged(signed, signatures[0], trusted, written, algorithm)
    except (_NotSoError, ValueError, etree.LxmlError):
        return Signature(SignatureState.INVALID, algorithm=algorithm)


def _judged(
    signed: _Signed, signature: _Element, trusted: Sequence[x509.Certificate], written: datetime, algorithm: str
) -> Signature:
    known = [each for each in trusted if _verifies(signed, _key(each))]
    # Of several certificates of one key, as after a renewal, one in its time is enough.
    in_time = [each for each in known if each.not_valid_before_utc <= written <= each.not_valid_after_utc]
    if known:
        state = SignatureState.VALID if in_time else SignatureState.EXPIRED
        if in_time and signed.is_weak:
            state = SignatureState.WEAK_ALGORITHM
        return _of(state, (in_time or known)[0], algorithm)
    certificates = list(_embedded(signature))
    for each in certificates:
        if _verifies(signed, _key(each)):
            return _of(SignatureState.UNKNOWN_KEY, each, algorithm)
    bare = _bare_key(signature)
    # Without a key there is nothing to test the value with: then nobody vouches for it, and that is all one can say.
    if _verifies(signed, bare) or not (trusted or certificates or bare):
        return Signature(SignatureState.UNKNOWN_KEY, algorithm=algorithm)
    raise _NotSoError


def _of(state: SignatureState, certificate: x509.Certificate, algorithm: str) -> Signature:
    return Signature(state, certificate.subject.rfc4514_string(), algorithm, certificate.not_valid_after_utc)


def _read(signature: _Element) -> _Signed:
    """What the signature says, once the document has the digest that it names. Takes it out of the document."""
    if any(node.tag not in _PARTS for node in signature.iter(etree.Element)):
        raise _NotSoError
    info = _only(signature, "SignedInfo")
    method = _algorithm(_only(info, "SignatureMethod"))
    reference = _only(info, "Reference")
    digest = _algorithm(_only(reference, "DigestMethod"))
    if method not in _METHODS or digest not in _DIGESTS or reference.get("URI") != "":
        raise _NotSoError
    content = _canonical(_standing_alone(info), _only(info, "CanonicalizationMethod"))
    value = _decoded(_only(signature, "SignatureValue"))
    form = _form_of(reference)
    expected = _decoded(_only(reference, "DigestValue"))
    hasher = hashes.Hash(_DIGESTS[digest]())
    hasher.update(_canonical(_without(signature), form))
    if hasher.finalize() != expected:
        raise _NotSoError
    is_weak = _METHODS[method][1] is hashes.SHA1 or _DIGESTS[digest] is hashes.SHA1
    return _Signed(content, method, value, is_weak)


def _form_of(reference: _Element) -> _Element | None:
    """The transform that names the canonical form, None for the usual one. The signature itself must be left out by
    the first, and nothing else may be done to the document."""
    steps = list(_only(reference, "Transforms").iterchildren(f"{{{_DS}}}Transform"))
    if not steps or _algorithm(steps[0]) != _ENVELOPED or len(steps) > 2:
        raise _NotSoError
    return steps[1] if len(steps) == 2 else None


def _without(signature: _Element) -> etree._ElementTree:
    """The document without its signature; the text behind it stays."""
    parent, before = signature.getparent(), signature.getprevious()
    if parent is None:
        raise _NotSoError
    if before is not None:
        before.tail = (before.tail or "") + (signature.tail or "")
    else:
        parent.text = (parent.text or "") + (signature.tail or "")
    parent.remove(signature)
    return parent.getroottree()


def _standing_alone(info: _Element) -> etree._ElementTree:
    """What was signed, with the namespaces and xml attributes that it has from those around it: its canonical form has
    them, and lxml leaves them out of a part of a document."""
    alone = etree.Element(info.tag, dict(info.attrib), nsmap=info.nsmap)
    alone.text = info.text
    alone.extend(deepcopy(child) for child in info)
    for holder in info.iterancestors():
        for name, value in holder.attrib.items():
            if str(name).startswith(_XML) and name not in alone.attrib:
                alone.set(name, value)
    return alone.getroottree()


def _canonical(tree: etree._ElementTree, form: _Element | None) -> bytes:
    if form is None:
        return etree.tostring(tree, method="c14n", with_comments=False)
    name, _, comments = _algorithm(form).partition("WithComments")
    # As in REC-xml-c14n-20010315#WithComments and xml-exc-c14n#WithComments.
    exclusive = _CANONICAL.get(name, _CANONICAL.get(name.rstrip("#")))
    # A reference to "" leaves comments out whatever the form says; within what was signed there are none to leave.
    if exclusive is None or (comments and any(True for _ in tree.iter(etree.Comment))):
        raise _NotSoError
    prefixes = [prefix for node in form for prefix in (node.get("PrefixList") or "").split()]
    return etree.tostring(
        tree,
        method="c14n",
        exclusive=exclusive,
        with_comments=False,
        inclusive_ns_prefixes=prefixes if exclusive and prefixes else None,
    )


def _verifies(signed: _Signed, key: object) -> bool:
    kind, digest = _METHODS[signed.method]
    if not isinstance(key, kind):
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signed.value, signed.content, padding.PKCS1v15(), digest())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            # XML has the two numbers one after the other, where cryptography wants them in DER.
            half = len(signed.value) // 2
            one, other = (int.from_bytes(part) for part in (signed.value[:half], signed.value[half:]))
            key.verify(utils.encode_dss_signature(one, other), signed.content, ec.ECDSA(digest()))
    except InvalidSignature:
        return False
    return True


def _key(certificate: x509.Certificate) -> object:
    try:
        return certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return None


def _embedded(signature: _Element) -> Iterator[x509.Certificate]:
    for node in signature.iter(f"{{{_DS}}}X509Certificate"):
        try:
            yield x509.load_der_x509_certificate(_decoded(node))
        except (ValueError, UnsupportedAlgorithm, _NotSoError):
            continue


def _bare_key(signature: _Element) -> rsa.RSAPublicKey | None:
    for node in signature.iter(f"{{{_DS}}}RSAKeyValue"):
        modulus, exponent = (int.from_bytes(_decoded(_only(node, name))) for name in ("Modulus", "Exponent"))
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    return None


def _written(root: _Element) -> datetime | None:
    """When the document says that it was written."""
    node = next(root.iterchildren("{*}generatedDate"), None)
    try:
        at = datetime.fromisoformat((node.text or "").strip()) if node is not None else None
    except ValueError:
        return None
    return at.replace(tzinfo=at.tzinfo or UTC) if at else None


def _only(holder: _Element, name: str) -> _Element:
    found = list(holder.iterchildren(f"{{{_DS}}}{name}"))
    if len(found) != 1:
        raise _NotSoError
    return found[0]


def _algorithm(node: _Element) -> str:
    return node.get("Algorithm") or ""


def _decoded(node: _Element) -> bytes:
    try:
        return base64.b64decode("".join((node.text or "").split()), validate=True)
    except binascii.Error:
        raise _NotSoError from None
