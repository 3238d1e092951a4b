"""The backups of the night looked over: whether they are taken, and how old the last good one is."""

from datetime import datetime

from webapp.config import Settings
from webapp.errors import N_
from webapp.upkeep.findings import Area, Finding, Notes, amount, moment
from webapp.upkeep.standing import OLD, standing


def look_at_backups(settings: Settings, now: datetime) -> list[Finding]:
    """Whether there is a backup that is not old, as far as the instance itself has noted."""
    notes, stands = Notes(Area.SCHEDULE), standing(settings.instance)
    if settings.settings.backup is None:
        notes.warn(
            N_("Det tas ingen sikkerhetskopi om natten."), N_("Sett opp [backup] i settings.toml: docs/backup.md.")
        )
    last, failed = stands.last_good, stands.failed
    if failed is not None:
        since = moment(failed.since, settings)
        what = N_("Sikkerhetskopien har ikke lyktes siden %(when)s.")
        notes.wrong(what, failed.sentence, **failed.values, when=since)
    if last is None:
        if settings.settings.backup is not None and failed is None:
            what, mend = N_("Ingen sikkerhetskopi er tatt."), N_("Den tas i natt, eller nå: eksternstudium backup.")
            notes.warn(what, mend)
    elif now - last.at > OLD:
        what = N_("Den siste gode sikkerhetskopien er fra %(when)s.")
        mend = N_("La skjermbildene stå på om natten, eller gi kommandoen eksternstudium backup.")
        notes.wrong(what, mend, when=moment(last.at, settings))
    else:
        what = N_("Den siste sikkerhetskopien er fra %(when)s, på %(size)s.")
        notes.fine(what, when=moment(last.at, settings), size=amount(last.bytes))
    return notes.found
