"""The settings of how much one user may ask for: `[limits]` of settings.toml."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_TIMES = "et heltall fra 1 til 100000 (ganger i minuttet)"
_PerMinute = Annotated[int, Field(ge=1, le=100_000, description=_TIMES)]


class Limits(BaseModel):
    """How often a minute a user, or an address where nobody is signed in, may do what is heavy or takes much out. They
    are far above what people do, and below what empties a register unnoticed.

    `searches`: for a person; `exports`: of lists, and of answers as they came; `documents`: PDFs; `deliveries`: what a
    student's page and a portal send; `sign_ins`: out to the OpenID provider and back. Where nobody signs in there are
    no limits: it is the user of the machine.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    searches: _PerMinute = 120
    exports: _PerMinute = 60
    documents: _PerMinute = 60
    deliveries: _PerMinute = 60
    sign_ins: _PerMinute = 60
