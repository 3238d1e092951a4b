"""`eksternstudium applicants import` and `eksternstudium admissions import`: files taken in from a terminal."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from webapp.cli.tracing import leave_trace
from webapp.errors import Refusal
from webapp.house import open_house
from webapp.intake.files import import_file
from webapp.model import Act, IntakeKind, Report
from webapp.web.intake_words import complaint_words, outcome_of, tallies_of

EXIT_REFUSED = 2


@click.group()
def applicants() -> None:
    """Les inn søkere og søknadene deres."""


@click.group()
def admissions() -> None:
    """Les inn opptak."""


@applicants.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Prøv uten å skrive: kontroller filen, og se hva den ville endret.")
@click.pass_context
def import_applicants(context: click.Context, file: Path, dry_run: bool) -> None:
    """Les inn søknadene i FILE (CSV eller JSON): alt, eller ingenting om noe er galt."""
    context.exit(_import(IntakeKind.APPLICATIONS, file, dry_run))


@admissions.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Prøv uten å skrive: kontroller filen, og se hva den ville endret.")
@click.pass_context
def import_admissions(context: click.Context, file: Path, dry_run: bool) -> None:
    """Les inn opptakene i FILE (CSV eller JSON): alt, eller ingenting om noe er galt."""
    context.exit(_import(IntakeKind.ADMISSIONS, file, dry_run))


def _import(kind: IntakeKind, file: Path, dry_run: bool) -> int:
    """Take in a file with a bar that follows it; returns the exit status."""
    house = open_house()
    console = Console(stderr=True)
    columns = TextColumn("Leser"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    bar = Progress(*columns, console=console, transient=True)
    try:
        with bar:
            task = bar.add_task("", total=1.0)
            report = import_file(
                house.store,
                house.settings,
                kind,
                file,
                house.clock(),
                dry_run=dry_run,
                on_progress=lambda done: bar.update(task, completed=done),
            )
            bar.update(task, completed=1.0)
        if not (dry_run or report.complaint_count):
            command = "applicants import" if kind is IntakeKind.APPLICATIONS else "admissions import"
            leave_trace(house, Act.CHANGED, command, rows=str(report.rows))
    except OSError as unreadable:
        raise Refusal("Filen fins ikke, eller den lar seg ikke lese.") from unreadable
    finally:
        house.close()
    _tell(kind, report)
    return EXIT_REFUSED if report.complaint_count else 0


def _tell(kind: IntakeKind, report: Report) -> None:
    refused = bool(report.complaint_count)
    for complaint in report.complaints:
        line, column, sentence = complaint_words(kind, complaint)
        click.echo(": ".join(part for part in (line and f"Linje {line}", column, sentence) if part), err=refused)
    if not refused:
        for name, new, changed, unchanged in tallies_of(kind, report):
            click.echo(f"{name}: {new} nye, {changed} endret, {unchanged} uendret")
    click.echo(outcome_of(report), err=refused)
