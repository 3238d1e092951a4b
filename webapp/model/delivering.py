"""Documents that are brought to us instead of asked for: files, and what students deliver from a portal."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from webapp.model.transcript import Transcript


class SignatureState(StrEnum):
    """What a document's signature is worth. Only INVALID keeps the document out."""

    VALID = "valid"
    INVALID = "invalid"
    UNSIGNED = "unsigned"
    UNKNOWN_KEY = "unknown-key"
    WEAK_ALGORITHM = "weak-algorithm"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Signature:
    """A document's signature, checked. `signer`: the certificate's subject; `algorithm`: as the document names it;
    `certificate_until`: the certificate's end. None where there is none."""

    state: SignatureState
    signer: str | None = None
    algorithm: str | None = None
    certificate_until: datetime | None = None


@dataclass(frozen=True)
class Delivery:
    """A document that was brought, opened and read. `payload`: the XML as it was signed, out of base64 and gzip.

    `is_selection`: it holds what the student chose (EMREX), so that what it leaves out says nothing.
    """

    payload: bytes
    transcript: Transcript
    signature: Signature
    is_selection: bool = False
