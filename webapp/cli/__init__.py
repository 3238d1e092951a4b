"""The same calls from a terminal: `eksternstudium` and its commands."""

import logging
import sys

import click

from webapp.cli.demo import demo
from webapp.cli.elmo import elmo
from webapp.cli.feed import feed
from webapp.cli.fetch import fetch
from webapp.cli.intake import admissions, applicants
from webapp.cli.provide import provide
from webapp.cli.run import run
from webapp.cli.serve import serve
from webapp.cli.sources import sources
from webapp.errors import Refusal


class Sentences(click.Group):
    """A group whose commands end with status 2 and one sentence when a wish is refused."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a Refusal becomes its sentence on standard error."""
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            click.echo(str(refusal), err=True)
            sys.exit(2)


@click.group(cls=Sentences, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="eksternstudium", message="%(package)s %(version)s")
def main() -> None:
    """Henter det en person har bestått ved andre norske institusjoner."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.ERROR)


main.add_command(admissions)
main.add_command(applicants)
main.add_command(demo)
main.add_command(elmo)
main.add_command(feed)
main.add_command(fetch)
main.add_command(provide)
main.add_command(run)
main.add_command(serve)
main.add_command(sources)
