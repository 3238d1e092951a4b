"""The certificate that we show to a source, and when it ends."""

import ssl
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509

from webapp.errors import Refusal


@dataclass(frozen=True)
class OwnCertificate:
    """A certificate with its chain, and its key: PEM files, and the key's password where it has one."""

    certificate: Path
    key: Path
    passphrase: str | None = field(default=None, repr=False)

    def load_into(self, context: ssl.SSLContext) -> None:
        """Has connections show it. Raises Refusal when the files cannot be read, or do not fit together."""
        try:
            # An empty password in place of none: OpenSSL would ask for one at the terminal, and wait.
            context.load_cert_chain(self.certificate, self.key, self.passphrase or "")
        except (OSError, ValueError):
            raise Refusal(
                "Klientsertifikatet %(certificate)s kan ikke brukes med nøkkelen %(key)s. Begge må være PEM-filer "
                "som hører sammen, og passordet må stemme.",
                certificate=self.certificate,
                key=self.key,
            ) from None


def end_of_certificate(file: Path) -> datetime | None:
    """The end of the first certificate in a PEM file, in UTC; None when it cannot be read."""
    try:
        return x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None
