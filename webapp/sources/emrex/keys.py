"""The certificates and public keys of a registry, in whatever way it writes them."""

import base64
import binascii
import re
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

_PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----(.*?)-----END \1-----", re.DOTALL)


def read_key(text: str) -> str:
    """A certificate or a public key as PEM: out of PEM, however its lines are broken, or bare base64 (DER).

    Raises ValueError for anything else.
    """
    match = _PEM.search(text)
    armoured = match.group(2) if match else text
    try:
        # Registries keep the \n of a JSON text that was escaped twice.
        der = base64.b64decode("".join(armoured.replace("\\n", "").replace("\\r", "").split()), validate=True)
    except binascii.Error as error:
        raise ValueError("neither PEM nor base64") from error
    try:
        return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM).decode()
    except ValueError:
        key = serialization.load_der_public_key(der)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def certificate_of(pem: str) -> x509.Certificate:
    """A key as `read_key` gives it, as a certificate: a bare one, that has neither a name nor an end, gets both."""
    if "BEGIN CERTIFICATE" in pem:
        return x509.load_pem_x509_certificate(pem.encode())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "EMREG")])
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=serialization.load_pem_public_key(pem.encode()),  # type: ignore[arg-type]  # or it raises
        serial_number=1,
        not_valid_before=datetime(2000, 1, 1),
        not_valid_after=datetime(9999, 12, 31),
    )
    # Nobody asks who made it: only its key and its time count.
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
