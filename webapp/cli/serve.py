"""`eksternstudium serve`: the screens, for the browsers of this machine, or of others once people sign in."""

import gc
import logging
import socket
from typing import Any

import click
from filelock import Timeout
from flask import Flask
from waitress.server import create_server
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp import jobs, memory
from webapp.cli.alone import serve_lock
from webapp.cli.listening import check_reach, listen
from webapp.cli.monitored import monitored
from webapp.cli.stopping import Stopping, leave
from webapp.config import Settings
from webapp.errors import Refusal
from webapp.house import open_house
from webapp.tls import create_tls_server
from webapp.web.factory import create_app

#: Browsers that poll keep their connections; waitress' default of 100 lets half of 200 wait.
MOST_CONNECTIONS = 1000
THREADS = 8
#: Above the largest file that a screen takes, so that it is the screen that explains; waitress lets 1 GiB go to disk.
MOST_BODY_BYTES = 110 * 1024**2
MOST_HEADER_BYTES = 64 * 1024
#: A connection that has been silent for so long is let go.
SILENT_SECONDS = 60


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Porten det lyttes på.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Adressen det lyttes på.")
def serve(port: int, host: str) -> None:
    """Start skjermbildene. Andre maskiner når dem bare når brukerne logger inn, og forbindelsen er kryptert."""
    logging.getLogger("webapp").setLevel(logging.INFO)
    memory.take_of_few_places()
    with Stopping() as stopping:
        _serve(port, host, stopping)


def _serve(port: int, host: str, stopping: Stopping) -> None:
    house = open_house()
    monitored(house.settings)
    check_reach(house.settings, host)
    lock = serve_lock(house.settings.instance)
    try:
        lock.acquire()
    except Timeout as taken:
        raise Refusal(
            "Skjermbildene kjører allerede for denne instansmappen. Stopp dem før du starter på nytt."
        ) from taken
    server = _server(create_app(house), house.settings, listen(host, port))
    house.importer.recover()
    house.fanout.try_again_due()
    house.fanout.start()
    clock = jobs.start(house)
    scheme = "https" if house.settings.settings.server.certificate else "http"
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"Eksternstudium kjører på {scheme}://{shown}:{server.effective_port}/")
    # What was loaded at the start stays: looked through for garbage, it makes a page wait 60 ms now and then.
    gc.collect()
    gc.freeze()
    try:
        # The run that is going on takes longest to end, and knows nothing of the screens: it is told first.
        stopping.serve_until_told(server.run, at_once=clock.stop)
    finally:
        house.close()
        clock.stop()
        lock.release()
    leave(0)


def _server(app: Flask, settings: Settings, listener: socket.socket) -> Any:
    """What serves the screens on a socket: with TLS of our own where there is a certificate, else waitress."""
    server = settings.settings.server
    if files := server.files(settings.instance):
        return create_tls_server(app, listener, *files)
    if server.behind_proxy:
        # One proxy, ours: what further ones or the client said of themselves stands further back, and is not read.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    return create_server(
        app,
        sockets=[listener],
        threads=THREADS,
        connection_limit=MOST_CONNECTIONS,
        clear_untrusted_proxy_headers=not server.behind_proxy,
        max_request_body_size=MOST_BODY_BYTES,
        max_request_header_size=MOST_HEADER_BYTES,
        channel_timeout=SILENT_SECONDS,
    )
