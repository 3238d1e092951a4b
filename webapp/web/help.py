"""The documentation as a site, where the program has it: a release brings it along, `make docs` builds it.

It is public text with nobody in it, so who cannot sign in may read it too. An address is looked up among the files that
were there at the start, and never in the file system; each is read when somebody first asks for it.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, redirect, url_for
from flask.typing import ResponseReturnValue

from webapp.web.static_files import StaticFile, answer_with, read_file

routes = Blueprint("help", __name__)

#: Where a reader begins: the caseworker's pages.
START = "saksbehandler/index.html"
#: Ten minutes, in seconds: so long may a page be read as it was before an upgrade.
KEPT = "public, max-age=600"
#: How sentences name a page, wherever they are read.
_NAMED = re.compile(r"(docs/[a-z-]+\.md)")


def serve_help(app: Flask, folder: Path | None) -> None:
    """Have an application know the site in a folder, or that there is none, and templates where a reader begins, or
    None, and which pages a sentence names."""
    app.extensions["help"] = pages_in(folder) if folder is not None else {}
    app.jinja_env.globals["help_start"] = lambda: START if START in _pages() else None
    app.jinja_env.filters["with_pages"] = with_pages


def pages_in(folder: Path) -> Mapping[str, Path]:
    """All files of a site, some 150, by their path within it."""
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def with_pages(sentence: str) -> Sequence[tuple[str, str | None]]:
    """A sentence in pieces, and beside those that name a page which is there, as `docs/backup.md`, its path in the
    site."""
    return [(piece, _page_of(piece) if place % 2 else None) for place, piece in enumerate(_NAMED.split(sentence))]


def _page_of(name: str) -> str | None:
    page = Path(name).relative_to("docs").with_suffix(".html").as_posix()
    return page if page in _pages() else None


@routes.get("/help")
@routes.get("/help/")
def start() -> ResponseReturnValue:
    """To where a reader begins."""
    if START not in _pages():
        abort(404)
    return redirect(url_for("help.page", name=START))


@routes.get("/help/<path:name>")
def page(name: str) -> Response:
    """A page, or a file that belongs to one."""
    return answer_with(_read(_pages().get(name) or abort(404)), KEPT)


def _pages() -> Mapping[str, Path]:
    found: Mapping[str, Path] = current_app.extensions["help"]
    return found


@cache
def _read(path: Path) -> StaticFile:
    return read_file(path)
