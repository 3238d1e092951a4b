"""Serves the demo network on the loopback: all its institutions in one process, and one that never answers."""

import signal
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from waitress import wasyncore

from webapp.demo.applicants import demo_applications
from webapp.demo.behaviour import Behaving
from webapp.demo.fs import create_fs_server, has_fs
from webapp.demo.people import SEED
from webapp.demo.roster import BEHAVIOURS, SCHOOLS, Behaviour
from webapp.provider import create_provider
from webapp.provider.server import create_server
from webapp.provider.shelf import Shelf

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HOST = "127.0.0.1"
#: Where it is unless somebody else is there: an instance that was made to try it has these addresses.
NETWORK_PORT, DEAD_PORT = 8154, 8155
#: `[network]` of an instance's settings.toml: the loopback, where the network is, is asked only when that is said.
NETWORK_TOML = f'[network]\nallowed_networks = ["{HOST}/32"]\n'
#: Each delayed answer holds a thread: three fetches from all institutions at once.
THREADS = 160
BACKLOG = 1024
#: Whose FS completes people.
FEED = 185


@dataclass(frozen=True)
class Addresses:
    """Where a network is: the address before the institutions' numbers, and that of the one that is dead."""

    base_url: str
    dead_url: str


@contextmanager
def running_network(
    shelf_path: Path, port: int = 0, dead_port: int = 0, *, seed: int = SEED, latency_scale: float = 1.0
) -> Iterator[Addresses]:
    """Serves the network from threads of this process for as long as the context lasts; port 0 takes a free one.

    `latency_scale` multiplies every delay; with 0 all but the dead institution answer at once. OSError when a port
    is taken.
    """
    with _listener(port) as listener, _listener(dead_port) as dead:
        shelf = Shelf(shelf_path)
        app = create_provider(shelf, is_traced=False)
        answers = _either(app.wsgi_app, _fs(shelf)) if has_fs() else app.wsgi_app
        behaving = Behaving(answers, seed=seed, latency_scale=latency_scale)
        app.wsgi_app = behaving  # type: ignore[method-assign]  # the way that Flask names for middleware
        server = create_server(app, listener)
        server.task_dispatcher.set_thread_count(THREADS)
        thread = threading.Thread(target=server.run, name="demo network", daemon=True)
        thread.start()
        try:
            yield Addresses(_url(listener), _url(dead))
        finally:
            # Answers under way first; then, in the server's own thread, all that it waits for.
            server.task_dispatcher.shutdown()
            server.trigger.pull_trigger(partial(wasyncore.close_all, server._map))
            thread.join()
            shelf.close()


def serve_network(
    shelf_path: Path,
    port: int = 0,
    dead_port: int = 0,
    ready: Callable[[Addresses], object] | None = None,
    *,
    seed: int = SEED,
    latency_scale: float = 1.0,
) -> None:
    """Serves the network until SIGTERM or SIGINT; for the main thread of a process of its own.

    `ready` is called with the addresses once they can be asked: the `send` of a pipe, for instance.
    """
    signal.signal(signal.SIGTERM, _stop)
    with (
        running_network(shelf_path, port, dead_port, seed=seed, latency_scale=latency_scale) as addresses,
        suppress(KeyboardInterrupt, SystemExit),
    ):
        if ready is not None:
            ready(addresses)
        threading.Event().wait()


def _stop(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def sources_toml(base_url: str, dead_url: str, beside: Path | None = None) -> str:
    """The text of an instance's sources.toml that names all institutions of the network.

    With `beside`, the folder that `lay_beside` made, each is asked in its own way, as far as the extra `demo` is there;
    without, all by ELMO pull.
    """
    return "\n".join(_source(number, base_url, dead_url, beside) for number in SCHOOLS)


def _source(number: int, base_url: str, dead_url: str, beside: Path | None) -> str:
    before = dead_url if BEHAVIOURS.get(number) is Behaviour.DEAD else base_url
    protocol = SCHOOLS[number].protocol if beside else "elmo-pull"
    if protocol in ("fs-graphql", "database") and not has_fs():
        protocol = "elmo-pull"
    ways = {
        "elmo-pull": f'url = "{before}/{number}"',
        "fs-graphql": f'url = "{before}/{number}/graphql"',
        "database": f'url = "sqlite:///{beside}/{number}.sqlite"',
        "file": f'folder = "{beside}/{number}"',
    }
    return (
        "[[source]]\n"
        f"institution = {number}\n"
        f'name = "{SCHOOLS[number].institution.name["nb"]}"\n'
        f'protocol = "{protocol}"\n'
        f"{ways[protocol]}\n"
    )


def feed_toml(base_url: str) -> str:
    """The text of `[feed]` in an instance's settings.toml, which leads to an FS of the network; nothing without the
    extra `demo`."""
    return f'[feed]\ninstitution = {FEED}\nurl = "{base_url}/{FEED}/graphql"\n' if has_fs() else ""


def _fs(shelf: Shelf) -> "WSGIApplication":
    """FS, which knows the applicants too."""
    return create_fs_server(shelf, applicants=demo_applications(datetime.now(UTC))).wsgi_app


def _either(provider: "WSGIApplication", fs: "WSGIApplication") -> "WSGIApplication":
    """Both ways to ask an institution: its base, and beneath it FS GraphQL."""

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        is_graphql = environ.get("PATH_INFO", "").endswith("/graphql")
        return (fs if is_graphql else provider)(environ, start_response)

    return app


def _listener(port: int) -> socket.socket:
    """A socket that listens. Nobody takes connections off that of the dead institution: they hang."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _url(listener: socket.socket) -> str:
    return f"http://{HOST}:{listener.getsockname()[1]}"
