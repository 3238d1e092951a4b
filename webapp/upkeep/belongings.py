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
    own = [("settings", Path(name)) for name in _FILES]
    for name, path in (*own, *named_files(settings)):
        whole = (instance / path).resolve()
        if not whole.is_file():
            continue
        if not whole.is_relative_to(instance):
            found["outside"].append(str(path))
        else:
            found["secret" if is_secret(name) else "open"].append(whole.relative_to(instance).as_posix())
    return Belongings(**{kind: tuple(sorted(set(names))) for kind, names in found.items()})


def named_files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """The files and folders that the settings name, as they are written, each with the name of its setting."""
    for model in (settings.settings, *settings.sources):
        for table in tables(model):
            for name in type(table).model_fields:
                if isinstance(value := getattr(table, name), Path):
                    yield name, value


def tables(model: BaseModel) -> Iterator[BaseModel]:
    """A table of the settings, and those in it."""
    yield model
    for name in type(model).model_fields:
        if isinstance(value := getattr(model, name), BaseModel):
            yield from tables(value)


def is_secret(name: str) -> bool:
    """Certificates are shown to everybody; what a setting calls a key or a file is not."""
    return name == "key" or name.endswith("_file")
