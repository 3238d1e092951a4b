"""Certificates of askers, signed by an authority of the tests."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class MadeCertificate:
    """The files of a certificate and its key, and its fingerprint (SHA-256, hexadecimal)."""

    certificate: Path
    key: Path
    fingerprint: str

    @property
    def text(self) -> str:
        """The certificate as PEM."""
        return self.certificate.read_text()


CertificateMaker = Callable[..., MadeCertificate]


class Authority:
    """An authority that signs certificates; `file` is its own (PEM)."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = folder / f"{name}.pem"
        certificate = self._signed(self._name, self._key.public_key(), timedelta(days=1), is_authority=True)
        self.file.write_bytes(certificate.public_bytes(PEM))

    def make(
        self, name: str, organisation: str | None = None, passphrase: str | None = None, days: float = 1
    ) -> MadeCertificate:
        """A certificate for `localhost` or an asker; `organisation`: as it names its organisation; `days` that it
        holds."""
        key = ec.generate_private_key(ec.SECP256R1())
        attributes = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
        if organisation is not None:
            attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, organisation))
        certificate = self._signed(x509.Name(attributes), key.public_key(), timedelta(days=days))
        files = self._folder / f"{name}.pem", self._folder / f"{name}-key.pem"
        files[0].write_bytes(certificate.public_bytes(PEM))
        lock = (
            serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
        )
        files[1].write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, lock))
        return MadeCertificate(*files, sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest())

    def _signed(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey, lasts: timedelta, is_authority: bool = False
    ) -> x509.Certificate:
        begins = datetime.now(UTC) - timedelta(days=1)
        return (
            x509.CertificateBuilder(
                self._name, name, key, x509.random_serial_number(), begins, datetime.now(UTC) + lasts
            )
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
