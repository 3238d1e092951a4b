"""The browser's files: read once, packed once, and kept by browsers under an address that says what is in them.

An address carries a hash of the file's content, so that a browser may keep it for good: another content has another
address. What is asked for is looked up among what was read at the start, and never in the file system.
"""

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, request, url_for

from webapp.web.packing import pack, takes_packed

#: A year is the longest that caches keep anything (RFC 9111); immutable: not asked for anew when a page is loaded anew.
FOR_GOOD = "public, max-age=31536000, immutable"
#: Kept, but asked about each time: an address without the hash, or with that of another edition.
ASK_FIRST = "no-cache"
#: So many hexadecimal digits of the hash tell editions of a file apart.
MARK_DIGITS = 12
#: All icons, each a part of this one.
ICONS = "icons.svg"


@dataclass(frozen=True)
class StaticFile:
    """A file as it is sent: `packed` is None where that is no smaller; `mark` is what its address says."""

    body: bytes
    packed: bytes | None
    mimetype: str
    mark: str


def serve_static(app: Flask) -> None:
    """Serve an application's static folder from memory, and have url_for("static") say the content's hash."""
    files = _read(Path(app.static_folder or ""))

    def send(filename: str) -> Response:
        file = files.get(filename) or abort(404)
        return answer_with(file, FOR_GOOD if request.args.get("v") == file.mark else ASK_FIRST)

    def mark(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and (file := files.get(values.get("filename", ""))):
            values["v"] = file.mark

    @cache
    def address(root: str) -> str:
        return url_for("static", filename=ICONS)

    app.view_functions["static"] = send
    app.url_defaults(mark)
    # A page has hundreds of icons, and their address is the same wherever the application stands.
    app.jinja_env.globals["icons"] = lambda: address(request.script_root)


def answer_with(file: StaticFile, kept: str) -> Response:
    """A file, packed for who can unpack it, or 304 for who has it. `kept`: its Cache-Control."""
    packed = file.packed if takes_packed() else None
    answer = Response(packed or file.body, mimetype=file.mimetype)
    if packed:
        answer.headers["Content-Encoding"] = "gzip"
    answer.vary.add("Accept-Encoding")
    answer.headers["Cache-Control"] = kept
    answer.set_etag(f"{file.mark}-gzip" if packed else file.mark)
    answer.make_conditional(request)
    return answer


@cache
def _read(folder: Path) -> Mapping[str, StaticFile]:
    """All files below a folder, by their path within it; some 0.5 MB, packed in 15 ms."""
    return {path.relative_to(folder).as_posix(): read_file(path) for path in folder.rglob("*") if path.is_file()}


def read_file(path: Path) -> StaticFile:
    """Read and pack a file; how it is sent says the end of its name."""
    body = path.read_bytes()
    packed = pack(body, level=9)
    return StaticFile(
        body,
        packed if len(packed) < len(body) else None,
        mimetypes.guess_type(path.name)[0] or "application/octet-stream",
        hashlib.sha256(body).hexdigest()[:MARK_DIGITS],
    )
