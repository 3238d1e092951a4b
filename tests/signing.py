"""A signer of ELMO documents with a key and a certificate of its own, written without the product's own code."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from lxml import etree

DS = "http://www.w3.org/2000/09/xmldsig#"
MORE = "http://www.w3.org/2001/04/xmldsig-more#"
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = f"{DS}enveloped-signature"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_DIGESTS = {f"{DS}sha1": hashes.SHA1, SHA256: hashes.SHA256}
_METHODS = {"rsa-sha1": (DS, hashes.SHA1), "rsa-sha256": (MORE, hashes.SHA256), "ecdsa-sha256": (MORE, hashes.SHA256)}


@cache
def key_of(kind: str = "rsa", name: str = "portal") -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    """A key by what it is and whose; the same one each time."""
    return ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048)


@dataclass(frozen=True)
class Signer:
    """Somebody who signs: by `method`, with a certificate that holds from `begins` to `ends`."""

    name: str = "portal"
    method: str = "rsa-sha256"
    digest: str = SHA256
    begins: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    ends: datetime = datetime(2027, 12, 31, tzinfo=UTC)

    @property
    def key(self) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
        return key_of("ec" if self.method.startswith("ec") else "rsa", self.name)

    @property
    def certificate(self) -> x509.Certificate:
        """A certificate that it has made for itself."""
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, self.name)])
        builder = x509.CertificateBuilder(name, name, self.key.public_key(), 7, self.begins, self.ends)
        return builder.sign(self.key, hashes.SHA256())

    @property
    def pem(self) -> bytes:
        """The same as a PEM file."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def sign(
        self,
        xml: bytes,
        form: str = INCLUSIVE,
        transforms: tuple[str, ...] | None = None,
        references: int = 1,
        uri: str = "",
        key_info: bool = True,
    ) -> bytes:
        """The document with an enveloped signature of all of it at its end."""
        root = etree.fromstring(xml)
        root.tail = None
        hasher = hashes.Hash(_DIGESTS[self.digest]())
        hasher.update(etree.tostring(root.getroottree(), method="c14n", exclusive=form == EXCLUSIVE))
        digest = base64.b64encode(hasher.finalize()).decode()
        steps = "".join(f'<Transform Algorithm="{each}"/>' for each in transforms or (ENVELOPED, form))
        reference = (
            f'<Reference URI="{uri}"><Transforms>{steps}</Transforms><DigestMethod Algorithm="{self.digest}"/>'
            f"<DigestValue>{digest}</DigestValue></Reference>"
        )
        space, hashed = _METHODS[self.method]
        info = (
            f'<SignedInfo><CanonicalizationMethod Algorithm="{form}"/>'
            f'<SignatureMethod Algorithm="{space}{self.method}"/>{reference * references}</SignedInfo>'
        )
        der = base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()
        known = f"<KeyInfo><X509Data><X509Certificate>{der}</X509Certificate></X509Data></KeyInfo>" if key_info else ""
        whole = f'<Signature xmlns="{DS}">{info}<SignatureValue>@</SignatureValue>{known}</Signature>'
        root.append(etree.fromstring(whole))
        # What is signed has the namespaces around it: seen as another parser sees it, not from within this tree.
        seen = etree.fromstring(etree.tostring(root))
        signed = _in_place(seen, f"{{{DS}}}SignedInfo", exclusive=form == EXCLUSIVE)
        root.find(f".//{{{DS}}}SignatureValue").text = base64.b64encode(self._value(signed, hashed())).decode()  # type: ignore[union-attr]
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")

    def _value(self, content: bytes, hashed: hashes.HashAlgorithm) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(content, padding.PKCS1v15(), hashed)
        one, other = utils.decode_dss_signature(self.key.sign(content, ec.ECDSA(hashed)))
        return one.to_bytes(32) + other.to_bytes(32)


def _in_place(root: etree._Element, tag: str, exclusive: bool) -> bytes:
    """The canonical form of a part of a document, cut out of that of the whole with a declaration of each namespace."""
    part = next(root.iter(tag))
    spaces = {None: DS} if exclusive else part.nsmap
    declared = "".join(f' xmlns:{prefix}="{uri}"' if prefix else f' xmlns="{uri}"' for prefix, uri in spaces.items())
    alone = etree.fromstring(f"<{etree.QName(part).localname}{declared}/>")
    alone.extend(etree.fromstring(etree.tostring(part)))
    return etree.tostring(alone, method="c14n", exclusive=exclusive)


TRUSTED = Signer()
LONG_AGO = Signer(begins=datetime(2020, 1, 1, tzinfo=UTC), ends=datetime(2021, 1, 1, tzinfo=UTC))
STRANGER = Signer(name="stranger")
