"""`eksternstudium restore`: a backup brought back, and what it proved to hold."""

import getpass
import threading
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import click

from webapp.cli.alone import alone
from webapp.config import Settings, instance_folder, read_settings
from webapp.errors import Refusal
from webapp.privacy.purging import purge
from webapp.store import Store
from webapp.upkeep.backup_troubles import told
from webapp.upkeep.restoring import Restored, Wish
from webapp.upkeep.restoring import restore as bring_back

#: Tables whose rows tell a person how much there is.
_TOLD = {
    "people": "personer",
    "applications": "søknader",
    "external_results": "resultater",
    "trace": "innføringer i sporingen",
}
_SINCE = (
    "Det som er gjort etter dette, er ikke med. Les inn søkere på nytt, og gå gjennom dette: skjermede personer, "
    "brukere som skulle vært stengt ute, og API-nøkler som skulle vært trukket tilbake."
)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--instance", type=click.Path(path_type=Path), help="Instansmappen. Ellers den som alltid brukes.")
@click.option(
    "--identity", type=click.Path(path_type=Path), metavar="KEYFILE", help="Filen med den hemmelige nøkkelen."
)
@click.option("--replace", is_flag=True, help="Flytt databasen som er der, til side.")
@click.option("--dry-run", is_flag=True, help="Kontroller sikkerhetskopien helt ut, uten å hente noe tilbake.")
def restore(file: Path, instance: Path | None, identity: Path | None, replace: bool, dry_run: bool) -> None:
    """Hent tilbake en sikkerhetskopi, og kontroller alt den har.

    Alt i FILE kontrolleres før noe kommer på plass, og ingenting slettes. Skjermbildene og kjøringer må være stoppet,
    men ikke for --dry-run. Slutter med status 2 når sikkerhetskopien ikke kan brukes; da er alt som det var.
    """
    folder = instance.resolve() if instance else instance_folder()
    with told(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    wish = Wish(file, identity, replace, dry_run, getpass.getuser())
    with nullcontext() if dry_run else alone(folder):
        restored = bring_back(folder, wish, datetime.now(UTC))
        _tell_proof(restored)
        if dry_run:
            click.echo("Sikkerhetskopien kan brukes. Ingenting er hentet tilbake.")
            return
        _tell_place(restored, folder)
        _purge(folder)


def _tell_proof(restored: Restored) -> None:
    manifest = restored.manifest
    counts = ", ".join(f"{manifest.counts.get(table, 0)} {name}" for table, name in _TOLD.items())
    click.echo(f"Sikkerhetskopi fra {manifest.made_at.astimezone():%d.%m.%Y kl. %H.%M}, versjon {manifest.program}.")
    click.echo(f"Kontrollert: hver fil, databasen, og antall rader i {len(manifest.counts)} tabeller: {counts}.")
    if manifest.trace.fault:
        click.echo("Sporingen var ikke hel da kopien ble tatt, og er som den var da.", err=True)
    else:
        click.echo(f"Sporingen er hel: {manifest.trace.entries}:{manifest.trace.head}")


def _tell_place(restored: Restored, folder: Path) -> None:
    click.echo(f"Databasen er hentet tilbake til {folder}.")
    if restored.aside:
        click.echo(
            f"Det som var der, ligger i {restored.aside}. Slett mappen når ingen trenger den: den har personer i seg."
        )
    if restored.files:
        click.echo(f"Filer som manglet, er hentet tilbake: {', '.join(restored.files)}")
    if restored.kept:
        click.echo(f"Filer som var der, er ikke rørt: {', '.join(restored.kept)}")
    if restored.manifest.left_out:
        click.echo(
            f"Ikke i sikkerhetskopien, må hentes et annet sted: {', '.join(restored.manifest.left_out)}", err=True
        )
    if restored.erased:
        click.echo(f"Personer som var slettet siden, er slettet igjen: {restored.erased}")
    if restored.withdrawn:
        click.echo(f"Samtykker som var trukket tilbake siden, er trukket tilbake igjen: {restored.withdrawn}")
    click.echo("Alle er logget ut.")
    click.echo(_SINCE)
    if restored.unfinished:
        numbers = ", ".join(map(str, restored.unfinished))
        click.echo(f"Kjøringer som var i gang, går videre når skjermbildene starter: {numbers}")


def _purge(folder: Path) -> None:
    """What has grown too old since goes again, before anybody sees it."""
    try:
        settings = read_settings(folder)
    except Refusal as refusal:
        click.echo(f"{refusal}\nRett det, og kjør eksternstudium purge før skjermbildene starter.", err=True)
        return
    taken = _purged(settings)
    if taken:
        click.echo(f"Personer som er eldre enn grensene i [retention], er slettet eller tømt: {taken}")


def _purged(settings: Settings) -> int:
    store = Store(settings.database)
    try:
        record = purge(store, settings, getpass.getuser(), lambda: datetime.now(UTC), threading.Event())
        return record.purged.results + record.purged.people
    finally:
        store.close()
