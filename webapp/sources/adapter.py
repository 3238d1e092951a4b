"""What requests sends through: connections with a deadline, kept warm while they are needed, and whom they trust."""

import ssl
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import certifi
import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import ProxyManager

from webapp.sources.addresses import ANYWHERE, Network, reachable, written_address
from webapp.sources.deadline import DeadlineConnection, DeadlineTlsConnection, DeadlineTlsSocket, Shown
from webapp.sources.own_certificate import OwnCertificate

#: How long a connection that nobody needs is kept; servers in front of sources close theirs after some 60 to 75 s.
IDLE_SECONDS = 30.0


class _Pool(HTTPConnectionPool):
    """Connections to one source. One that nobody has needed for a while is closed: each moment in which more ask at
    once than before would leave another one open for good, and sources close theirs without our noticing."""

    ConnectionCls = DeadlineConnection  # type: ignore[assignment]

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.idle_since = monotonic()
        super()._put_conn(conn)
        pool = self.pool
        if pool is None:
            return
        # The last that came back is the next to go out: those at the bottom have waited longest.
        with pool.mutex:
            for waiting in pool.queue:
                if waiting is None or waiting.sock is None:
                    continue
                if waiting.idle_since > monotonic() - IDLE_SECONDS:
                    break
                waiting.close()


class _TlsPool(_Pool, HTTPSConnectionPool):
    ConnectionCls = DeadlineTlsConnection  # type: ignore[assignment]


def tls_context(authority: Path | None = None) -> ssl.SSLContext:
    """Whom we trust: what the machine trusts, certifi's list, and the certificates in a PEM file of the operator's. One
    for all sources; loading it is slow."""
    return _tls_context(authority)


@cache
def _tls_context(authority: Path | None) -> ssl.SSLContext:
    return _new_tls_context(authority)


def _new_tls_context(authority: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if authority is not None:
        context.load_verify_locations(authority)
    context.sslsocket_class = DeadlineTlsSocket
    return context


class DeadlineAdapter(HTTPAdapter):
    """Gives requests connections with a deadline; `seats` of them are kept warm.

    `authority`: a PEM file of certificates that are trusted beside those of the machine; `proxy_authorization`: what a
    proxy is told with Proxy-Authorization; `certificate`: what the source, and no proxy, is shown of us; `allowed`: the
    networks that may be reached beside the public ones. `shown`: what the latest TLS connection showed. Raises Refusal
    when the certificate cannot be used.
    """

    def __init__(
        self,
        seats: int,
        authority: Path | None = None,
        proxy_authorization: str | None = None,
        certificate: OwnCertificate | None = None,
        allowed: Sequence[Network] = (),
    ) -> None:
        self.shown = Shown()
        self._allowed = allowed
        self._proxy_context = self._context = tls_context(authority)
        if certificate is not None:
            # Of its own: what one source is shown, another must not be.
            self._context = _new_tls_context(authority)
            certificate.load_into(self._context)
        self._proxy_authorization = proxy_authorization
        self._pools: dict[str, Any] = {}
        self._targets: dict[str, str] = {}
        super().__init__(pool_connections=1, pool_maxsize=seats)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self._take_pools(self.poolmanager, self._allowed)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        """Who makes the connections through a proxy."""
        contexts = {"ssl_context": self._context, "proxy_ssl_context": self._proxy_context}
        manager: ProxyManager = super().proxy_manager_for(proxy, **contexts, **kwargs)
        self._take_pools(manager, ANYWHERE)
        return manager

    def get_connection_with_tls_context(self, request: Any, verify: Any, proxies: Any = None, cert: Any = None) -> Any:
        """The connections for a request, found once for each of the few addresses of a source: all go the same way."""
        pool = self._pools.get(request.url)
        if pool is None:
            pool = self._pools[request.url] = self._found_pool(request, verify, proxies, cert)
        return pool

    def _found_pool(self, request: Any, verify: Any, proxies: Any, cert: Any) -> Any:
        # A proxy looks up names itself, and answers for where they lead; an address that is written out it would take
        # as it is.
        if proxies and (written := written_address(urlsplit(request.url).hostname or "")) is not None:
            reachable([written], self._allowed)
        return super().get_connection_with_tls_context(request, verify, proxies, cert)

    def request_url(self, request: Any, proxies: Any) -> str:
        """What stands in the first line of a request."""
        target = self._targets.get(request.url)
        if target is None:
            target = self._targets[request.url] = super().request_url(request, proxies)
        return target

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """An answer as requests gives it, without what nobody asks it for: cookies, which no source has from us, and
        an encoding, since bodies are read as bytes."""
        response = requests.Response()
        response.status_code, response.reason = resp.status, resp.reason
        response.headers = resp.headers
        response.raw, response.request, response.url = resp, req, req.url or ""
        return response

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        """What the proxy alone is told."""
        return {"Proxy-Authorization": self._proxy_authorization} if self._proxy_authorization else {}

    def _take_pools(self, manager: Any, allowed: Sequence[Network]) -> None:
        manager.pool_classes_by_scheme = {
            "http": partial(_Pool, allowed=allowed),
            "https": partial(_TlsPool, allowed=allowed, shown=self.shown),
        }

    def close(self) -> None:
        """Closes the connections now; urllib3 would wait until nothing holds on to them, errors included."""
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for key in manager.pools.keys():  # noqa: SIM118 -- which is no mapping
                manager.pools[key].close()
        super().close()
        self._pools.clear()

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Certificates are always verified; requests would load its list anew for each connection."""
        conn.cert_reqs = "CERT_REQUIRED"
