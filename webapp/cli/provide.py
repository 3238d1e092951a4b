"""`eksternstudium provide`: share results from a file over HTTP, and say to whom."""

import socket
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import click
from flask import Flask

from webapp.cli.listening import listen
from webapp.cli.provide_access import asker, token
from webapp.cli.provide_people import institution, opt_out, trace
from webapp.cli.shelves import FileFirst
from webapp.cli.stopping import Stopping, leave
from webapp.errors import Refusal
from webapp.provider import create_provider
from webapp.provider.elmo_file import put_file
from webapp.provider.server import create_server
from webapp.provider.settings import ProviderSettings, read_settings, refuse_unsafe
from webapp.provider.shelf import Shelf
from webapp.tls import create_tls_server


@click.group(cls=FileFirst, default="serve")
def provide() -> None:
    """Del resultater. «provide FILE --port NUMBER» er det samme som «provide serve FILE --port NUMBER»."""


@provide.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), required=True, help="Porten det lyttes på; 0 velger en ledig.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Adressen det lyttes på.")
@click.option("--institution", type=click.IntRange(1), help="Institusjonsnummer, for en ELMO-fil uten.")
@click.option(
    "--settings",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Innstillingene; ellers filen ved siden av FILE med samme navn og endelsen .toml, om den fins.",
)
def serve(file: Path, port: int, host: str, institution: int | None, settings: Path | None) -> None:
    """Del resultater fra FILE: resultatdelerens egen SQLite-fil, eller en ELMO-fil som deles som den er."""
    asks = read_settings(settings or file.with_suffix(".toml"))
    with ExitStack() as stack:
        stopping = stack.enter_context(Stopping())
        shelf = _shelf(file, institution, stack)
        if not asks.is_open and not Shelf.recognises(file):
            raise Refusal(f"{file} har ikke plass til noen som spør. Legg den i en egen fil med «provide put» først.")
        listener = stack.enter_context(listen(host, port, partial(refuse_unsafe, asks)))
        server = _server(create_provider(shelf, asks), listener, asks)
        stack.callback(server.close)
        _announce(shelf, host, listener.getsockname()[1], "http" if asks.certificate is None else "https")
        stopping.serve_until_told(server.run)
    # At once: Python forgets on its way out how signals are heard, and another one would kill it.
    leave(0)


@provide.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("documents", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--institution", type=click.IntRange(1), help="Institusjonsnummer, for ELMO-filer uten.")
def put(file: Path, documents: tuple[Path, ...], institution: int | None) -> None:
    """Legg ELMO-filer i FILE, som lages om den ikke fins. En persons nye dokument tar det gamles plass."""
    if file.exists() and not Shelf.recognises(file):
        raise Refusal(f"{file} er ikke resultatdelerens egen fil. Velg et navn som ikke er i bruk.")
    contents = [_read(document) for document in documents]
    shelf = Shelf(file)
    try:
        for content in contents:
            put_file(shelf, content, institution)
    finally:
        shelf.close()


for _command in (token, asker, institution, opt_out, trace):
    provide.add_command(_command)


def _shelf(file: Path, institution: int | None, stack: ExitStack) -> Shelf:
    """The file itself where it is a shelf; else a shelf for as long as the process lives."""
    if Shelf.recognises(file):
        shelf = Shelf(file)
        stack.callback(shelf.close)
        return shelf
    data = _read(file)
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="resultatdeler-"))
    shelf = Shelf(Path(folder) / "shelf.sqlite")
    stack.callback(shelf.close)
    put_file(shelf, data, institution)
    return shelf


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refusal(f"Filen {file} lar seg ikke lese: {error.strerror}.") from None


def _server(app: Flask, listener: socket.socket, asks: ProviderSettings) -> Any:
    if asks.certificate is None or asks.key is None:
        return create_server(app, listener)
    return create_tls_server(app, listener, asks.certificate, asks.key, asks.client_authority)


def _announce(shelf: Shelf, host: str, port: int, scheme: str) -> None:
    shown = f"[{host}]" if ":" in host else host
    for sharer in shelf.sharers():
        name = sharer.name.get("nb") or sharer.name.get("en") or f"institusjon {sharer.number}"
        click.echo(f"{name} deler resultater på {scheme}://{shown}:{port}/{sharer.number}")
