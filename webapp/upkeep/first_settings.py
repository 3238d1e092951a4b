"""The first settings.toml and sources.toml of an instance, with comments that explain them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import tomlkit

from webapp.institutions import REGISTER
from webapp.model import Basis
from webapp.source_settings import SourceSettings
from webapp.sources_text import rewritten

SIGN_IN_SECRET, OPENID_SECRET = "sign-in-secret", "openid-secret"  # names of files

_SETTINGS_HEAD = """\
# Innstillingene til Eksternstudium. Det som ikke står her, har sin vanlige verdi.
# En endring gjelder fra neste start. En feil stopper starten, og sier hvilken linje og hva som er tillatt.
"""
_SETTINGS_END = """
# Mer som kan stå her, hvert avsnitt med sin side i dokumentasjonen, som skjermbildene har under Hjelp:
# evening = "20:00"              øverst: når FS154.001 kjøres, og kilder som sviktet, spørres igjen
# [mail]                         hvem som får vite hva kjøringen gjorde (docs/mail.md)
# [backup]                       sikkerhetskopier hver natt (docs/backup.md)
# [retention]                    hvor lenge opplysninger beholdes (docs/privacy.md)
# [network]                      proxy ut, og kilder i lokale nett (docs/network.md)
# [feed]                         vårt eget FS, som fyller ut personer (docs/fs-graphql.md)
"""
_SOURCES_HEAD = """\
# Kildene: hvem som spørres, og hvordan. De kan også endres på siden Kilder. Alt som kan stå her: docs/sources.md.
#
# [[source]]
# institution = 185                                    # institusjonsnummeret i FS
# protocol = "elmo-pull"                               # eller fs-graphql, database, file, emrex
# url = "https://resultater.example.no/185"
# secret_file = "hemmelighet-185"                      # en fil i denne mappen, eller secret_env
"""


class SignInKind(StrEnum):
    """How people sign in, as init is asked for it."""

    NONE = "none"
    LOCAL = "local"
    OPENID = "openid"


@dataclass(frozen=True)
class OpenId:
    """An OpenID provider: whoever has `administrator` in the claim is a system administrator. `has_secret`: whether
    the client has one, in the file OPENID_SECRET."""

    issuer: str
    client_id: str
    has_secret: bool
    roles_claim: str
    administrator: str


@dataclass(frozen=True)
class FirstSettings:
    """What an instance begins with. `address`: where others reach it, None for this machine alone; over HTTPS by a
    proxy, unless there are `certificate` and `key`. `is_trial`: it takes synthetic people in."""

    institution: int
    sign_in: SignInKind
    address: str | None = None
    certificate: Path | None = None
    key: Path | None = None
    openid: OpenId | None = None
    admission: Basis = Basis.CONSENT
    recognition: Basis = Basis.STATUTE
    is_trial: bool = False


def settings_text(first: FirstSettings) -> str:
    """The text of settings.toml."""
    document = tomlkit.document()
    known = REGISTER.get(first.institution)
    _put(document, "institution", first.institution, known.name["nb"] if known else "vår egen institusjon")
    if first.address is not None:
        _put(document, "address", first.address, "adressen som brukerne skriver")
    if first.is_trial:
        _put(document, "test_instance", True, "tar imot syntetiske personer, og sier det på kildebevis")
    bases = _table(document, "legal_basis", '"consent" (samtykke) eller "statute" (hjemmel): docs/legal-basis.md')
    _put(bases, "admission", str(first.admission), "det spørres om søkere til opptak")
    _put(bases, "recognition", str(first.recognition), "det spørres om dem som søker godkjenning")
    if first.sign_in is not SignInKind.NONE:
        _put_sign_in(document, first)
    if first.certificate is not None:
        server = _table(document, "server", "HTTPS med eget sertifikat")
        _put(server, "certificate", str(first.certificate))
        _put(server, "key", str(first.key))
    elif first.address is not None:
        server = _table(document, "server", "hvordan andre maskiner når skjermbildene: docs/sign-in.md")
        _put(server, "behind_proxy", True, "en proxy foran gjør HTTPS; ingen må nå oss utenom den")
    return f"{_SETTINGS_HEAD}\n{tomlkit.dumps(document)}{_SETTINGS_END}"


def sources_text(sources: Sequence[SourceSettings]) -> str:
    """The text of sources.toml. Raises Refusal as sources_text.rewritten."""
    return rewritten(_SOURCES_HEAD, (), tuple(sources))


def _put_sign_in(document: tomlkit.TOMLDocument, first: FirstSettings) -> None:
    table = _table(document, "sign_in", "hvem som slipper inn: docs/sign-in.md")
    if first.sign_in is SignInKind.LOCAL:
        _put(table, "local", True, "brukere med passord og engangskode")
    _put(table, "secret_file", SIGN_IN_SECRET, "ta vare på den: uten den må alle sette opp innloggingen på nytt")
    if (openid := first.openid) is not None:
        inner = tomlkit.table()
        _put(inner, "issuer", openid.issuer)
        _put(inner, "client_id", openid.client_id)
        if openid.has_secret:
            _put(inner, "secret_file", OPENID_SECRET)
        _put(inner, "roles_claim", openid.roles_claim, "de andre rollene, og Feide: docs/openid.md")
        roles = tomlkit.table()
        _put(roles, "caseworker", [], "verdiene som gjør noen til saksbehandler")
        _put(roles, "system_administrator", [openid.administrator])
        inner.append("roles", roles)
        table.append("oidc", inner)


def _table(document: tomlkit.TOMLDocument, name: str, comment: str) -> Any:
    table = tomlkit.table()
    table.comment(comment)
    document.append(name, table)
    return table


def _put(table: Any, name: str, value: object, comment: str | None = None) -> None:
    item = tomlkit.item(value)
    if comment is not None:
        item.comment(comment)
    table.append(name, item)
