"""The second factor: one-time codes by the clock (TOTP, RFC 6238), whose secrets are sealed where they are kept."""

import base64
from datetime import datetime
from io import BytesIO

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pyotp.utils import strings_equal

from webapp.config import Settings
from webapp.errors import Refusal

STEP_SECONDS = 30
#: How many steps a clock may be off, either way.
STEPS_OFF = 1
#: The step before all steps: no code was used yet.
NO_STEP = -1


class Sealer:
    """Seals and opens what must not be read in the database, with a key that is derived from the secret of
    `[sign_in]`."""

    def __init__(self, secret: str) -> None:
        key = HKDF(SHA256(), 32, None, b"eksternstudium one-time secrets").derive(secret.encode())
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


def sealer_of(settings: Settings) -> Sealer:
    """The sealer of an instance. Raises Refusal where it has no secret that could seal."""
    sign_in = settings.settings.sign_in
    if sign_in is None or not sign_in.local:
        raise Refusal("Lokale brukere er ikke slått på. Sett local = true i [sign_in] i settings.toml.")
    return Sealer(sign_in.strong_secret(settings.instance))


def new_secret() -> str:
    """The secret of somebody's one-time codes, in base 32."""
    return pyotp.random_base32()


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step that a code belongs to, None for a wrong one. That it is used once is the caller's to see to."""
    code = "".join(code.split())
    current, codes, found = int(now.timestamp()) // STEP_SECONDS, pyotp.TOTP(secret), None
    for step in range(current - STEPS_OFF, current + STEPS_OFF + 1):
        if strings_equal(codes.generate_otp(step), code):
            found = step
    return found


def picture_of(secret: str, name: str) -> str:
    """The secret as a QR code for an authenticator, as a data: address of an SVG."""
    address = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="Eksternstudium")
    picture = BytesIO()
    segno.make(address, micro=False).save(picture, kind="svg", border=4, dark="#000", light="#fff", omitsize=True)
    return "data:image/svg+xml;base64," + base64.b64encode(picture.getvalue()).decode()
