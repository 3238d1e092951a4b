"""The same calls from a terminal: `eksternstudium` and its commands."""

import gettext
import logging
import os
import sqlite3
import sys
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import click

from webapp import logs
from webapp.errors import Refusal
from webapp.troubles import trouble_of

#: Each command where it is found, and its first sentence. Only the one that is called is loaded, and none to tell what
#: there are: the screens and the demo take their time.
COMMANDS = {
    "admissions": ("webapp.cli.intake:admissions", "Les inn opptak."),
    "applicants": ("webapp.cli.intake:applicants", "Les inn søkere og søknadene deres."),
    "audit": ("webapp.cli.audit:audit", "Kontroller og hent ut sporingen: hvem som har gjort hva med hvem."),
    "backup": ("webapp.cli.backup:backup", "Ta en sikkerhetskopi av databasen, innstillingene og kildene."),
    "check": ("webapp.cli.check:check", "Se over alt, og si hva som er galt og hvordan det rettes."),
    "demo": (
        "webapp.cli.demo:demo",
        "Vis hovedjobben: hent en syntetisk persons resultater fra 50 syntetiske institusjoner, hver på sin måte.",
    ),
    "elmo": ("webapp.cli.elmo:elmo", "Se på filer i ELMO-formatet."),
    "feed": (
        "webapp.cli.feed:feed",
        "Hent navn, tidligere numre, søknader og samtykker fra FS for personen med fødselsnummer NUMBER.",
    ),
    "fetch": (
        "webapp.cli.fetch:fetch",
        "Hent ekstern norsk utdanning for personen med fødselsnummer (eller D- eller S-nummer) NUMBER.",
    ),
    "init": ("webapp.cli.init:init", "Sett opp en ny instans."),
    "provide": ("webapp.cli.provide:provide", "Del resultater."),
    "purge": ("webapp.cli.purge:purge_now", "Slett det som er eldre enn grensene i [retention] i settings.toml."),
    "restore": ("webapp.cli.restore:restore", "Hent tilbake en sikkerhetskopi, og kontroller alt den har."),
    "run": ("webapp.cli.run:run", "Kjør FS154.001 nå: KIND er full (alle søkere) eller delta (nye søkere)."),
    "serve": ("webapp.cli.serve:serve", "Start skjermbildene."),
    "sources": ("webapp.cli.sources:sources", "Se, prøv og les inn kildene."),
    "token": ("webapp.cli.token:token", "Lag, se og trekk tilbake API-nøkler."),
    "user": ("webapp.cli.user:user", "Legg til og styr brukerne."),
}


class Commands(click.Group):
    """The commands; one that is refused ends with status 2 and one sentence."""

    def main(self, *arguments: Any, **more: Any) -> Any:
        """As click's, with its own words in bokmål too: it takes them from gettext's catalogue of the process, in the
        language that the environment names."""
        gettext.bindtextdomain("click", str(Path(__file__).with_name("translations")))
        gettext.textdomain("click")
        os.environ["LANGUAGE"] = "nb"
        return super().main(*arguments, **more)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, or None."""
        command: click.Command | None = resolve_name(COMMANDS[cmd_name][0]) if cmd_name in COMMANDS else None
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What there are, with the first sentence of each."""
        with formatter.section(gettext.gettext("Commands")):
            formatter.write_dl([(name, sentence) for name, (_, sentence) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a Refusal, or a trouble with disk or database, becomes its sentence on standard error."""
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            refused = refusal
        except (sqlite3.Error, OSError) as wrong:
            trouble = trouble_of(wrong)
            if trouble is None:
                raise
            refused = trouble
        click.echo(str(refused), err=True)
        sys.exit(2)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="eksternstudium", message="%(package)s %(version)s")
def main() -> None:
    """Henter det en person har bestått ved andre norske institusjoner."""
    logs.begin()
    # Whatever command comes first after an upgrade: who goes back needs to know where the copy is.
    logging.getLogger("webapp.store.upgrading").setLevel(logging.INFO)
