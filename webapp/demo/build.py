"""Writes the demo network's shelf, once for each seed, size and state of the code."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from webapp.demo.people import PEOPLE, SEED, DemoPerson, demo_people
from webapp.demo.roster import BEHAVIOURS, SCHOOLS, Behaviour
from webapp.demo.transcripts import transcripts_of
from webapp.provider.shelf import Holding, Shelf
from webapp.sources.elmo import meaning_digest, write

#: The documents say that they were made then; the clock would make each build another.
GENERATED_AT = datetime(2026, 8, 1, 4, 30, tzinfo=UTC)

_PACKAGE = Path(__file__).parent
_CODE = (_PACKAGE, _PACKAGE.parent / "sources" / "elmo", _PACKAGE.parent / "provider")


def prepare_network(folder: Path, *, seed: int = SEED, people: int = PEOPLE) -> Path:
    """The shelf of the network in `folder`, built where it is not there yet; those of other builds go.

    The same seed and size give the same documents, byte for byte.
    """
    path = folder / f"network-{seed}-{people}-{_fingerprint()}.sqlite"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    # Renamed when whole: a file that is there is a finished one, whatever was killed meanwhile.
    with TemporaryDirectory(dir=folder, prefix="building-") as building:
        unfinished = Path(building) / "shelf.sqlite"
        _build(unfinished, demo_people(seed, people), seed)
        for old in folder.glob("network-*.sqlite*"):
            old.unlink(missing_ok=True)
        unfinished.rename(path)
    return path


def _build(path: Path, people: Iterable[DemoPerson], seed: int) -> None:
    shelf = Shelf(path)
    try:
        for number, school in SCHOOLS.items():
            behaviour = BEHAVIOURS.get(number)
            shelf.add_institution(
                school.institution,
                exchanges=behaviour is not Behaviour.NOT_SHARED,
                requires_consent=behaviour is Behaviour.NO_CONSENT,
            )
        shelf.put_many(holdings(people, seed))
    finally:
        shelf.close()


def holdings(people: Iterable[DemoPerson], seed: int) -> Iterator[Holding]:
    """What lies on the shelf, person by person. Nobody has consented where a consent is required."""
    for person in people:
        for number, transcript in transcripts_of(person, seed):
            yield Holding(
                number,
                person.identifiers,
                write(transcript, GENERATED_AT),
                meaning_digest(transcript),
                consent=BEHAVIOURS.get(number) is not Behaviour.NO_CONSENT,
            )


def _fingerprint() -> str:
    """A hash of the code and tables that shape the shelf, so that a changed one builds anew."""
    digest = hashlib.sha256()
    for file in sorted(file for folder in _CODE for file in folder.iterdir() if file.suffix in (".py", ".csv")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
