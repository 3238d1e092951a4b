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


#: The states in which somebody whom we know vouches for the document.
VOUCHED_FOR = frozenset({SignatureState.VALID, SignatureState.WEAK_ALGORITHM, SignatureState.EXPIRED})


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


@dataclass(frozen=True)
class Delivered:
    """What is noted of an order that a document was brought for. `under`: the number of the institution under which
    issuers stand that have none."""

    is_selection: bool
    under: int | None
    signature: Signature


@dataclass(frozen=True)
class Upload:
    """A document that waits to be taken in on a person: `body` as it was uploaded, `name` the file's."""

    id: int
    person_id: int
    name: str
    body: bytes
    by: str
