"""What the pictures of runs and of sources are drawn from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """A bar, in a picture's own units; `look` names its colour and pattern, `title` what a pointer is told."""

    x: float
    y: float
    height: float
    look: str
    title: str


@dataclass(frozen=True)
class Lane:
    """A row of bars above its base line at `y`; `most` is what its highest bar stands for."""

    name: str
    most: str
    y: int
    bars: tuple[Bar, ...]
