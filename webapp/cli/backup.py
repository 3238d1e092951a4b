"""`eksternstudium backup`: one file with all that an instance cannot do without."""

import getpass
import logging
import os
from datetime import UTC, datetime
from pathlib import Path

import click

from webapp.backup_settings import is_recipient
from webapp.cli.monitored import monitored
from webapp.config import Settings, instance_folder, read_settings
from webapp.errors import Refusal
from webapp.mailing import tell_of_failed_backup
from webapp.model import Act, TraceEntry
from webapp.store import Store, trace
from webapp.store.schema.steps import is_ours
from webapp.upkeep import backups
from webapp.upkeep.backups import BackedUp, back_up, folder_of
from webapp.upkeep.standing import note_failed, standing

#: How far a backup that the clock started stands back for the screens, as runs do.
NICENESS = 10
BY_THE_CLOCK = "eksternstudium"

_log = logging.getLogger(__name__)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option(
    "--recipient", "recipients", multiple=True, metavar="KEY", help="Krypter til denne offentlige age-nøkkelen."
)
@click.option("--new-key", type=click.Path(path_type=Path), metavar="FILE", help="Lag et nøkkelpar, og ikke annet.")
@click.option("--scheduled", is_flag=True, hidden=True)
def backup(folder: Path | None, recipients: tuple[str, ...], new_key: Path | None, scheduled: bool) -> None:
    """Ta en sikkerhetskopi av databasen, innstillingene og kildene.

    Den legges i mappen FOLDER, eller i den som står i [backup] i settings.toml. Skjermbildene og kjøringer kan gå
    imens. Kopien kontrolleres før den får navnet sitt. Slutter med status 2 når den ikke kunne tas; da er alt som det
    var.
    """
    if new_key is not None:
        _make_key(new_key)
        return
    settings = read_settings(instance_folder())
    if scheduled:
        _back_up_for_the_clock(settings)
        return
    of_settings = settings.settings.backup.recipients if settings.settings.backup else ()
    done = back_up(settings, folder or folder_of(settings), _checked(recipients) or of_settings, _now)
    _leave_trace(settings, done, getpass.getuser())
    _tell(done)


def _make_key(file: Path) -> None:
    public = backups.new_key(file)
    click.echo(
        f"Den hemmelige nøkkelen ligger i {file}. Ta vare på den et annet sted enn her: "
        "uten den kan ingen lese kopiene.\n"
        f'Sett dette i avsnittet [backup] i settings.toml:\n\n    recipients = ["{public}"]'
    )


def _back_up_for_the_clock(settings: Settings) -> None:
    """What the screens' child process does. What goes wrong is noted, and told of the first time it does."""
    os.nice(NICENESS)
    monitored(settings)
    folder, kept = folder_of(settings), settings.settings.backup
    try:
        done = back_up(settings, folder, kept.recipients if kept else (), _now)
    except Refusal as refusal:
        _tell_of_failure(settings, refusal)
        raise
    _leave_trace(settings, done, BY_THE_CLOCK)
    _log.info(
        "backup %s: %d bytes, %d rows; %d older ones went",
        *(Path(done.made.file).name, done.made.bytes, sum(done.manifest.counts.values()), len(done.gone)),
    )


def _tell_of_failure(settings: Settings, why: Refusal) -> None:
    try:
        is_first = note_failed(settings.instance, why, _now())
    except OSError as wrong:
        _log.error("it cannot be noted that a backup failed: %s", wrong.strerror)
        is_first = True
    if is_first:
        last_good = standing(settings.instance).last_good
        tell_of_failed_backup(settings, why, _now(), last_good.at if last_good else None)


def _leave_trace(settings: Settings, done: BackedUp, by: str) -> None:
    """All that is known left the database: the trace tells so. One of another schema is left as it is."""
    if is_ours(done.manifest.steps):
        store = Store(settings.database)
        try:
            entry = TraceEntry(_now(), by, Act.EXPORTED, "backup", (), {"file": Path(done.made.file).name})
            with store.write() as db:
                trace.append(db, entry)
        finally:
            store.close()


def _tell(done: BackedUp) -> None:
    made, fault = done.made, done.manifest.trace.fault
    how = "kryptert" if made.encrypted else "ikke kryptert: alle som kan lese filen, kan lese alt i den"
    size = f"{made.bytes / 1_000_000:.1f}".replace(".", ",")
    click.echo(f"Sikkerhetskopi: {made.file} ({size} MB, {how}).")
    click.echo(f"Kontrollert: {sum(done.manifest.counts.values())} rader i {len(done.manifest.counts)} tabeller.")
    if fault:
        click.echo("Sporingen er ikke hel, og ble lagret som den er. Se eksternstudium audit verify.", err=True)
    if done.manifest.left_out:
        click.echo(f"Ikke med, ta vare på dem et annet sted: {', '.join(done.manifest.left_out)}", err=True)
    if done.gone:
        click.echo(f"Slettet etter planen: {', '.join(done.gone)}")


def _checked(recipients: tuple[str, ...]) -> tuple[str, ...]:
    for each in recipients:
        if not is_recipient(each):
            raise Refusal("%(key)s er ikke en offentlig age-nøkkel. Den begynner med age1.", key=each)
    return recipients


def _now() -> datetime:
    return datetime.now(UTC)
