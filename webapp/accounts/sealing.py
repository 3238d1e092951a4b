"""Seals what must not be read in the database, with the secret of `[sign_in]`."""

import base64
from enum import StrEnum

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from webapp.config import Settings
from webapp.errors import Refusal


class Purpose(StrEnum):
    """What is sealed. Each has a key of its own, so that nothing opens in the place of another."""

    ONE_TIME_SECRETS = "one-time secrets"
    ID_TOKENS = "ID tokens"


class Sealer:
    """Seals and opens for one purpose, with a key that is derived from the secret of `[sign_in]`."""

    def __init__(self, secret: str, purpose: Purpose) -> None:
        key = HKDF(SHA256(), 32, None, f"eksternstudium {purpose}".encode()).derive(secret.encode())
        self._key = Fernet(base64.urlsafe_b64encode(key))

    def seal(self, text: str) -> str:
        """A text, sealed."""
        return self._key.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text again. Raises Refusal where it was sealed with another secret."""
        try:
            return self._key.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise Refusal(
                "Hemmeligheten i [sign_in] er en annen enn da kontoen ble satt opp. Be om en ny lenke til oppsett."
            ) from None


def sealer_of(settings: Settings, purpose: Purpose = Purpose.ONE_TIME_SECRETS) -> Sealer:
    """The sealer of an instance. Raises Refusal where it has no secret that could seal, and where there are no local
    accounts to seal for."""
    sign_in = settings.settings.sign_in
    if sign_in is None or (purpose is Purpose.ONE_TIME_SECRETS and not sign_in.local):
        raise Refusal("Lokale brukere er ikke slått på. Sett local = true i [sign_in] i settings.toml.")
    return Sealer(sign_in.strong_secret(settings.instance), purpose)
