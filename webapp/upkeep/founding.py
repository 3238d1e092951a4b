"""A new instance: whole in its place at the end, or not there at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from webapp.disk import for_us_alone
from webapp.errors import Refusal

#: Whoever has one of these has an instance.
_STANDING = ("settings.toml", "sources.toml", "eksternstudium.sqlite")


def demand_new(instance: Path) -> None:
    """Raises Refusal where an instance is already, or where one cannot be made in the name of who asks for it."""
    if any((instance / name).exists() for name in _STANDING):
        raise Refusal(
            "Instansen i %(folder)s fins fra før, og blir som den er. Start den med serve, og endre den i "
            "settings.toml og på siden Kilder. Skal det lages en ny, så flytt mappen bort først.",
            folder=instance,
        )
    if instance.exists() and os.geteuid() == 0 and instance.stat().st_uid != 0:
        # What root writes into the folder of a service's account, that account could not read.
        raise Refusal("Mappen %(folder)s tilhører en annen bruker. Kjør init som den brukeren.", folder=instance)
    there = next(each for each in (instance, *instance.parents) if each.exists())
    if not os.access(there, os.W_OK):
        raise Refusal(
            "Mappen %(folder)s kan ikke skrives i. Gi skriverett, eller nevn en annen med EKSTERNSTUDIUM_INSTANCE.",
            folder=there,
        )


@contextmanager
def founded(instance: Path) -> Iterator[Path]:
    """A folder for what a new instance begins with, which becomes the instance, or goes into its folder where that is
    there already, when the context ends well. When it ends badly nothing is left of it.

    Raises Refusal as demand_new, and where something cannot be written.
    """
    demand_new(instance)
    is_there = instance.is_dir()
    beside = instance if is_there else instance.parent
    try:
        beside.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=beside, prefix=".init-") as temporary:
            new = Path(temporary) / "instance"
            new.mkdir(mode=0o700)
            yield new
            demand_new(instance)
            if is_there:
                _move_into(instance, new)
            else:
                new.rename(instance)
    except OSError as wrong:
        raise Refusal(
            "Kan ikke skrive i %(folder)s: %(why)s. Ingenting er satt opp.", folder=beside, why=wrong.strerror
        ) from wrong


def _move_into(instance: Path, new: Path) -> None:
    """The folder of a container's volume or of a service cannot be replaced, and may hold a certificate already."""
    moved: list[Path] = []
    try:
        # By settings.toml it is known that all the rest is there.
        for file in sorted(new.iterdir(), key=lambda each: each.name == "settings.toml"):
            if (instance / file.name).exists():
                raise Refusal("%(file)s fins fra før. Flytt den bort først.", file=instance / file.name)
            moved.append(file.rename(instance / file.name))
    except BaseException:
        for file in moved:
            file.rename(new / file.name)
        raise


def write_secret(file: Path, secret: str) -> None:
    """A new file that nobody but its owner reads."""
    with open(file, "x", encoding="utf-8", opener=for_us_alone) as written:
        written.write(f"{secret}\n")
