"""Where a page leads back to: paths of our own alone, and none that tells who somebody is."""

import re
from urllib.parse import unquote, urlsplit

from flask import request

#: However an identity number is grouped.
_NUMBER = re.compile(r"(?:\d[\s.+-]*){11}")


def own_path(text: str) -> str:
    """A path of our own with its query as it stands, "" for any other address and for one with what may be an identity
    number in it.

    Browsers take a backslash for a slash and pass over tabs and line ends, so that "/\\t/elsewhere" is another site's.
    """
    is_ours = text.startswith("/") and not text.startswith("//") and text.isprintable() and "\\" not in text
    return text if is_ours and not _NUMBER.search(unquote(text).replace("+", " ")) else ""


def path_of_page() -> str:
    """The path of the page on which somebody pressed or that asks by itself, as far as the browser tells; else ""."""
    page = urlsplit(request.headers.get("HX-Current-URL") or request.referrer or "")
    if page.netloc != request.host:
        return ""
    return own_path(f"{page.path}?{page.query}" if page.query else page.path)


def path_asked_for() -> str:
    """The path of this request, to come back to after signing in; "" for the start page, which is where one comes
    anyway."""
    path = own_path(request.full_path if request.query_string else request.path)
    return "" if path == "/" else path
