"""The same calls from a terminal: `eksternstudium` and its commands."""

import logging
import sys
from pkgutil import resolve_name

import click

from webapp.errors import Refusal

#: Each command where it is found. Only the one that is called is loaded: the screens and the demo take their time.
COMMANDS = {
    "admissions": "webapp.cli.intake:admissions",
    "applicants": "webapp.cli.intake:applicants",
    "audit": "webapp.cli.audit:audit",
    "demo": "webapp.cli.demo:demo",
    "elmo": "webapp.cli.elmo:elmo",
    "feed": "webapp.cli.feed:feed",
    "fetch": "webapp.cli.fetch:fetch",
    "provide": "webapp.cli.provide:provide",
    "purge": "webapp.cli.purge:purge_now",
    "run": "webapp.cli.run:run",
    "serve": "webapp.cli.serve:serve",
    "sources": "webapp.cli.sources:sources",
    "token": "webapp.cli.token:token",
    "user": "webapp.cli.user:user",
}


class Commands(click.Group):
    """The commands; one that is refused ends with status 2 and one sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, or None."""
        command: click.Command | None = resolve_name(COMMANDS[cmd_name]) if cmd_name in COMMANDS else None
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a Refusal becomes its sentence on standard error."""
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            click.echo(str(refusal), err=True)
            sys.exit(2)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="eksternstudium", message="%(package)s %(version)s")
def main() -> None:
    """Henter det en person har bestått ved andre norske institusjoner."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.ERROR)
