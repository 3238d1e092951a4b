"""The certificates and public keys of a registry, in whatever way it writes them."""

import base64
import binascii
import re

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

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
