"""Servers on the loopback that answer, badly or well."""

import ssl
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from misbehaviours import BadServer, Misbehaviour, self_signed
from webapp.model import Basis, Purpose, Question
from world import KARI_NUMBER


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """TLS for a server, and the file of its certificate."""
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def served() -> Iterator[Callable[..., BadServer]]:
    """Starts a server for a speech."""
    with ExitStack() as stack:
        yield lambda speech, tls=None: stack.enter_context(BadServer(speech, tls))


@pytest.fixture
def misbehaving(
    served: Callable[..., BadServer], certificate: tuple[ssl.SSLContext, Path]
) -> Callable[[Misbehaviour], BadServer]:
    """Starts a server that misbehaves."""

    def start(misbehaviour: Misbehaviour) -> BadServer:
        server = served(misbehaviour.speech, certificate[0] if misbehaviour.certified else None)
        if misbehaviour.tls:
            server.url = server.url.replace("http://", "https://")
        return server

    return start


@pytest.fixture
def question() -> Question:
    return Question((KARI_NUMBER,), Purpose.ADMISSION, Basis.CONSENT, str(uuid.uuid4()))
