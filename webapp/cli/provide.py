"""`eksternstudium provide`: share results from a file over HTTP."""

import signal
import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import click

from webapp.errors import Refusal
from webapp.provider import create_provider
from webapp.provider.elmo_file import put_file
from webapp.provider.server import BACKLOG, create_server
from webapp.provider.shelf import Shelf


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), required=True, help="Porten det lyttes på; 0 velger en ledig.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Adressen det lyttes på.")
@click.option("--institution", type=click.IntRange(1), help="Institusjonsnummer, for en ELMO-fil uten.")
def provide(file: Path, port: int, host: str, institution: int | None) -> None:
    """Del resultater fra FILE: resultatdelerens egen SQLite-fil, eller en ELMO-fil som deles som den er."""
    with ExitStack() as stack:
        shelf = _shelf(file, institution, stack)
        listener = stack.enter_context(_listener(host, port))
        _announce(shelf, host, listener.getsockname()[1])
        _serve(shelf, listener)


def _shelf(file: Path, institution: int | None, stack: ExitStack) -> Shelf:
    """The file itself where it is a shelf; else a shelf for as long as the process lives."""
    if Shelf.recognises(file):
        shelf = Shelf(file)
        stack.callback(shelf.close)
        return shelf
    try:
        data = file.read_bytes()
    except OSError as error:
        raise Refusal(f"Filen {file} lar seg ikke lese: {error.strerror}.") from None
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="resultatdeler-"))
    shelf = Shelf(Path(folder) / "shelf.sqlite")
    stack.callback(shelf.close)
    put_file(shelf, data, institution)
    return shelf


def _listener(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise Refusal(f"Kan ikke lytte på {host}: {error.strerror}.") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise Refusal(f"Kan ikke lytte på {host}, port {port}: {error.strerror}. Velg en annen port.") from None
    return listener


def _announce(shelf: Shelf, host: str, port: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    for sharer in shelf.sharers():
        name = sharer.name.get("nb") or sharer.name.get("en") or f"institusjon {sharer.number}"
        click.echo(f"{name} deler resultater på http://{shown}:{port}/{sharer.number}")


def _serve(shelf: Shelf, listener: socket.socket) -> None:
    """Serves until SIGTERM or SIGINT; waitress takes either exception as its sign to stop, and returns."""
    server = create_server(create_provider(shelf), listener)
    signal.signal(signal.SIGTERM, _stop)
    try:
        server.run()
    finally:
        server.close()


def _stop(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
