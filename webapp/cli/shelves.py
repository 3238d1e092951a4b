"""What the commands about a provider's file have in common."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from webapp.errors import Refusal
from webapp.provider.shelf import Shelf

#: The file that every one of them is about.
shelf_file = click.argument("file", type=click.Path(path_type=Path))


@contextmanager
def opened(file: Path) -> Iterator[Shelf]:
    """The shelf in a file. Raises Refusal when it is none: an ELMO file has room for nobody who asks."""
    if not Shelf.recognises(file):
        raise Refusal(f"{file} er ikke resultatdelerens egen fil. Oppgi den SQLite-filen som deles.")
    shelf = Shelf(file)
    try:
        yield shelf
    finally:
        shelf.close()


def identity_number() -> str:
    """The identity number on standard input: on the command line anybody on the machine could read it. Raises Refusal
    for anything else."""
    if sys.stdin.isatty():
        click.echo("Fødselsnummer: ", nl=False, err=True)
    number = sys.stdin.readline().strip().replace(" ", "")
    if not (len(number) == 11 and number.isascii() and number.isdecimal()):
        raise Refusal("Skriv ett fødselsnummer med 11 sifre på standard inn.")
    return number


class FileFirst(click.Group):
    """A group of which one command goes without its name: what is not a command is the file that it is about."""

    def __init__(self, *args: object, default: str, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]  # click's own
        self._default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the name of the command before a file."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [self._default, *args]
        return super().parse_args(ctx, args)
