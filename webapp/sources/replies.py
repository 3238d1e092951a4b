"""What an answer means, once it has come whole: the same for every protocol."""

import hashlib
from collections.abc import Callable

from webapp.errors import SourceError, SourceFailure, UnreadableElmo
from webapp.model import Outcome, Reply, Transcript
from webapp.sources.elmo import read


def document_reply(
    payload: bytes, known: str | None, etag: str | None = None, reader: Callable[[bytes], Transcript] = read
) -> Reply:
    """An answer as it came, as a reply; one whose hash (SHA-256, hexadecimal) is `known` is unchanged, and is not read
    again. Raises SourceError: UNSAFE or NOT_UNDERSTOOD when `reader` raises UnreadableElmo."""
    if known is not None and hashlib.sha256(payload).hexdigest() == known:
        return Reply(Outcome.UNCHANGED, etag=etag)
    try:
        transcript = reader(payload)
    except UnreadableElmo as error:
        if error.unsafe:
            raise SourceError(SourceFailure.UNSAFE, "the document was refused for what it holds") from None
        raise SourceError(SourceFailure.NOT_UNDERSTOOD, "the document cannot be read") from None
    return transcript_reply(transcript, payload, etag)


def transcript_reply(transcript: Transcript, payload: bytes, etag: str | None = None) -> Reply:
    """A transcript as a reply. One without a single result says "nothing"; the transcript goes with it when it has
    something to show all the same: rows that were left out (failed, in progress, doubtful) or not understood."""
    if any(study.results for study in transcript.studies):
        return Reply(Outcome.FOUND, transcript, payload, etag)
    if transcript.left_out or transcript.findings:
        return Reply(Outcome.NOTHING, transcript, payload, etag)
    return Reply(Outcome.NOTHING, etag=etag)
