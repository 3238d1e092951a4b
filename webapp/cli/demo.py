"""`eksternstudium demo`: the main job on a synthetic network of 50 institutions, with nothing to set up."""

import multiprocessing
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from webapp.cli.fetch import carry_out
from webapp.config import INSTANCE_VARIABLE
from webapp.demo import (
    DEAD_PORT,
    DEMO_PERSON,
    HOST,
    NETWORK_PORT,
    NETWORK_TOML,
    Addresses,
    feed_toml,
    lay_beside,
    prepare_network,
    serve_network,
    sources_toml,
    take_in_people,
)
from webapp.errors import Refusal
from webapp.house import House, open_house
from webapp.model import Person, Purpose
from webapp.program import own_command, own_environment
from webapp.store import people

#: The port that is tried first, so that the address is the same from time to time.
SCREENS_PORT = 8000
START_SECONDS = 20.0


@click.command()
@click.option("--once", is_flag=True, help="Slutt etter hentingen, uten skjermbilder.")
@click.option("--network", "only_network", is_flag=True, help="Bare nettverket, for en instans som init har satt opp.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=".demo",
    show_default=True,
    help="Mappen som nettverket og instansen ligger i.",
)
def demo(once: bool, only_network: bool, folder: Path) -> None:
    """Vis hovedjobben: hent en syntetisk persons resultater fra 50 syntetiske institusjoner, hver på sin måte."""
    # A service manager's stop is a stop like Ctrl-C: it ends the network and the screens too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    click.echo("Gjør klart nettverket av 50 institusjoner …")
    shelf = prepare_network(folder)
    if only_network:
        _serve_network(shelf)
        return
    instance = (folder / "instance").resolve()
    instance.mkdir(exist_ok=True)
    with _network(shelf, instance):
        house = open_house(instance)
        try:
            person = _registered(house)
            if once:
                carry_out(house, person, Purpose.RECOGNITION, "Demonstrasjon")
            else:
                with _screens(instance) as address:
                    carry_out(house, person, Purpose.RECOGNITION, "Demonstrasjon")
                    _wait(f"{address}people/{person.id}")
        finally:
            house.close()


def _serve_network(shelf: Path) -> None:
    """The institutions at the addresses that init writes, until Ctrl-C."""

    def ready(addresses: Addresses) -> None:
        click.echo(f"Nettverket svarer på {addresses.base_url}/. Avslutt med Ctrl-C.")

    try:
        serve_network(shelf, NETWORK_PORT, DEAD_PORT, ready)
    except OSError as taken:
        raise Refusal(
            "Port %(port)d eller %(dead)d er i bruk. Kjører nettverket allerede?", port=NETWORK_PORT, dead=DEAD_PORT
        ) from taken


@contextmanager
def _network(shelf: Path, instance: Path) -> Iterator[None]:
    """The institutions, in a process of their own, named in the instance's sources.toml."""
    port, dead_port = free_port(NETWORK_PORT), free_port(DEAD_PORT)
    sources = sources_toml(f"http://{HOST}:{port}", f"http://{HOST}:{dead_port}", lay_beside(shelf).resolve())
    (instance / "sources.toml").write_text(sources, encoding="utf-8")
    settings = f"test_instance = true\n{NETWORK_TOML}{feed_toml(f'http://{HOST}:{port}')}"
    (instance / "settings.toml").write_text(settings, encoding="utf-8")
    network = multiprocessing.get_context("spawn").Process(target=serve_network, args=(shelf, port, dead_port))
    network.start()
    try:
        await_port(port)
        yield
    finally:
        network.terminate()
        network.join()


@contextmanager
def _screens(instance: Path) -> Iterator[str]:
    """The screens, in a process of their own, with their log in a file: a line for each click is not what is to be seen
    here. Gives their address."""
    log = instance / "screens.log"
    command = own_command("serve", "--port", str(free_port(SCREENS_PORT)))
    environment = own_environment() | {INSTANCE_VARIABLE: str(instance)}
    with (
        log.open("wb") as to,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=to, text=True) as screens,  # noqa: S603
    ):
        try:
            said = screens.stdout.readline() if screens.stdout else ""
            if not said:
                click.echo(log.read_text(encoding="utf-8"), err=True)
                raise Refusal("Skjermbildene kom ikke i gang. Se meldingen over.")
            yield said.split()[-1]
        finally:
            screens.terminate()


def _registered(house: House) -> Person:
    """The person that the demonstration is about; everybody in the network can be found on the screens."""
    take_in_people(house)
    found = people.person_with_number(house.store.db, DEMO_PERSON.number)
    if found is None:
        raise LookupError("the demo person was just registered")
    return found


def _wait(address: str) -> None:
    click.echo(f"\nÅpne {address} i nettleseren. Avslutt med Ctrl-C.")
    with suppress(KeyboardInterrupt):
        while True:
            time.sleep(3600)


def free_port(preferred: int) -> int:
    """The preferred port, or another that is free."""
    for port in (preferred, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    raise Refusal("Fant ingen ledig port på denne maskinen.")


def await_port(port: int) -> None:
    """Wait until something takes connections on a port."""
    gives_up = time.monotonic() + START_SECONDS
    while time.monotonic() < gives_up:
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.05)
    raise Refusal("Nettverket kom ikke i gang. Prøv igjen.")
