"""`eksternstudium token`: the tokens of programs from the terminal."""

import getpass
from datetime import date, datetime, timedelta

import click

from webapp.accounts import tokens
from webapp.errors import Refusal
from webapp.house import open_house
from webapp.model import SCOPES, Right
from webapp.store import api_tokens


@click.group()
def token() -> None:
    """Lag, se og trekk tilbake API-nøkler."""


@token.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in SCOPES]),
    multiple=True,
    required=True,
    help="Hva nøkkelen åpner for; kan gis flere ganger.",
)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Siste dag, som 2027-06-30.")
def add(name: str, scopes: tuple[str, ...], until: datetime) -> None:
    """Lag nøkkelen NAME. Den skrives på standard ut denne ene gangen."""
    house = open_house()
    try:
        made = tokens.make(
            house.store,
            house.settings.zone,
            name,
            {Right(scope) for scope in scopes},
            until.date(),
            getpass.getuser(),
            house.clock(),
            "token add",
        )
    finally:
        house.close()
    click.echo(made)


@token.command("list")
def show() -> None:
    """Vis nøklene: navn, begynnelse, rettigheter, siste dag, sist brukt og tilstand."""
    house = open_house()
    try:
        zone, now = house.settings.zone, house.clock()
        for each in api_tokens.all_tokens(house.store.db):
            last: date = (each.ends_at.astimezone(zone) - timedelta(days=1)).date()
            seen = f"{each.seen_at.astimezone(zone):%Y-%m-%d %H:%M}" if each.seen_at else "aldri brukt"
            stands = "i bruk" if each.opens(now) else "trukket tilbake" if each.revoked_at else "gått ut"
            click.echo(
                "\t".join([each.name, f"{each.prefix}…", " ".join(sorted(each.scopes)), str(last), seen, stands])
            )
    finally:
        house.close()


@token.command()
@click.argument("name")
def revoke(name: str) -> None:
    """Trekk tilbake nøkkelen NAME: den åpner ingenting mer."""
    house = open_house()
    try:
        known = api_tokens.token_named(house.store.db, name)
        if known is None:
            raise Refusal("Ingen nøkkel i bruk heter %(name)s. Se dem med token list.", name=name)
        tokens.revoke(house.store, known.id, getpass.getuser(), house.clock(), "token revoke")
    finally:
        house.close()
    click.echo(f"Nøkkelen {known.name} er trukket tilbake.")
