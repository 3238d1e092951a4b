"""The settings of why people may be asked about: `[legal_basis]` of settings.toml."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from webapp.model import Basis, Purpose


class LegalPeriod(BaseModel):
    """A legal basis and the days on which it is in force: from the first to the last, each without a limit when it is
    left out. `text`: the section of the act, or what people consent to."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    basis: Annotated[Basis, Field(description='"consent" eller "statute"')]
    text: Annotated[str, Field(max_length=300, description="en tekst, høyst 300 tegn: paragrafen, eller samtykket")] = (
        ""
    )
    begins: Annotated[date | None, Field(alias="from", description="en dato, som 2026-08-01")] = None
    until: Annotated[date | None, Field(description="en dato etter «from», den siste som gjelder")] = None

    @field_validator("until")
    @classmethod
    def _after_it_begins(cls, until: date | None, others: ValidationInfo) -> date | None:
        begins = others.data.get("begins")
        if begins and until and until < begins:
            raise ValueError("ends before it begins")
        return until

    def covers(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return (self.begins or date.min) <= day <= (self.until or date.max)


def _periods(value: Any) -> Any:
    """A lone word is a basis that is always in force."""
    return ({"basis": Basis(value)},) if isinstance(value, str) else value


def _one_at_a_time(periods: tuple[LegalPeriod, ...]) -> tuple[LegalPeriod, ...]:
    ordered = tuple(sorted(periods, key=lambda each: each.begins or date.min))
    for before, after in pairwise(ordered):
        if (before.until or date.max) >= (after.begins or date.min):
            raise ValueError("two bases at a time")
    return ordered


_Periods = Annotated[tuple[LegalPeriod, ...], BeforeValidator(_periods), AfterValidator(_one_at_a_time)]
_ALWAYS_CONSENT = LegalPeriod(basis=Basis.CONSENT)


class LegalBasis(BaseModel):
    """The legal basis of each purpose; the basis page asks for consent where applicants are concerned."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    admission: Annotated[
        _Periods,
        Field(description='"consent", "statute" eller avsnitt [[legal_basis.admission]], ett for hver tid'),
    ] = (_ALWAYS_CONSENT,)
    recognition: Annotated[
        _Periods,
        Field(description='"consent", "statute" eller avsnitt [[legal_basis.recognition]], ett for hver tid'),
    ] = (LegalPeriod(basis=Basis.STATUTE),)

    def of(self, purpose: Purpose) -> Sequence[LegalPeriod]:
        """All bases of a purpose, the earliest first."""
        return self.admission if purpose is Purpose.ADMISSION else self.recognition

    def at(self, purpose: Purpose, day: date) -> LegalPeriod:
        """The basis on which people are asked about for `purpose` on a day. Where none is in force it is consent, which
        is nobody's but the person's to give."""
        return next((each for each in self.of(purpose) if each.covers(day)), _ALWAYS_CONSENT)
