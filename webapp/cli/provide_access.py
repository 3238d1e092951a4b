"""`eksternstudium provide token` and `… asker`: who may ask, and what they are known by."""

from datetime import UTC, datetime
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from webapp.cli.shelves import opened, shelf_file
from webapp.errors import Refusal
from webapp.provider import askers
from webapp.provider.askers import Asker, KnownBy
from webapp.provider.gate import today

_WORDS = {KnownBy.TOKEN: "token", KnownBy.CERTIFICATE: "sertifikat", KnownBy.ORGANISATION: "organisasjonsnummer"}

_name = click.option("--name", required=True, help="Hvem som spør, slik det skal stå i sporet.")
_institution = click.option(
    "--institution", type=click.IntRange(1), required=True, help="Spørrerens institusjonsnummer."
)
_until = click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Siste dag adgangen gjelder, som 2027-06-30.")
_only = click.option("--only", type=click.IntRange(1), multiple=True, help="Institusjon som kan spørres; ellers alle.")


@click.group()
def token() -> None:
    """Token som slipper noen inn."""


@token.command("add")
@shelf_file
@_name
@_institution
@_until
@_only
def add_token(file: Path, name: str, institution: int, until: datetime | None, only: tuple[int, ...]) -> None:
    """Lag et token. Det vises denne ene gangen."""
    made = askers.new_token()
    _add(file, Asker(0, name, institution, KnownBy.TOKEN, until.date() if until else None, only), made)
    click.echo(made)


@click.group()
def asker() -> None:
    """Spørrere som er kjent på sertifikat eller organisasjonsnummer."""


@asker.command("add")
@shelf_file
@_name
@_institution
@_until
@_only
@click.option("--certificate", type=click.Path(path_type=Path, exists=True), help="PEM-fil med spørrerens sertifikat.")
@click.option("--organisation", help="Ni sifre; står i sertifikatet eller i tokenet fra Maskinporten.")
def add_asker(
    file: Path,
    name: str,
    institution: int,
    until: datetime | None,
    only: tuple[int, ...],
    certificate: Path | None,
    organisation: str | None,
) -> None:
    """Slipp inn den som viser et sertifikat, eller et token fra Maskinporten."""
    if (certificate is None) == (organisation is None):
        raise Refusal("Oppgi enten --certificate eller --organisation.")
    if organisation is not None:
        known_by, shown = KnownBy.ORGANISATION, organisation.replace(" ", "")
        if not (len(shown) == 9 and shown.isascii() and shown.isdecimal()):
            raise Refusal("Et organisasjonsnummer har ni sifre.")
    else:
        known_by, shown = KnownBy.CERTIFICATE, _fingerprint(certificate or Path())
    _add(file, Asker(0, name, institution, known_by, until.date() if until else None, only), shown)


@click.command("list")
@shelf_file
def listed(file: Path) -> None:
    """Vis alle som har eller har hatt adgang, uten tokenene selv."""
    with opened(file) as shelf:
        for each in askers.listed(shelf.db):
            ends = f"til {each.until:%d.%m.%Y}" if each.until else "uten sluttdato"
            if each.revoked_at is not None:
                ends = f"trukket tilbake {each.revoked_at:%d.%m.%Y}"
            elif each.until is not None and each.until < today():
                ends = f"utløpt {each.until:%d.%m.%Y}"
            whom = ", ".join(map(str, each.only)) or "alle"
            click.echo(f"{each.id}\t{each.name} ({each.institution})\t{_WORDS[each.known_by]}\t{ends}\tspør: {whom}")


@click.command()
@shelf_file
@click.argument("number", type=click.IntRange(1))
def revoke(file: Path, number: int) -> None:
    """Trekk tilbake adgangen med nummeret som «list» viser. Det virker med en gang."""
    with opened(file) as shelf, shelf.write() as db:
        if not askers.revoke(db, number, datetime.now(UTC)):
            raise Refusal(f"Adgang nummer {number} fins ikke, eller er trukket tilbake alt. «list» viser dem.")


for _group in (token, asker):
    _group.add_command(listed)
    _group.add_command(revoke)


def _add(file: Path, added: Asker, shown: str) -> None:
    if added.until is not None and added.until < today():
        raise Refusal("Sluttdatoen er passert. Velg en dag som kommer.")
    with opened(file) as shelf, shelf.write() as db:
        if askers.add(db, added, shown) is None:
            raise Refusal("Noen er kjent på det fra før. Trekk tilbake den adgangen først: «list» viser dem.")


def _fingerprint(file: Path) -> str:
    try:
        return x509.load_pem_x509_certificate(file.read_bytes()).fingerprint(hashes.SHA256()).hex()
    except (OSError, ValueError):
        raise Refusal(f"{file} har ikke noe sertifikat som kan leses. Det skal være en PEM-fil.") from None
