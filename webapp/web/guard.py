"""What every request and every answer must keep to, whoever asks: docs/security.md says why."""

from urllib.parse import urlsplit

from flask import Flask, Response, abort, request
from werkzeug.exceptions import SecurityError

from webapp.config import Settings
from webapp.web.current import house

#: Nothing inline and nothing from elsewhere; the design system draws its icons from data: addresses.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: The one form that comes from other sites: a portal sends it back with a student. What it may do is bound by the
#: session within it, which is used once.
FROM_ELSEWHERE = "deliver.come_back"
#: What students see; where nobody signs in, their pages alone answer at the address outside.
OUTSIDE = ("deliver.", "static")
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
#: What is the same for everybody, and says itself how long it is kept.
FOR_EVERYBODY = frozenset({"static", "help.page"})
#: A year; without other hosts of the domain, which are not ours to speak for.
HSTS = "max-age=31536000"
LOOPBACK_HOSTS = ("127.0.0.1", "localhost")
#: The largest body of a request that says nothing else; those with files have limits of their own.
MOST_BYTES = 2 * 1024**2
#: Not counting files. The longest forms, of rows to tick, have a thousand fields.
MOST_FORM_BYTES = 1024**2
MOST_FORM_PARTS = 4000


def guard(app: Flask, settings: Settings) -> None:
    """Put the guard before and after every request."""
    # Another site's page may have its own name lead to this machine; it must not read ours by that name.
    app.config["TRUSTED_HOSTS"] = list(settings.hosts)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = MOST_FORM_BYTES
    app.config["MAX_FORM_PARTS"] = MOST_FORM_PARTS
    app.before_request(refuse_strangers)
    app.after_request(add_headers)


def refuse_strangers() -> None:
    """A request that changes something must come from one of our own pages; a browser says where it comes from."""
    if _is_outside() and not (request.endpoint or "").startswith(OUTSIDE):
        raise SecurityError
    if request.method in ("GET", "HEAD", "OPTIONS") or request.endpoint == FROM_ELSEWHERE:
        return
    if not _comes_from_us():
        abort(403)


def _is_outside() -> bool:
    """Whether somebody asks from outside where nobody signs in: then only students' pages are for them."""
    nobody_signs_in = house().settings.settings.sign_in is None
    return nobody_signs_in and _host(f"//{request.host}") not in LOOPBACK_HOSTS


def _comes_from_us() -> bool:
    """Whether nothing says that the request comes from elsewhere, and something says that it comes from here.

    Every browser of the last years sends Sec-Fetch-Site or Origin with a form, and those before them Referer; a page
    cannot set or forge any of them. Who sends none of them is no browser: that is let in without cookies only, which a
    browser adds by itself, on whoever's behalf.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None and site not in ("same-origin", "none"):
        return False
    if origin is not None:
        return _is_ours(origin)
    if site is not None:
        return True
    referrer = request.headers.get("Referer")
    return _is_ours(referrer) if referrer is not None else not request.cookies


def _is_ours(page: str) -> bool:
    """Whether a page's address is at our own host, port and, once we speak TLS, scheme ("null" is nobody's)."""
    try:
        parts = urlsplit(page)
    except ValueError:
        return False
    return parts.netloc == request.host and (parts.scheme == "https" or not request.is_secure)


def add_headers(response: Response) -> Response:
    """Headers of every answer that has not its own; what has personal data is kept in no shared store."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = HSTS
    # Flask lets files be kept if they are asked for anew ("no-cache").
    is_for_everybody = request.endpoint in FOR_EVERYBODY and response.status_code < 400
    if not is_for_everybody and "no-store" not in response.headers.get("Cache-Control", ""):
        # The way back leads to a page as it is by now: a list with what was just finished, an application with what was
        # just fetched. Not so for the hits of a search: the browser would ask to send the form again.
        is_hits = response.mimetype == "text/html" and request.method == "POST"
        response.headers["Cache-Control"] = "private, no-cache" if is_hits else "private, no-store"
        response.headers["Vary"] = "HX-Request"
    return response


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""
