"""How those who look after the machine are told how it goes: `[monitoring]` of settings.toml."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr


def _dsn(text: SecretStr | None) -> SecretStr | None:
    if text and not re.fullmatch(r"https?://\w+(:\w+)?@[^\s/@]+(/\S*)?/\d+", text.get_secret_value()):
        raise ValueError("not a DSN")
    return text


class Monitoring(BaseModel):
    """What the log on standard error looks like, and where faults of the program are sent, if anywhere.

    The log is the same wherever it goes, to a terminal or a file: "text" for people, "json" for a program that gathers
    logs. Without `sentry_dsn` nothing is sent to anybody. docs/monitoring.md.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    logs: Annotated[Literal["text", "json"], Field(description='"text" eller "json"')] = "text"
    sentry_dsn: Annotated[
        SecretStr | None,
        AfterValidator(_dsn),
        Field(description='adressen (DSN) som Sentry viser for prosjektet, som "https://nøkkel@sentry.example.no/1"'),
    ] = None
