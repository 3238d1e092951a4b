"""`eksternstudium user`: those who may sign in, administered from the machine itself."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.table import Table

from webapp.accounts.administering import UserKeeper
from webapp.errors import Refusal
from webapp.house import House, open_house
from webapp.model import Role
from webapp.store import accounts, attempts, users

#: Where the screens are as long as no `address` says otherwise.
HERE = "http://127.0.0.1:8000"
_roles = click.option(
    "--role",
    "roles",
    type=click.Choice([str(role) for role in Role]),
    multiple=True,
    required=True,
    help="Kan gjentas.",
)


@click.group()
def user() -> None:
    """Legg til og styr brukerne."""


@user.command()
@click.argument("name")
@_roles
@click.option("--display-name", default="", help="Fullt navn.")
def add(name: str, roles: tuple[str, ...], display_name: str) -> None:
    """Legg til en lokal bruker, og vis lenken der NAME velger passord."""
    with _opened() as house:
        token = _keeper(house, "user add").add(name, [Role(role) for role in roles], display_name)
        _tell_link(house, token)


@user.command("list")
def show() -> None:
    """Vis brukerne."""
    with _opened() as house:
        db, now, zone = house.store.db, house.clock(), house.settings.zone
        table = Table("Bruker", "Navn", "Roller", "Slag", "Tilstand", "Sist innlogget", "Økter")
        for line in accounts.lines(db, now, house.settings.settings.idle):
            known = line.user
            seen = f"{line.seen_at.astimezone(zone):%d.%m.%Y %H.%M}" if line.seen_at else ""
            is_locked = attempts.locked_until(db, attempts.of_account(known.name), now)
            state = "slått av" if not known.is_active else "låst" if is_locked else "på"
            table.add_row(
                known.name,
                known.display_name,
                ", ".join(sorted(known.roles)),
                known.kind,
                state,
                seen,
                str(line.sessions),
            )
    Console().print(table)


@user.command()
@click.argument("name")
def link(name: str) -> None:
    """Vis en ny lenke der NAME velger passord. Det gamle gjelder til lenken er brukt."""
    with _opened() as house:
        _tell_link(house, _keeper(house, "user link").make_link(_id_of(house, name)))


@user.command()
@click.argument("name")
@_roles
def roles(name: str, roles: tuple[str, ...]) -> None:
    """Gi NAME disse rollene, og ingen andre."""
    with _opened() as house:
        _keeper(house, "user roles").set_roles(_id_of(house, name), [Role(role) for role in roles])


@user.command()
@click.argument("name")
def disable(name: str) -> None:
    """Slå av NAME, og avslutt øktene."""
    with _opened() as house:
        _keeper(house, "user disable").set_active(_id_of(house, name), False)


@user.command()
@click.argument("name")
def enable(name: str) -> None:
    """Slå på NAME igjen."""
    with _opened() as house:
        _keeper(house, "user enable").set_active(_id_of(house, name), True)


@user.command()
@click.argument("name")
def unlock(name: str) -> None:
    """Lås opp NAME etter mislykkede forsøk."""
    with _opened() as house:
        _keeper(house, "user unlock").unlock(_id_of(house, name))


@contextmanager
def _opened() -> Iterator[House]:
    house = open_house()
    try:
        yield house
    finally:
        house.close()


def _keeper(house: House, door: str) -> UserKeeper:
    return UserKeeper(house.store, house.settings, getpass.getuser(), door, house.clock())


def _id_of(house: House, name: str) -> int:
    found = users.user_named(house.store.db, name)
    if found is None or found.id is None:
        raise Refusal("Brukeren %(name)s fins ikke. Se hvem som fins med eksternstudium user list.", name=name)
    return found.id


def _tell_link(house: House, token: str) -> None:
    click.echo("Gi brukeren denne lenken på en trygg måte. Den gjelder i tre døgn og kan brukes én gang:")
    click.echo(f"{house.settings.settings.address or HERE}/set-up/{token}")
