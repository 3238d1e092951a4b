"""What a portal sends back with a student: a form with a code and, when all went well, a signed ELMO document."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from webapp.errors import SourceError, SourceFailure, UnreadableElmo
from webapp.model import Delivery, Outcome, Portal, Reply
from webapp.sources.deliveries import open_delivery
from webapp.sources.emrex.keys import certificate_of
from webapp.sources.replies import transcript_reply

#: How long the portal's own words may be that are kept.
MOST_SAID = 500


class ReturnCode(StrEnum):
    """What a portal says of a visit; each stands behind EMP_ or, in old portals, NCP_."""

    OK = "OK"
    NO_RESULTS = "NO_RESULTS"
    CANCEL = "CANCEL"
    ERROR = "ERROR"


@dataclass(frozen=True)
class Received:
    """What came back. `said`: the portal's own words, plain text; `delivery` is there when the code is OK."""

    code: ReturnCode
    said: str | None = None
    delivery: Delivery | None = None

    @property
    def reply(self) -> Reply:
        """The same as the answer of a source that was asked. Raises SourceError where the portal failed."""
        if self.delivery is not None:
            return transcript_reply(self.delivery.transcript, self.delivery.payload)
        if self.code is ReturnCode.NO_RESULTS:
            return Reply(Outcome.NOTHING)
        raise SourceError(SourceFailure.SERVER_ERROR, f"the portal said {self.code}")


def received(form: Mapping[str, str], portal: Portal, now: datetime) -> Received:
    """What a portal's form says, its document read and the signature checked against the portal's own keys.

    Raises SourceError: NOT_UNDERSTOOD for a code or a document that is none, UNSAFE and TOO_LARGE for a document that
    is not let in. What the signature is worth is for the caller to judge.
    """
    said = " ".join(form.get("returnMessage", "").split())[:MOST_SAID] or None
    prefix, _, name = form.get("returnCode", "").strip().upper().partition("_")
    if prefix not in ("EMP", "NCP") or name not in list(ReturnCode):
        raise SourceError(SourceFailure.NOT_UNDERSTOOD, "the portal's code is not one of EMREX")
    code = ReturnCode(name)
    if code is not ReturnCode.OK:
        return Received(code, said)
    trusted = tuple(certificate_of(key) for key in portal.keys)
    try:
        # A blank where a plus was: some portals send base64 in a form without escaping it.
        elmo = form.get("elmo", "").strip().replace(" ", "+").encode("ascii")
        return Received(code, said, open_delivery(elmo, trusted, now, is_selection=True))
    except UnicodeEncodeError:
        raise SourceError(SourceFailure.NOT_UNDERSTOOD, "the document is not base64") from None
    except UnreadableElmo as error:
        raise SourceError(_FAILURES[error.unsafe], "the document was not let in or cannot be read") from None


_FAILURES = {True: SourceFailure.UNSAFE, False: SourceFailure.NOT_UNDERSTOOD}
