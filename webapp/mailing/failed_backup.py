"""The e-mail about a backup that failed: why, and since when there is none."""

from datetime import datetime

from webapp.config import Settings
from webapp.errors import Refusal
from webapp.mailing.digest import Digest
from webapp.mailing.post import deliver
from webapp.mailing.tongue import Tongue


def tell_of_failed_backup(settings: Settings, why: Refusal, now: datetime, last_good: datetime | None) -> bool:
    """Tell the subscribers that a backup failed; True when a mail went out. Nothing is sent without `[mail]` in the
    settings, and a server that does not take it is logged."""
    mail = settings.settings.mail
    if mail is None:
        return False
    tongue = Tongue(mail.language, settings.zone)
    return bool(deliver(mail, _words(why, last_good, tongue, mail.address), f"backup-{now:%Y%m%dT%H%M%S}", now))


def _words(why: Refusal, last_good: datetime | None, tongue: Tongue, address: str) -> Digest:
    gettext = tongue.gettext
    last = f"{tongue.day(last_good)} {tongue.hour(last_good)}" if last_good else gettext("ingen")
    return Digest(
        tongue.language,
        gettext("Eksternstudium: sikkerhetskopien ble ikke tatt"),
        gettext("Sikkerhetskopien ble ikke tatt"),
        (
            gettext(why.sentence, **why.values),
            gettext("Det prøves igjen hver time, og ingen flere e-poster sendes om det."),
        ),
        [(gettext("Siste gode sikkerhetskopi"), last)],
        (),
        ((gettext("Start"), address),),
        gettext("Sendt automatisk. E-posten inneholder ingen personopplysninger."),
    )
