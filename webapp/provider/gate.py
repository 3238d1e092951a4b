"""Who asks: by a certificate, a token of ours or one that Maskinporten issued; and how much they may ask at once."""

import hashlib
import logging
import math
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from cryptography import x509
from cryptography.x509.oid import NameOID
from flask import Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from webapp.provider.askers import TOKEN_MARK, Asker, KnownBy, known
from webapp.provider.issuer import BadToken, KeysNotHad, LacksScope, TokenChecker, keys_of
from webapp.provider.problems import not_known, out_of_scope, too_many, unavailable
from webapp.provider.settings import ProviderSettings
from webapp.provider.shelf import Shelf

#: Last days are days here.
ZONE = ZoneInfo("Europe/Oslo")
#: Where a certificate names its organisation: `NTRNO-` and nine digits (ETSI EN 319 412-1), or the nine digits alone in
#: older Norwegian ones.
_MARK = "NTRNO-"
_log = logging.getLogger(__name__)


class Gate:
    """Lets those in who may ask. Several threads may share it. `shelf`: where askers are looked up."""

    def __init__(self, shelf: Callable[[], Shelf], settings: ProviderSettings) -> None:
        self._shelf = shelf
        self._settings = settings
        issuer = settings.maskinporten if "maskinporten" in settings.asks_for else None
        self._checker = TokenChecker(issuer, keys_of(issuer)) if issuer else None
        self._rate = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._people = RateLimitItemPerMinute(settings.people_per_minute)
        self._asking: Counter[int] = Counter()
        self._lock = threading.Lock()

    def asker(self, request: Request) -> Asker | None:
        """Who asks, None where anybody may. Raises Problem: 401 for whoever is not known, 403 for a token that is for
        something else, 503 when the issuer's keys cannot be had."""
        if self._settings.is_open:
            return None
        asker = self._by_certificate(request) or self._by_token(request)
        if asker is None:
            raise not_known(self._settings, presented="Authorization" in request.headers)
        return asker

    def enter(self, asker: Asker | None) -> None:
        """Takes a seat for one question; `leave` frees it. Raises Problem (429) when the asker has all of its own."""
        if asker is None:
            return
        with self._lock:
            if self._asking[asker.id] >= self._settings.at_once:
                raise too_many(1, f"at most {self._settings.at_once} questions at once")
            self._asking[asker.id] += 1

    def leave(self, asker: Asker | None) -> None:
        """Frees a seat that was taken."""
        if asker is not None:
            with self._lock:
                self._asking[asker.id] -= 1

    def count(self, asker: Asker | None, people: int) -> None:
        """Counts the people of a question. Raises Problem (429) when they are too many for now."""
        if asker is None:
            return
        limit = self._settings.people_per_minute
        # A question about more people than a minute takes would else never be answered.
        cost = min(people, limit)
        if not self._rate.hit(self._people, str(asker.id), cost=cost):
            raise too_many(math.ceil(60 * cost / limit), f"at most {limit} people a minute")

    def _by_certificate(self, request: Request) -> Asker | None:
        pem = request.environ.get("SSL_CLIENT_CERT")
        if "certificate" not in self._settings.asks_for or request.environ.get("SSL_CLIENT_VERIFY") != "SUCCESS":
            return None
        der = ssl.PEM_cert_to_DER_cert(str(pem))
        found = self._known(KnownBy.CERTIFICATE, hashlib.sha256(der).hexdigest())
        organisation = organisation_of(x509.load_der_x509_certificate(der))
        if found is None and organisation is not None:
            found = self._known(KnownBy.ORGANISATION, organisation)
        return found

    def _by_token(self, request: Request) -> Asker | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        if token.startswith(TOKEN_MARK):
            return self._known(KnownBy.TOKEN, token) if "token" in self._settings.asks_for else None
        if self._checker is None:
            return None
        try:
            return self._known(KnownBy.ORGANISATION, self._checker.consumer(token))
        except LacksScope:
            raise out_of_scope() from None
        except BadToken as error:
            _log.info("a token was refused: %s", error)
            return None
        except KeysNotHad as error:
            _log.error("tokens cannot be checked: %s", error)
            raise unavailable("Tokens cannot be checked just now") from None

    def _known(self, known_by: KnownBy, shown: str) -> Asker | None:
        return known(self._shelf().db, known_by, shown, today())


def today() -> date:
    """The day it is here."""
    return datetime.now(ZONE).date()


def organisation_of(certificate: x509.Certificate) -> str | None:
    """The organisation number in a certificate's subject, nine digits, or None."""
    for name in (NameOID.ORGANIZATION_IDENTIFIER, NameOID.SERIAL_NUMBER):
        for attribute in certificate.subject.get_attributes_for_oid(name):
            number = str(attribute.value).removeprefix(_MARK)
            if len(number) == 9 and number.isdecimal() and number.isascii():
                return number
    return None
