"""Secrets and certificates looked over: that they are there, can be used, and that nobody else reads them."""

import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from webapp.config import Settings
from webapp.errors import N_, Refusal
from webapp.fetching.warnings import WARNING_DAYS
from webapp.source_settings import read_secret
from webapp.sources.own_certificate import end_of_certificate
from webapp.tls import server_context
from webapp.upkeep.belongings import is_secret, named_files, tables
from webapp.upkeep.disk_check import reached_by
from webapp.upkeep.findings import Area, Finding, Notes

#: Settings that name a variable or a file with a secret begin so.
_PREFIXES = ("", "proxy_")


def look_at_secrets(settings: Settings) -> list[Finding]:
    """Whether the secrets of settings.toml can be had, and whether those that lie in files, the sources' among them,
    are read by us alone. What a source lacks is found when it is asked."""
    notes = Notes(Area.SECRETS)
    named = 0
    for table in tables(settings.settings):
        for prefix in _PREFIXES:
            variable, file = getattr(table, f"{prefix}secret_env", None), getattr(table, f"{prefix}secret_file", None)
            try:
                named += read_secret(variable, file, settings.instance) is not None
            except Refusal as refusal:
                notes.refused(refusal)
    sign_in = settings.settings.sign_in
    if sign_in is not None and not notes.found:
        try:
            sign_in.strong_secret(settings.instance)
        except Refusal as refusal:
            notes.refused(refusal)
    files = set(_secret_files(settings))
    for file in sorted(files):
        if reached_by(file, stat.S_IROTH | stat.S_IWOTH):
            what = N_("Alle på maskinen kan lese hemmeligheten i %(file)s.")
            notes.wrong(what, N_("chmod 600 %(file)s. Bytt den så ut, for den kan være lest."), file=file)
    if not notes.found and (named or files):
        what = N_("Hemmelighetene kan leses, og av programmet alene (%(count)d i settings.toml, %(files)d i filer).")
        notes.fine(what, count=named, files=len(files))
    return notes.found


def look_at_certificates(settings: Settings, now: datetime) -> list[Finding]:
    """Whether our own certificate, if the screens have one, fits its key and still holds."""
    notes = Notes(Area.CERTIFICATES)
    files = settings.settings.server.files(settings.instance)
    if files is None:
        return []
    try:
        server_context(*files)
    except Refusal as refusal:
        notes.refused(refusal)
        return notes.found
    until = end_of_certificate(files[0])
    if until is None:
        notes.wrong(N_("%(file)s kan ikke leses."), N_("Legg inn et sertifikat som PEM."), file=files[0])
        return notes.found
    values = {"day": f"{until.astimezone(settings.zone):%d.%m.%Y}", "file": files[0]}
    mend = N_("Skaff et nytt, legg det i %(file)s, og start skjermbildene på nytt.")
    if until <= now:
        notes.wrong(N_("Skjermbildenes sertifikat gikk ut %(day)s: ingen nettleser slipper noen inn."), mend, **values)
    elif (until - now).days < WARNING_DAYS:
        notes.warn(N_("Skjermbildenes sertifikat går ut %(day)s."), mend, **values)
    else:
        notes.fine(N_("Skjermbildenes sertifikat gjelder til %(day)s."), **values)
    return notes.found


def _secret_files(settings: Settings) -> Iterator[Path]:
    yield from (settings.instance / path for name, path in named_files(settings) if is_secret(name))
    mail = settings.settings.mail
    if mail is not None and mail.password is not None:
        yield settings.instance / "settings.toml"
