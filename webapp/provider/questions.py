"""What may be asked of a provider: request bodies, checked strictly and explained without echoing them."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from webapp.model import Basis, Purpose

Identifier = Annotated[str, StringConstraints(pattern=r"^[0-9]{11}$")]
Identifiers = Annotated[list[Identifier], Field(min_length=1, max_length=20)]
#: How many slips a problem's detail names.
NAMED_SLIPS = 5


class Asked(BaseModel):
    """Whom a question is about, and why it is asked. What the protocol does not know is passed over."""

    model_config = ConfigDict(strict=True, frozen=True)

    purpose: Purpose
    basis: Basis
    request: UUID

    @property
    def whom(self) -> list[list[str]]:
        """The numbers of each person that is asked about."""
        raise NotImplementedError


class AskedForOne(Asked):
    """The body of `results`."""

    identifiers: Identifiers

    @property
    def whom(self) -> list[list[str]]:
        """The numbers of the one person."""
        return [self.identifiers]


class PersonAsked(BaseModel):
    """One of the people of a batch."""

    model_config = ConfigDict(strict=True, frozen=True)

    ref: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    identifiers: Identifiers
    etag: str | None = None


class AskedForMany(Asked):
    """The body of `results/batch`."""

    people: Annotated[list[PersonAsked], Field(min_length=1)]

    @property
    def whom(self) -> list[list[str]]:
        """The numbers of each of the people."""
        return [person.identifiers for person in self.people]


def slips(error: ValidationError) -> str:
    """What is wrong with a body: fields and rules only, since the values may be identity numbers."""
    named = [
        f"{'.'.join(map(str, slip['loc'])) or 'body'}: {slip['msg']}"
        for slip in error.errors(include_url=False, include_context=False, include_input=False)[:NAMED_SLIPS]
    ]
    return "; ".join(named)
