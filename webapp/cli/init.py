"""`eksternstudium init`: a new instance, made of a few answers that are asked for or given as options."""

import getpass
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from webapp.accounts.administering import UserKeeper
from webapp.checked_toml import TomlFile
from webapp.cli.init_questions import Answers, Given, answered
from webapp.cli.listening import check_reach
from webapp.config import checked_sources, instance_folder, site_folder
from webapp.demo import DEAD_PORT, HOST, NETWORK_PORT, NETWORK_TOML, feed_toml, sources_toml, take_in_people
from webapp.house import House, open_house
from webapp.model import Role
from webapp.program import own_file
from webapp.upkeep.first_settings import (
    OPENID_SECRET,
    SIGN_IN_SECRET,
    FirstSettings,
    SignInKind,
    settings_text,
    sources_text,
)
from webapp.upkeep.founding import demand_new, founded, write_secret

ANYWHERE = "0.0.0.0"  # noqa: S104  # told to a person; who may come in is checked when it is listened on
SCREENS_PORT = 8000
_file = click.Path(exists=True, dir_okay=False, readable=True, resolve_path=True, path_type=Path)
_basis = click.Choice(["consent", "statute"])


@click.command()
@click.option("--institution", help="Institusjonen: nummeret, eller noen bokstaver av navnet.")
@click.option("--sign-in", type=click.Choice([str(kind) for kind in SignInKind]), help="Hvordan brukerne logger inn.")
@click.option("--administrator", help="Den første administratoren: brukernavnet, eller verdien hos OpenID-utstederen.")
@click.option("--address", help="Adressen brukerne skriver. Uten: bare denne maskinen når skjermbildene.")
@click.option("--certificate", type=_file, help="Sertifikat (PEM) for adressen. Uten: en proxy foran gjør HTTPS.")
@click.option("--key", type=_file, help="Nøkkelen til sertifikatet (PEM).")
@click.option("--issuer", help="OpenID-utstederen.")
@click.option("--client-id", help="Klient-ID-en hos utstederen.")
@click.option("--client-secret-file", type=click.File(), help="En fil med klienthemmeligheten; - for standard inn.")
@click.option("--roles-claim", help="Claimet som sier hvem som er hva. Uten: groups.")
@click.option("--admission", type=_basis, help="Grunnlaget for å spørre om søkere. Uten: consent.")
@click.option("--recognition", type=_basis, help="Grunnlaget for å spørre ved godkjenning. Uten: statute.")
@click.option("--sources", help="Kildene: none, demo (et nettverk å prøve på) eller en fil som sources.toml.")
def init(**options: Any) -> None:
    """Sett opp en ny instans. Det som ikke er gitt, blir det spurt om."""
    instance = instance_folder()
    demand_new(instance)
    click.echo(f"Instansen settes opp i {instance}. Ingenting er skrevet før alt er besvart; Ctrl-C avbryter.")
    answers = answered(Given(**options))
    first, token = answers.first, None
    with founded(instance) as new:
        _write(new, answers)
        house = open_house(new)
        try:
            check_reach(house.settings, ANYWHERE if first.certificate else HOST)
            if answers.administrator:
                token = _add_administrator(house, answers.administrator)
            if first.is_trial:
                take_in_people(house)
        finally:
            house.close()
            house.store.close()
    click.echo(f"\nFerdig: {instance}\n\nNå:")
    for number, step in enumerate(_next_steps(first, token), 1):
        click.echo(f"  {number}. {step}")


def _write(new: Path, answers: Answers) -> None:
    """The files of a new instance, but for its database."""
    settings, sources = settings_text(answers.first), answers.sources
    if answers.first.is_trial:
        base, dead = (f"http://{HOST}:{port}" for port in (NETWORK_PORT, DEAD_PORT))
        settings += f"\n# Nettverket å prøve på: eksternstudium demo --network.\n{NETWORK_TOML}\n{feed_toml(base)}"
        sources = checked_sources(TomlFile("sources.toml", sources_toml(base, dead)))
    (new / "settings.toml").write_text(settings, encoding="utf-8")
    (new / "sources.toml").write_text(answers.sources_text or sources_text(sources), encoding="utf-8")
    for name, secret in answers.secrets.items():
        write_secret(new / name, secret)
    if answers.first.sign_in is not SignInKind.NONE:
        write_secret(new / SIGN_IN_SECRET, secrets.token_urlsafe(48))
    if answers.openid_secret:
        write_secret(new / OPENID_SECRET, answers.openid_secret)


def _add_administrator(house: House, name: str) -> str:
    """Add the first user; returns the token of the set-up link."""
    keeper = UserKeeper(house.store, house.settings, getpass.getuser(), "init", house.clock())
    return keeper.add(name, [Role.SYSTEM_ADMINISTRATOR])


def _next_steps(first: FirstSettings, token: str | None) -> Sequence[str]:
    """What to do now, sentence by sentence."""
    program, here = _program(), f"http://{HOST}:{SCREENS_PORT}"
    steps = []
    if first.is_trial:
        steps.append(f"{program} demo --network        (la det stå, og fortsett i et annet vindu)")
    if first.certificate is not None:
        port = urlsplit(first.address or "").port or 443
        steps.append(f"{program} serve --host {ANYWHERE} --port {port}")
    else:
        steps.append(f"{program} serve")
    if first.sign_in is SignInKind.OPENID:
        ours = f"{first.address or here}/sign-in/openid"
        steps.append(f"Registrer disse to adressene hos utstederen: {ours}/return og {ours}/signed-out")
    if first.address is not None and first.certificate is None:
        steps.append(
            f"La proxyen som svarer på {first.address}, sende videre til {here} med X-Forwarded-For, -Proto og -Host."
        )
    if token is not None:
        steps.append(f"Velg passord her, innen tre døgn: {first.address or here}/set-up/{token}")
    else:
        steps.append(f"Åpne {first.address or here}/")
    if first.sign_in is SignInKind.LOCAL:
        steps.append("Legg til saksbehandlerne på siden Brukere.")
    if not first.is_trial:
        steps.append(f"Legg til kilder på siden Kilder, og prøv dem der, eller med {program} sources check.")
    page = "docs/install.md" if site_folder() is None else f"{first.address or here}/help/install.html"
    steps.append(f"Les {page}: i drift med systemd eller container, sikkerhetskopier og oppgradering.")
    return steps


def _program() -> str:
    """How this program is called again."""
    if (file := own_file()) is None:
        return "eksternstudium"
    here = Path.cwd()
    return f"{Path(sys.executable).name} {file.relative_to(here) if file.is_relative_to(here) else file}"
