"""The second factor: one-time codes by the clock (TOTP, RFC 6238), whose secrets are sealed where they are kept."""

import base64
from datetime import datetime
from io import BytesIO

import pyotp
import segno
from pyotp.utils import strings_equal

STEP_SECONDS = 30
#: How many steps a clock may be off, either way.
STEPS_OFF = 1
#: The step before all steps: no code was used yet.
NO_STEP = -1


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
