"""`eksternstudium serve`: the screens, for the browser on this machine."""

import gc
import logging
import signal
from types import FrameType

import click
from filelock import FileLock, Timeout
from waitress.server import create_server

from webapp import jobs
from webapp.errors import Refusal
from webapp.house import open_house
from webapp.web.factory import create_app

#: Browsers that poll keep their connections; waitress' default of 100 lets half of 200 wait.
MOST_CONNECTIONS = 1000
THREADS = 8


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Port på denne maskinen.")
def serve(port: int) -> None:
    """Start skjermbildene på denne maskinen. De er bare tilgjengelige herfra til det finnes innlogging."""
    logging.getLogger("webapp").setLevel(logging.INFO)
    house = open_house()
    lock = FileLock(house.settings.instance / "serve.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as taken:
        raise Refusal(
            "Skjermbildene kjører allerede for denne instansmappen. Stopp dem før du starter på nytt."
        ) from taken
    try:
        server = create_server(
            create_app(house), host="127.0.0.1", port=port, threads=THREADS, connection_limit=MOST_CONNECTIONS
        )
    except OSError as taken:
        raise Refusal(f"Port {port} er i bruk. Velg en annen med --port.") from taken
    house.importer.recover()
    house.fanout.try_again_due()
    house.fanout.start()
    clock = jobs.start(house)
    click.echo(f"Eksternstudium kjører på http://127.0.0.1:{server.effective_port}/")
    signal.signal(signal.SIGTERM, _stop)
    # What was loaded at the start stays: looked through for garbage, it makes a page wait 60 ms now and then.
    gc.collect()
    gc.freeze()
    try:
        server.run()
    except KeyboardInterrupt:
        logging.getLogger(__name__).info("stopped by the keyboard")
    finally:
        clock.stop()
        house.close()
        lock.release()


def _stop(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
