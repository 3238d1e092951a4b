"""What goes to a worker of a Dask cluster and comes back from it, and what it does in between.

Both are bytes, pickled as Dask pickles all that passes through it; the scheduler hands them on unread. Most people have
nothing at most sources, so that a person costs a few bytes each way and no object of its own.
"""

import logging
import pickle
from collections import defaultdict
from functools import lru_cache
from threading import Event, Lock

from cachetools import TTLCache, cached

from webapp.config import instance_folder, read_settings
from webapp.errors import Refusal, SourceError, SourceFailure
from webapp.fetching.run_asking import Work, ask
from webapp.model import Outcome, Question, Reply
from webapp.source_settings import SourceSettings
from webapp.sources.catalogue import Source, open_source

#: A worker keeps so many sources open, each no longer than so many seconds: a secret in a file may change.
OPEN_SOURCES, OPEN_SECONDS = 200, 600.0

_log = logging.getLogger(__name__)
_never = Event()


def packed(settings: SourceSettings, batch: int, work: Work) -> bytes:
    """What a worker needs to ask a source, that takes `batch` people at once, about those who are left."""
    fetch, left = work.fetch, work.left or []
    who = [(q.identifiers, q.etag, q.payload) for q in map(work.questions.__getitem__, left)]
    return pickle.dumps((pickle.dumps(settings), batch, fetch, work.request, work.tries, left, who))


def ask_there(sent: bytes) -> bytes:
    """Ask in a worker; returns what has come. Never raises: Dask would log what it was called with."""
    settings, batch, fetch, request, tries, left, who = pickle.loads(sent)  # noqa: S301 - Dask has pickled what it is called with
    questions = {
        person: Question(identifiers, fetch.purpose, fetch.basis, request, etag, payload)
        for person, (identifiers, etag, payload) in zip(left, who, strict=True)
    }
    work = Work(fetch, left, questions=questions, request=request, tries=tries)
    try:
        source = _opened(settings)
        source.batch = batch
        ask(source, work, _never)
    except Refusal as refusal:
        work.trouble = SourceError(SourceFailure.WRONGLY_SET_UP, str(refusal))
    except Exception as error:
        _log.exception("a worker failed within")
        work.trouble = SourceError(SourceFailure.INTERNAL, f"a worker failed: {type(error).__name__}")
    return _came(work)


def take_in(work: Work, came: bytes) -> None:
    """Take over what a worker has said of a work."""
    bare, replies, failures, work.left, work.trouble, work.seconds, has_answered = pickle.loads(came)  # noqa: S301
    for outcome, some in bare.items():
        work.replies |= dict.fromkeys(some, _bare(outcome))
    work.replies |= replies
    work.failures |= failures
    work.has_answered |= has_answered
    work.questions = {}


def _came(work: Work) -> bytes:
    """What has come: replies of which there is nothing to say but the outcome as the people whose they are."""
    bare, replies = defaultdict[str, list[int]](list), dict[int, Reply]()
    for person, reply in work.replies.items():
        if reply == _bare(reply.outcome):
            bare[reply.outcome.value].append(person)
        else:
            replies[person] = reply
    return pickle.dumps((dict(bare), replies, work.failures, work.left, work.trouble, work.seconds, work.has_answered))


@lru_cache
def _bare(outcome: str) -> Reply:
    return Reply(Outcome(outcome))


@cached(TTLCache(OPEN_SOURCES, OPEN_SECONDS), lock=Lock())
def _opened(settings: bytes) -> Source:
    """A source, open in this worker, with the secrets of this worker's own environment. Raises Refusal."""
    known: SourceSettings = pickle.loads(settings)  # noqa: S301
    return open_source(known, read_settings(instance_folder()), attempts=1)
