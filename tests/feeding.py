"""Our own FS for as long as a test needs it, with whoever has applied there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from carried import told
from serving import served
from webapp.demo.fs import Conduct, create_fs_server
from webapp.institutions import REGISTER
from webapp.model import ApplicationRecord
from webapp.provider.shelf import Shelf
from webapp.source_settings import FsGraphqlSettings
from webapp.sources.elmo import write
from world import KARI_NUMBER, NOW, UIO


@contextmanager
def own_fs(folder: Path, *applied: ApplicationRecord, conduct: Conduct | None = None) -> Iterator[FsGraphqlSettings]:
    """An FS in which Kari is a student; gives the settings of [feed] that lead to it."""
    shelf = Shelf(folder / "own-fs.sqlite")
    shelf.add_institution(REGISTER[UIO])
    shelf.put(UIO, [KARI_NUMBER], write(told(), NOW), etag="kari")
    with served(create_fs_server(shelf, conduct, applied)) as url:
        yield FsGraphqlSettings(institution=UIO, url=f"{url}/{UIO}/graphql", timeout_seconds=5)
    shelf.close()
