"""The backups of the night: `[backup]` of settings.toml."""

from datetime import time
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pyrage import RecipientError, x25519


def is_recipient(text: str) -> bool:
    """Whether a text is a public key of age."""
    try:
        x25519.Recipient.from_str(text)
    except RecipientError:
        return False
    return True


def _recipient(text: str) -> str:
    if not is_recipient(text):
        raise ValueError("not a public key of age")
    return text


Recipient = Annotated[str, AfterValidator(_recipient)]
_KEPT = "et heltall fra {} til 400 (sikkerhetskopier)"


class Backup(BaseModel):
    """Where the backups of the night lie, when they are taken, how many are kept and who can read them.

    They come after the purge of the night, so that none holds what has just gone. The defaults keep none for longer
    than some three months, as answers are kept (docs/privacy.md): the newest of the last 7 days, 5 weeks and 3 months
    that have any.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Annotated[Path, Field(description="stien til en mappe, helst på en annen disk enn instansmappen")]
    at: Annotated[time, Field(description='et klokkeslett, som "04:30"')] = time(4, 30)
    daily: Annotated[int, Field(ge=1, le=400, description=_KEPT.format(1))] = 7
    weekly: Annotated[int, Field(ge=0, le=400, description=_KEPT.format(0))] = 5
    monthly: Annotated[int, Field(ge=0, le=400, description=_KEPT.format(0))] = 3
    recipients: Annotated[
        tuple[Recipient, ...],
        Field(description='offentlige age-nøkler, som ["age1…"]; lages med eksternstudium backup --new-key FIL'),
    ] = ()
