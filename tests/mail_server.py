"""A real SMTP server on the loopback, with an account and a certificate of its own."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from webapp.cli.demo import free_port
from webapp.config import Settings, SettingsFile
from world import NOW

USER, PASSWORD = "fs", "hemmelig-passord"
REFUSED = "sluttet@example.no"


class Postbox:
    """What the server was given: for whom, and the message."""

    def __init__(self) -> None:
        self.received: list[tuple[list[str], EmailMessage]] = []
        self.encrypted: list[bool] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address == REFUSED:
            return f"550 <{address}> has left"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        message = message_from_bytes(envelope.content or b"", policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append((envelope.rcpt_tos, message))
        self.encrypted.append(session.ssl is not None)
        return "250 OK"

    def only(self) -> EmailMessage:
        """The one message."""
        ((_, message),) = self.received
        return message


@dataclass(frozen=True)
class Certificate:
    """A certificate for the loopback that signs itself, and its key."""

    certificate: Path
    key: Path

    @property
    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_certificate(folder: Path) -> Certificate:
    """A certificate and its key, written to a folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).add_extension(names, critical=False)
    # OpenSSL goes by the clock of the machine.
    builder = builder.not_valid_before(NOW - timedelta(days=365)).not_valid_after(NOW + timedelta(days=3650))
    authority = x509.BasicConstraints(ca=True, path_length=None)
    signed = builder.add_extension(authority, critical=True).sign(key, hashes.SHA256())
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    made.certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


def _may_enter(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
    known = isinstance(given, LoginPassword) and given == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=False)


@contextmanager
def mail_server(postbox: Postbox, **how: object) -> Iterator[int]:
    """A real SMTP server on the loopback, with an account; gives its port."""
    port = free_port(0)
    controller = Controller(postbox, hostname="127.0.0.1", port=port, authenticator=_may_enter, **how)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def with_mail(settings: Settings, port: int, **more: object) -> Settings:
    """The settings with a mail server on the loopback."""
    mail = {
        "server": "127.0.0.1",
        "port": port,
        "security": "none",
        "sender": "fs@example.no",
        "subscribers": ["opptak@example.no"],
        "address": "https://eksternstudium.example.no",
    }
    checked = SettingsFile.model_validate({"test_instance": True, "mail": mail | more})
    return settings.model_copy(update={"settings": checked})
