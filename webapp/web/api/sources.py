"""Sources: the institutions that are asked."""

from apiflask import APIBlueprint

from webapp.web.api.shapes import Shape
from webapp.web.current import house

routes = APIBlueprint("api_sources", __name__, url_prefix="/api/sources", tag="Sources")


class SourceShape(Shape):
    """An institution that is asked. `shares`: whether it has anything to share; `enabled`: whether it is asked now;
    `seconds`: how long it is waited for."""

    institution: int
    name: str
    protocol: str
    shares: bool
    enabled: bool
    seconds: float


class Sources(Shape):
    """All sources."""

    items: list[SourceShape]


@routes.get("")
@routes.output(Sources)
def listing() -> Sources:
    """All sources that are set up in sources.toml."""
    return Sources(
        items=[
            SourceShape(
                institution=source.institution,
                name=source.title,
                protocol=source.protocol,
                shares=source.shares,
                enabled=source.enabled,
                seconds=source.timeout_seconds,
            )
            for source in house().settings.sources
        ]
    )
