"""`eksternstudium check`: look an instance over, and say what is wrong and how to mend it."""

import sys
from collections.abc import Sequence

import click

from webapp.cli.sources_report import print_json
from webapp.config import instance_folder
from webapp.fetching.fanout import utc_now
from webapp.upkeep.checking import look_over
from webapp.upkeep.findings import NAMES, Finding, Level, worst
from webapp.web.language import gettext

#: As programs that watch over machines read it.
STATUSES = {Level.FINE: 0, Level.WARNING: 1, Level.ERROR: 2}
_MARKS = {Level.FINE: ("ok", "green"), Level.WARNING: ("se til", "yellow"), Level.ERROR: ("feil", "red")}
_WIDTH = max(len(mark) for mark, _ in _MARKS.values())


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Skriv JSON i stedet for linjer.")
def check(as_json: bool) -> None:
    """Se over alt, og si hva som er galt og hvordan det rettes.

    Ser på database, kilder, klokke, disk, sertifikater, hemmeligheter, tidsplan, biblioteker og grenser, uten å endre
    noe. Status 0 når alt er i orden, 1 når noe bør ses til, 2 når noe er feil.
    """
    findings = look_over(instance_folder(), utc_now)
    level = worst(findings)
    if as_json:
        print_json({"level": level.value, "findings": [_facts(each) for each in findings]})
    else:
        _show(findings)
    sys.exit(STATUSES[level])


def _facts(finding: Finding) -> dict[str, str]:
    what, mend = finding.said(gettext)
    return {"area": finding.area.value, "level": finding.level.value, "what": what, "mend": mend}


def _show(findings: Sequence[Finding]) -> None:
    area = None
    for each in findings:
        if each.area is not area:
            area = each.area
            click.secho(gettext(NAMES[area]), bold=True)
        mark, colour = _MARKS[each.level]
        what, mend = each.said(gettext)
        click.echo(f"  {click.style(f'{mark:<{_WIDTH}}', fg=colour)}  {what}")
        if mend:
            click.echo(f"  {'':<{_WIDTH}}  {mend}")
    errors, warnings = (sum(each.level is level for each in findings) for level in (Level.ERROR, Level.WARNING))
    click.echo(f"{errors} feil, {warnings} bør ses til.")
