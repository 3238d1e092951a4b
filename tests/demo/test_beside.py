"""Beside the shelf: the same documents as databases and as files."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

from webapp.demo import DEMO_PERSON, lay_beside
from webapp.demo.roster import SCHOOLS
from webapp.provider.shelf import Shelf
from webapp.sources.elmo import read

OF = {school.protocol: number for number, school in SCHOOLS.items()}


def test_every_institution_has_its_way_and_most_of_them_fs(network: Path) -> None:
    protocols = [school.protocol for school in SCHOOLS.values()]
    assert protocols.count("fs-graphql") > len(protocols) / 2
    assert {"fs-graphql", "elmo-pull", "database", "file"} == set(protocols)
    assert protocols.count("file") == 1


def test_a_database_holds_what_the_shelf_holds(network: Path) -> None:
    beside, shelf = lay_beside(network), Shelf(network)
    documents = [read(elmo) for _, elmo in shelf.documents(215)]
    shelf.close()
    results = [result for document in documents for study in document.studies for result in study.results]
    with closing(sqlite3.connect(beside / "215.sqlite")) as db:
        rows = db.execute(
            """SELECT code, grade, credits FROM (
                SELECT * FROM shared_results UNION ALL SELECT * FROM shared_qualifications)"""
        ).fetchall()
        found = db.execute(
            "SELECT DISTINCT person FROM shared_people WHERE identifier IN (?, ?)", DEMO_PERSON.identifiers
        ).fetchall()
    assert results
    held = Counter((each.code, each.grade, float(each.credits) if each.credits else None) for each in results)
    assert Counter(rows) == held
    assert len(found) == 1


def test_a_folder_has_a_file_for_each_person_whose_name_tells_nothing(network: Path) -> None:
    files = sorted((lay_beside(network) / str(OF["file"])).iterdir())
    shelf = Shelf(network)
    documents = [elmo for _, elmo in shelf.documents(OF["file"])]
    shelf.close()
    assert [file.read_bytes() for file in files] == documents
    assert documents
    assert not any(DEMO_PERSON.number in file.name for file in files)


def test_what_lies_there_is_not_laid_again(network: Path) -> None:
    beside = lay_beside(network)
    before = beside.stat().st_mtime_ns
    assert lay_beside(network) == beside
    assert beside.stat().st_mtime_ns == before
