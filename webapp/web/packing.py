"""Answers packed with gzip, where that is both worth its while and safe: docs/security.md says when it is."""

import gzip

from flask import Flask, Response, request

#: A smaller one fits into a packet or two as it is.
LEAST_BYTES = 2000
#: The fastest: 30 kB of a page become 4 in 0.1 ms; level 6 takes a tenth off that for more than twice the time.
LEVEL = 1


def pack_pages(app: Flask) -> None:
    """Pack an application's pages. To be called before what adds to answers, for it must come last of all."""
    app.after_request(_packed)


def pack(body: bytes, level: int = LEVEL) -> bytes:
    """The same content always gives the same bytes."""
    return gzip.compress(body, level, mtime=0)


def takes_packed() -> bool:
    """Whether who asks can unpack it."""
    return request.accept_encodings.quality("gzip") > 0


def _packed(answer: Response) -> Response:
    """Pages go packed to other machines alone, which means over TLS: see `serve`."""
    if (
        not request.is_secure
        or answer.mimetype != "text/html"
        or answer.is_streamed
        or answer.direct_passthrough
        or "Content-Encoding" in answer.headers
        or (answer.content_length or 0) < LEAST_BYTES
    ):
        return answer
    answer.vary.add("Accept-Encoding")
    answer.vary.add("Sec-Fetch-Site")
    if takes_packed() and _is_ours_or_readers():
        answer.set_data(pack(answer.get_data()))
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def _is_ours_or_readers() -> bool:
    """Whether the browser says that one of our pages asks, or its reader by the address line or a bookmark.

    A page holds what is secret (people's data) and what the address says (a filter). Where both are packed together,
    the length tells how alike they are to who listens on the line and lets a page of theirs ask a thousand times
    (BREACH). Such a page is another site, which a browser says by itself; then nothing is packed.
    """
    return request.headers.get("Sec-Fetch-Site") in ("same-origin", "none")
