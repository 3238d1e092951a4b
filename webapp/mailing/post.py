"""Hands mails to the server of the settings: encrypted, its certificate verified, each step within a limit."""

import logging
import re
import smtplib
import ssl
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage

from webapp.config import Mail
from webapp.mailing.digest import Digest
from webapp.mailing.forms import html_of, plain_text_of

log = logging.getLogger(__name__)

#: How long each step of the exchange may take, in seconds.
STEP_SECONDS = 10.0


def deliver(mail: Mail, digest: Digest, name: str, now: datetime) -> int:
    """Send a mail to each subscriber, who does not see the others; returns how many got it.

    `name` stands for what the mail is about: sent again, it bears the same Message-ID and can be known. Whatever
    hinders is logged, without password or address, and never raised.
    """
    sent, cause = 0, ""
    try:
        with _connected(mail) as server:
            for place, subscriber in enumerate(mail.subscribers):
                try:
                    server.send_message(_message(mail, digest, subscriber, f"{name}-{place}", now))
                    sent += 1
                except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as refusal:
                    cause = type(refusal).__name__
    # UnicodeError: a server's name that can be none, as "smtp..example.no".
    except (OSError, UnicodeError) as failure:
        cause = _cause(failure)
    if sent < len(mail.subscribers):
        log.warning(
            "%s: %d of %d subscribers got no mail: %s", name, len(mail.subscribers) - sent, len(mail.subscribers), cause
        )
    return sent


def _connected(mail: Mail) -> smtplib.SMTP:
    # Debian's authorities, or those that SSL_CERT_FILE names.
    context = ssl.create_default_context()
    if mail.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(mail.server, mail.port, timeout=STEP_SECONDS, context=context)
    else:
        server = smtplib.SMTP(mail.server, mail.port, timeout=STEP_SECONDS)
    try:
        if mail.security == "starttls":
            # Raises where the server does not offer it: what is to be encrypted is never sent in the open.
            server.starttls(context=context)
        if mail.user and mail.password:
            server.login(mail.user, mail.password.get_secret_value())
    except BaseException:
        server.close()
        raise
    return server


def _message(mail: Mail, digest: Digest, subscriber: str, name: str, now: datetime) -> EmailMessage:
    message = EmailMessage()
    message["From"] = Address("Eksternstudium", addr_spec=mail.sender)
    message["To"] = subscriber
    message["Subject"] = digest.subject
    message["Date"] = now
    # Which instance it is stands in it too: a test instance may have the same sender.
    instance = re.sub(r"\W+", "-", mail.address)
    message["Message-ID"] = f"<{name}.{instance}@{mail.sender.rpartition('@')[2]}>"
    # RFC 3834, 5: programs that answer mails, as "out of office", leave this one alone.
    message["Auto-Submitted"] = "auto-generated"
    # Not every server takes eight bits.
    message.set_content(plain_text_of(digest), cte="quoted-printable")
    message.add_alternative(html_of(digest), subtype="html", cte="quoted-printable")
    message["Content-Language"] = digest.language
    return message


def _cause(failure: OSError | UnicodeError) -> str:
    # A server's own words may hold an address.
    if isinstance(failure, smtplib.SMTPResponseException):
        return f"{type(failure).__name__} {failure.smtp_code}"
    return f"{type(failure).__name__}: {failure}"
