import hashlib
import os
import subprocess
import sys
from pathlib import Path

from webapp.demo import DEMO_PERSON, SEED, demo_people, prepare_network
from webapp.demo.build import GENERATED_AT, holdings
from webapp.demo.transcripts import transcripts_of
from webapp.provider.shelf import Shelf
from webapp.sources.elmo import read

PRINT_HASH = """
import hashlib
from webapp.demo import SEED, demo_people
from webapp.demo.build import holdings
print(hashlib.sha256(repr(list(holdings(demo_people(count=25), SEED))).encode()).hexdigest())
"""


def test_the_same_seed_gives_the_same_bytes_in_every_process() -> None:
    here = hashlib.sha256(repr(list(holdings(demo_people(count=25), SEED))).encode()).hexdigest()
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    there = subprocess.run(
        [sys.executable, "-c", PRINT_HASH], capture_output=True, text=True, check=True, env=environment
    )
    assert there.stdout.strip() == here


def test_every_document_reads_back_as_what_was_meant() -> None:
    people = demo_people(count=60)
    meant = [transcript for person in people for _, transcript in transcripts_of(person, SEED)]
    assert [read(holding.elmo) for holding in holdings(people, SEED)] == meant


def test_documents_do_not_say_when_they_were_built() -> None:
    holding = next(holdings([DEMO_PERSON], SEED))
    assert GENERATED_AT.isoformat().encode() in holding.elmo


def test_a_person_is_found_under_the_former_number_too(network: Path) -> None:
    shelf = Shelf(network)
    current, former = (shelf.entries(185, [number])[number] for number in DEMO_PERSON.identifiers)
    shelf.close()
    assert current == former


def test_a_network_that_is_there_is_not_built_again(tmp_path: Path) -> None:
    built = prepare_network(tmp_path, people=5)
    before = built.stat().st_mtime_ns
    assert prepare_network(tmp_path, people=5) == built
    assert built.stat().st_mtime_ns == before


def test_another_size_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    prepare_network(tmp_path, people=5)
    bigger = prepare_network(tmp_path, people=6)
    assert list(tmp_path.iterdir()) == [bigger]
