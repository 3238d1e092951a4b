"""What a source says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from webapp.model.asking import Purpose
from webapp.model.transcript import Text


@dataclass(frozen=True)
class Description:
    """What a source says of itself, as far as its protocol has words for it.

    `protocol` with its version; `institution`: the institution number that it answers for, None where it does not say;
    `batch`: how many people it can be asked about at once; `facts`: what else it said, in words for the operator, by
    a name in Norwegian.
    """

    protocol: str
    institution: int | None = None
    names: Text = field(default_factory=dict)
    shares: bool = True
    batch: int = 1
    purposes: frozenset[Purpose] = frozenset(Purpose)
    facts: Mapping[str, str] = field(default_factory=dict)
