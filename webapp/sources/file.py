"""Asks a folder of ELMO files what it has on a person: for institutions that no machine can ask."""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography import x509

from webapp.config import Settings
from webapp.errors import N_, Refusal, SourceError, SourceFailure, UnreadableElmo
from webapp.model import Description, Outcome, Question, Reply, Signature, SignatureState
from webapp.source_settings import FileSettings
from webapp.sources.deliveries import certificates_in
from webapp.sources.elmo import unwrapped
from webapp.sources.folder import Folder, FolderFile
from webapp.sources.replies import document_reply
from webapp.sources.signatures import check

PROTOCOL = "elmo-file/1"
#: People per question: the folder is looked through once for each.
BATCH = 200


class FileSource:
    """The files that one institution delivers. Several threads may share it.

    `folder`: None where files are only uploaded on a person. `complete`: it holds everybody, so that no file means no
    results. `trusted`: the certificates whose signatures count. `timeout_seconds` the limit for each question.
    """

    def __init__(
        self,
        folder: Path | None,
        timeout_seconds: float,
        trusted: Sequence[x509.Certificate] = (),
        batch: int | None = None,
        *,
        complete: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.trusted = trusted
        self.batch = batch or BATCH
        self._folder = Folder(folder, self._check) if folder is not None else None
        self._timeout_seconds = timeout_seconds
        self._complete = complete
        self._clock = clock

    def close(self) -> None:
        """Nothing is open."""

    def prepare(self) -> int:
        """Learn what the folder holds, however long that takes the first time. Raises SourceError."""
        self.files()
        return self.batch

    def describe(self) -> Description:
        """How many files there are. Raises SourceError when the folder cannot be read."""
        files = self.files()
        facts = {
            N_("Filer som kan leses"): sum(file.failure is None and not file.waits for file in files),
            N_("Filer som ikke kan leses"): sum(file.failure is not None for file in files),
            N_("Filer som venter"): sum(file.waits for file in files),
        }
        return Description(PROTOCOL, batch=self.batch, facts={name: str(n) for name, n in facts.items()})

    def files(self) -> Sequence[FolderFile]:
        """The files in the folder, the newest first; none where there is no folder. Raises SourceError."""
        return self._folder.files() if self._folder is not None else ()

    def content(self, name: str) -> bytes:
        """What is in a file of the folder. Raises SourceError."""
        if self._folder is None:
            raise SourceError(SourceFailure.NOT_FOUND, "there is no folder")
        return self._folder.content(name)

    def look_up(self, question: Question) -> Reply:
        """What the newest file about a person says. Raises SourceError: BAD_SIGNATURE when its signature is not its
        own, or when there is none and files that cannot be read may be about the person."""
        if self._folder is None:
            return Reply(Outcome.AWAITED)
        ends = time.monotonic() + self._timeout_seconds
        file = self._folder.newest(question.identifiers, ends)
        if file is None:
            return self._without_file(ends)
        if file.failure is not None:
            raise SourceError(file.failure, "a file about the person cannot be read")
        try:
            payload = unwrapped(self._folder.content(file.name))
        except UnreadableElmo:
            raise SourceError(SourceFailure.NOT_UNDERSTOOD, "a file that could be read cannot any more") from None
        # It may have been changed since the folder was looked through.
        known = file.signature if sha256(payload).hexdigest() == file.payload else None
        if (known or self._check(payload)).state is SignatureState.INVALID:
            raise SourceError(SourceFailure.BAD_SIGNATURE, "the signature is not that of the document")
        return document_reply(payload, question.payload)

    def look_up_many(self, questions: Mapping[str, Question]) -> Generator[tuple[str, Reply | SourceError], None, None]:
        """What the newest file says about each of several people."""
        for ref, question in questions.items():
            try:
                yield ref, self.look_up(question)
            except SourceError as error:
                yield ref, error

    def _check(self, payload: bytes) -> Signature:
        return check(payload, self.trusted, self._clock())

    def _without_file(self, ends: float) -> Reply:
        """A folder that should hold everybody says nothing of anybody while there is a file that nobody could read."""
        if not self._complete or self._folder is None:
            return Reply(Outcome.AWAITED)
        files = self._folder.files(ends)
        unknown = next((file.failure for file in files if file.failure is not None and not file.numbers), None)
        if unknown is not None:
            raise SourceError(unknown, "a file that cannot be read may be about anybody")
        if any(file.waits for file in files):
            raise SourceError(SourceFailure.UNAVAILABLE, "a file that is being written may be about anybody")
        return Reply(Outcome.NOTHING)


def open_file_source(source: FileSettings, settings: Settings, attempts: int) -> FileSource:
    """A source of this protocol, as it is set. Raises Refusal when its certificates cannot be read."""
    folder = settings.instance / source.folder if source.folder is not None else None
    trusted = trusted_by(source, settings)
    return FileSource(folder, source.timeout_seconds, trusted, source.batch, complete=source.complete)


def trusted_by(source: FileSettings, settings: Settings) -> Sequence[x509.Certificate]:
    """The certificates whose signatures a source's files may have. Raises Refusal when they cannot be read."""
    if source.certificates is None:
        return ()
    try:
        return certificates_in((settings.instance / source.certificates).read_bytes())
    except (OSError, ValueError):
        raise Refusal(
            "Sertifikatene i %(name)s kan ikke leses. Legg dem i en PEM-fil som programmet har tilgang til.",
            name=str(source.certificates),
        ) from None


def trusted_by_any(settings: Settings) -> Sequence[x509.Certificate]:
    """The certificates that any source's files may be signed with; those that cannot be read count for nothing."""
    trusted: list[x509.Certificate] = []
    for source in settings.sources:
        if isinstance(source, FileSettings):
            with suppress(Refusal):
                trusted.extend(trusted_by(source, settings))
    return trusted
