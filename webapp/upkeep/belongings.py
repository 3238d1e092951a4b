"""What an instance cannot do without beside its database: its settings, its sources, and the files that they name."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from webapp.config import Settings

_FILES = ("settings.toml", "sources.toml")


@dataclass(frozen=True)
class Belongings:
    """Files by their names below the instance folder. `secret`: keys, passwords and tokens; `outside`: files that the
    settings name and that lie elsewhere."""

    open: tuple[str, ...]
    secret: tuple[str, ...]
    outside: tuple[str, ...]


def belongings(settings: Settings) -> Belongings:
    """The files of an instance that are there. Folders of files that an institution delivers are that institution's."""
    found: dict[str, list[str]] = {"open": [], "secret": [], "outside": []}
    instance = settings.instance.resolve()
    for name, path in _paths(settings):
        whole = (instance / path).resolve()
        if not whole.is_file():
            continue
        if not whole.is_relative_to(instance):
            found["outside"].append(str(path))
        else:
            found["secret" if _is_secret(name) else "open"].append(whole.relative_to(instance).as_posix())
    return Belongings(**{kind: tuple(sorted(set(names))) for kind, names in found.items()})


def _paths(settings: Settings) -> Iterator[tuple[str, Path]]:
    yield from (("settings", Path(name)) for name in _FILES)
    for model in (settings.settings, *settings.sources):
        yield from _paths_in(model)


def _paths_in(model: BaseModel) -> Iterator[tuple[str, Path]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, Path):
            yield name, value
        elif isinstance(value, BaseModel):
            yield from _paths_in(value)


def _is_secret(name: str) -> bool:
    """Certificates are shown to everybody; what a setting calls a key or a file is not."""
    return name == "key" or name.endswith("_file")
