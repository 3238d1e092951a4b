"""What lies beside the shelf of the demo network: databases, and folders with files, of those that answer by them."""

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

from webapp.demo.build import GENERATED_AT
from webapp.demo.roster import SCHOOLS
from webapp.model import Identifier, Transcript
from webapp.provider.shelf import Shelf
from webapp.sources.elmo import read

try:
    from sqlalchemy import create_engine

    from webapp.demo.shared_views import create_tables, put
except ImportError:  # pragma: no cover - the tests have it
    HAS_DATABASES = False
else:
    HAS_DATABASES = True


def lay_beside(shelf_path: Path) -> Path:
    """The folder with `<number>.sqlite` of each institution that answers as a database (with the extra `demo` alone),
    and a folder `<number>` of each that puts files there; made from the shelf where it is not there yet. Those of other
    shelves go."""
    folder = shelf_path.parent / f"beside-{'all' if HAS_DATABASES else 'files'}-{shelf_path.stem}"
    if folder.exists():
        return folder
    building = Path(mkdtemp(dir=shelf_path.parent, prefix="building-"))
    shelf = Shelf(shelf_path)
    try:
        for number, school in SCHOOLS.items():
            if school.protocol == "database" and HAS_DATABASES:
                _write_database(building / f"{number}.sqlite", _transcripts(shelf, number))
            elif school.protocol == "file":
                _write_files(building / str(number), (elmo for _, elmo in shelf.documents(number)))
    finally:
        shelf.close()
    for old in shelf_path.parent.glob("beside-*"):
        shutil.rmtree(old)
    building.rename(folder)
    return folder


def _transcripts(shelf: Shelf, institution: int) -> Iterator[Transcript]:
    """What an institution holds, each under all numbers that it is found by."""
    for numbers, elmo in shelf.documents(institution):
        transcript = read(elmo)
        identifiers = tuple(Identifier("nationalIdentifier", number) for number in numbers)
        yield replace(transcript, learner=replace(transcript.learner, identifiers=identifiers))


def _write_database(path: Path, transcripts: Iterable[Transcript]) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        create_tables(connection)
        put(connection, transcripts)
    engine.dispose()


def _write_files(folder: Path, documents: Iterable[bytes]) -> None:
    folder.mkdir()
    for place, elmo in enumerate(documents, 1):
        file = folder / f"resultater-{place:04}.xml"
        file.write_bytes(elmo)
        # One that was written this moment is not read yet: it might not be whole.
        os.utime(file, (GENERATED_AT.timestamp(), GENERATED_AT.timestamp()))
