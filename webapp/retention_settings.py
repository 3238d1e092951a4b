"""How long what is known of people is kept: `[retention]` of settings.toml."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Months = Annotated[int, Field(ge=1, le=600, description="et heltall fra 1 til 600 (måneder)")]
MonthsOrNever = Annotated[int, Field(ge=0, le=1200, description="et heltall fra 0 til 1200 (måneder), 0 for aldri")]


class Retention(BaseModel):
    """The limits of retention, in months unless the name says otherwise; docs/privacy.md says what each is for.

    The defaults are the strictest that leave time for what the data are there for: an applicant can complain until long
    after the cut-off of an admission, and an institution's own archive rules decide about cases.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    not_admitted_months: Months = 6
    admitted_months: MonthsOrNever = 0
    case_months: MonthsOrNever = 0
    without_months: Months = 12
    answer_months: Months = 3
    log_months: Months = 12
    message_months: Months = 6
    import_months: Months = 3
    health_days: Annotated[int, Field(ge=7, le=3650, description="et heltall fra 7 til 3650 (dager)")] = 90
