"""The head of an answer, read in one go where it is as heads are, and by http.client where it is not.

http.client reads a line at a time and hands them to the parser of the email package: half of what a question costs.
What it would read otherwise than here is left to it, whole: more than one line of a name, folded lines, characters that
nobody sends, lengths that are none, a head that has not come in one piece.
"""

import http.client
import re
from typing import Any

from urllib3 import HTTPHeaderDict

#: A final status and fields without control characters (RFC 9112 4 and 5).
_HEAD = re.compile(
    rb"HTTP/1\.1 ([2-5][0-9]{2}) ([\t\x20-\x7e]*)\r\n"
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\xa0-\xff]*\r\n)*)\r\n"
)
_LENGTH = re.compile("[0-9]{1,15}")
_FOLD = re.compile(r"[\t ]*\r?\n[\t ]*")
#: As many fields as http.client takes: a hundred lines, of which the last is empty.
_MOST_FIELDS = 99


class Answered(http.client.HTTPResponse):
    """http.client's answer; `fields` are those of its head, by any case of their names."""

    fields: HTTPHeaderDict

    def begin(self) -> None:
        """Read the head. Raises what http.client does."""
        if self.headers is None and not self._read_at_once():
            super().begin()
            self.fields = HTTPHeaderDict((name, _FOLD.sub(" ", value)) for name, value in self.headers.items())

    def _read_at_once(self) -> bool:
        # A look does not take anything: what is not read here is still all there.
        head = _HEAD.match(self.fp.peek())
        if head is None:
            return False
        fields = HTTPHeaderDict()
        lines = head[3].decode("latin-1").split("\r\n")[:-1]
        for line in lines:
            name, _, value = line.partition(":")
            fields[name] = value.strip(" \t")
        coding, length = fields.get("Transfer-Encoding"), fields.get("Content-Length")
        if len(fields) != len(lines) or len(lines) > _MOST_FIELDS:
            return False
        if (coding and coding.lower() != "chunked") or (length is not None and not _LENGTH.fullmatch(length)):
            return False
        self.fp.read(head.end())
        self._take(int(head[1]), head[2].decode("latin-1").strip(), fields)
        return True

    def _take(self, status: int, reason: str, fields: Any) -> None:
        """What http.client draws from a head (RFC 9112 6.3 and 9.3)."""
        self.code = self.status = status
        self.reason, self.version = reason, 11
        self.headers = self.msg = self.fields = fields
        self.chunked, self.chunk_left = "Transfer-Encoding" in fields, None
        self.length = None if self.chunked or "Content-Length" not in fields else int(fields["Content-Length"])
        if status in (204, 304):
            self.length = 0
        closes = "close" in fields.get("Connection", "").lower()
        self.will_close = closes or (not self.chunked and self.length is None)
