"""Documents that are brought to us, opened: ELMO as a file, the `elmo` field of EMREX, or XML in base64."""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509

from webapp.errors import N_, UnreadableElmo
from webapp.model import Delivery
from webapp.sources.elmo import read, unwrapped
from webapp.sources.signatures import check

#: What people bring instead, by how it begins.
_OTHERS: dict[bytes, str] = {
    b"%PDF": N_("Filen er en PDF. Last opp ELMO-filen (XML) fra samme sted."),
    b"PK\x03\x04": N_("Filen er et arkiv (ZIP) eller et Office-dokument. Pakk den ut, og last opp ELMO-filen (XML)."),
    b"{": N_("Filen er JSON, ikke et ELMO-dokument."),
    b"[": N_("Filen er JSON, ikke et ELMO-dokument."),
}
_EMPTY = N_("Filen er tom.")
_EWP_LIST = N_("Filen er en liste over utvekslingsopphold fra EWP, ikke resultater.")


def open_delivery(
    body: bytes, trusted: Sequence[x509.Certificate], now: datetime, is_selection: bool = False
) -> Delivery:
    """A document as it was brought, out of base64 and gzip, read and its signature checked.

    `trusted`: the certificates whose signatures count. Raises UnreadableElmo, with a sentence for whoever brought it.
    """
    start = body[:1000].lstrip()
    if not start:
        raise UnreadableElmo(_EMPTY)
    for beginning, sentence in _OTHERS.items():
        if start.startswith(beginning):
            raise UnreadableElmo(sentence)
    payload = unwrapped(body)
    if b"imobility-tors-index-response" in payload[:1000]:
        raise UnreadableElmo(_EWP_LIST)
    transcript = read(payload)
    return Delivery(payload, transcript, check(payload, trusted, now), is_selection)


def certificates_in(pem: bytes) -> Sequence[x509.Certificate]:
    """The certificates of a PEM file. Raises ValueError when there are none, or one is broken."""
    return x509.load_pem_x509_certificates(pem)
