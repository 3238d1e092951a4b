"""What every answer and every request must keep to, before there is a sign-in."""

from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

#: Nothing inline and nothing from elsewhere; the design system draws its icons from data: addresses.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: The one form that comes from other sites: a portal sends it back with a student. What it may do is bound by the
#: session within it, which is used once.
FROM_ELSEWHERE = "deliver.come_back"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def guard(app: Flask) -> None:
    """Put the guard before and after every request."""
    # Another site's page may have its own name lead to this machine; it must not read ours by that name.
    app.config["TRUSTED_HOSTS"] = list(app.extensions["house"].settings.hosts)
    app.before_request(refuse_strangers)
    app.after_request(add_headers)


def refuse_strangers() -> None:
    """A request that changes something must come from one of our own pages; a browser says where it comes from."""
    if request.method in ("GET", "HEAD", "OPTIONS") or request.endpoint == FROM_ELSEWHERE:
        return
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    if site not in ("same-origin", "none") or (origin and urlsplit(origin).netloc != request.host):
        abort(403)


def add_headers(response: Response) -> Response:
    """Headers of every answer that has not its own; pages with personal data are kept in no shared store."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if response.mimetype == "text/html" and "Cache-Control" not in response.headers:
        # The way back leads to a page as it is by now: a list with what was just finished, an application with what was
        # just fetched. Not so for the hits of a search: the browser would ask to send the form again.
        response.headers["Cache-Control"] = "private, no-cache" if request.method == "POST" else "private, no-store"
        response.headers["Vary"] = "HX-Request"
    return response
