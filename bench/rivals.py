"""What a user would write instead of us, each in a process of its own: the same questions, and the same rows stored.

All ask the same sources about the same people; all but the bare loops read every result out of its document and
store it in SQLite. What they do not do: merge with what was there, tell what changed, note why something failed.

Nothing of ours is imported for a rival, so that its memory is its own; imports.py tells each what to ask.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from lxml import etree
from more_itertools import chunked
from processes import cpu_seconds

#: As many as performed best in the measurements that the goals come from.
LOOP_THREADS = 32
#: Questions at once where one thread waits for all.
AT_ONCE = 64
#: As many people in one question as the network takes.
BATCH = 250
#: So many answers become one transaction.
GROUP = 100
COLUMNS = ("person", "institution", "code", "name", "grade", "credits", "level", "date")
#: One result: the person's place among those asked about, and the columns after it.
Row = tuple[int, int, str | None, str | None, str | None, str | None, str | None, str | None]
#: The address of a source, its number, the person's place and numbers.
Asked = tuple[str, int, int, list[str]]
_NS = "{https://github.com/emrex-eu/elmo-schemas/tree/v1}"


def body_of(numbers: list[str]) -> dict[str, object]:
    """One question about one person."""
    return {
        "identifiers": numbers,
        "purpose": "admission",
        "basis": "consent",
        "request": str(uuid.uuid4()),
    }


def rows_of(document: bytes, person: int, institution: int) -> list[Row]:
    """The results of an ELMO document, read as somebody would who knows these sources and no others."""
    rows = []
    for los in etree.fromstring(document).iter(f"{_NS}learningOpportunitySpecification"):
        loi = los.find(f"{_NS}specifies/{_NS}learningOpportunityInstance")
        if loi is None or loi.findtext(f"{_NS}status") != "passed":
            continue
        kinds = {each.get("type"): each.text for each in los.iterfind(f"{_NS}identifier")}
        name = los.findtext(f"{_NS}title")
        grade, date = loi.findtext(f"{_NS}resultLabel"), loi.findtext(f"{_NS}date")
        extent, level = loi.findtext(f"{_NS}credit/{_NS}value"), loi.findtext(f"{_NS}level/{_NS}value")
        rows.append((person, institution, kinds.get("courseCode"), name, grade, extent, level, date))
    return rows


class Rows:
    """The table of a rival, with a writer at a time and an answer group in each transaction."""

    def __init__(self, database: Path) -> None:
        self._db = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
        self._db.execute(f"CREATE TABLE results ({', '.join(COLUMNS)})")
        self._waiting: list[Row] = []
        self._answers = 0
        self._lock = threading.Lock()

    def take(self, rows: Iterable[Row]) -> None:
        """Store the rows of one answer."""
        with self._lock:
            self._waiting += rows
            self._answers += 1
            if self._answers % GROUP == 0:
                self._write()

    def close(self) -> None:
        """Store what is left."""
        self._write()
        self._db.close()

    def _write(self) -> None:
        self._db.execute("BEGIN")
        self._db.executemany(f"INSERT INTO results VALUES ({', '.join('?' * len(COLUMNS))})", self._waiting)
        self._db.execute("COMMIT")
        self._waiting.clear()


def requests_loop(asked: Sequence[Asked], take: Callable[[list[Row]], None] | None) -> None:
    """requests on 32 threads, with a session each; without `take` an answer is read and thrown away."""

    def ask(some: Sequence[Asked]) -> None:
        with requests.Session() as session:
            for url, institution, place, numbers in some:
                answer = session.post(f"{url}/results", json=body_of(numbers), timeout=30)
                answer.raise_for_status()
                if take is not None and answer.status_code == 200:
                    take(rows_of(answer.content, place, institution))

    with ThreadPoolExecutor(LOOP_THREADS) as pool:
        list(pool.map(ask, [asked[place::LOOP_THREADS] for place in range(LOOP_THREADS)]))


def aiohttp_loop(asked: Sequence[Asked], take: Callable[[list[Row]], None]) -> None:
    """aiohttp with 64 questions at once."""
    import aiohttp  # noqa: PLC0415 - each rival is measured without the others' libraries

    async def ask_all() -> None:
        waiting = iter(asked)

        async def ask(session: aiohttp.ClientSession) -> None:
            for url, institution, place, numbers in waiting:
                async with session.post(f"{url}/results", json=body_of(numbers)) as response:
                    response.raise_for_status()
                    document = await response.read()
                if document:
                    take(rows_of(document, place, institution))

        async with aiohttp.ClientSession() as session:
            await asyncio.gather(*(ask(session) for _ in range(AT_ONCE)))

    asyncio.run(ask_all())


def scrapy_crawl(asked: Sequence[Asked], take: Callable[[list[Row]], None]) -> None:
    """A spider with 64 questions at once, whose pipeline stores each item."""
    import scrapy  # noqa: PLC0415
    from scrapy.crawler import CrawlerProcess  # noqa: PLC0415

    class Pipeline:
        def process_item(self, item: dict[str, list[Row]]) -> dict[str, list[Row]]:
            take(item["rows"])
            return item

    class Spider(scrapy.Spider):
        name = "results"

        async def start(self):
            for url, institution, place, numbers in asked:
                yield scrapy.Request(
                    f"{url}/results",
                    method="POST",
                    body=json.dumps(body_of(numbers)),
                    headers={"Content-Type": "application/json"},
                    dont_filter=True,
                    cb_kwargs={"institution": institution, "place": place},
                )

        def parse(self, response, institution, place):
            if response.status == 200:
                yield {"rows": rows_of(response.body, place, institution)}

    settings = {
        "CONCURRENT_REQUESTS": AT_ONCE,
        "CONCURRENT_REQUESTS_PER_DOMAIN": AT_ONCE,
        "DOWNLOAD_DELAY": 0,
        "ITEM_PIPELINES": {Pipeline: 1},
        "LOG_LEVEL": "ERROR",
        "ROBOTSTXT_OBEY": False,
        "TELNETCONSOLE_ENABLED": False,
    }
    process = CrawlerProcess(settings)
    process.crawl(Spider)
    process.start()


def in_lists(asked: Sequence[Asked]) -> Iterator[dict[str, object]]:
    """The lines about people, asked about in lists by one thread; with their `institution`."""
    with requests.Session() as session:
        for _, group in _by_source(asked):
            for some in chunked(group, BATCH):
                url, institution = some[0][:2]
                people = [{"ref": str(place), "identifiers": numbers} for _, _, place, numbers in some]
                body = {**body_of(some[0][3]), "people": people}
                del body["identifiers"]
                answer = session.post(f"{url}/results/batch", json=body, timeout=60)
                answer.raise_for_status()
                for line in answer.content.splitlines():
                    yield {**json.loads(line), "institution": institution}


def lists_loop(asked: Sequence[Asked]) -> None:
    """The limit: every line is taken, and thrown away."""
    for _ in in_lists(asked):
        pass


def lists_storing(asked: Sequence[Asked], take: Callable[[list[Row]], None]) -> None:
    """As little as can be done in lists by somebody who reads and stores: what we do beyond it is merging, history and
    what a run has to remember."""
    for line in in_lists(asked):
        if line["status"] == "found":
            take(rows_of_line(line))


def rows_of_line(line: dict[str, object]) -> list[Row]:
    """The results of a person on a line of a list."""
    return rows_of(str(line["elmo"]).encode(), int(str(line["ref"])), int(str(line["institution"])))


def dlt_pipeline(asked: Sequence[Asked], database: Path) -> None:
    """A dlt pipeline: a resource that asks in lists, loaded into SQLite."""
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}
    import dlt  # noqa: PLC0415

    @dlt.resource(name="results", write_disposition="append", columns={name: {"nullable": True} for name in COLUMNS})
    def results() -> Iterator[list[dict[str, object]]]:
        for line in in_lists(asked):
            if line["status"] == "found":
                yield [dict(zip(COLUMNS, row, strict=True)) for row in rows_of_line(line)]

    with tempfile.TemporaryDirectory() as folder:
        destination = dlt.destinations.sqlalchemy(f"sqlite:///{database}")
        dlt.pipeline("bench", pipelines_dir=folder, destination=destination, dataset_name="main").run(results())


def ours(instance: Path) -> None:
    """A full run, as the command carries it out: all included."""
    from webapp.cli.run import run  # noqa: PLC0415

    os.environ["EKSTERNSTUDIUM_INSTANCE"] = str(instance)
    try:
        run.main(["full", "--json"])
    except SystemExit as exit:
        if exit.code:
            raise


def _by_source(asked: Sequence[Asked]) -> Iterator[tuple[str, list[Asked]]]:
    by_source: dict[str, list[Asked]] = {}
    for each in asked:
        by_source.setdefault(each[0], []).append(each)
    yield from by_source.items()


#: Those who store their rows, and what is imported before the clock starts.
STORING = {
    "requests": "requests",
    "aiohttp": "aiohttp",
    "Scrapy": "scrapy.crawler",
    "dlt": "dlt",
    "lists": "requests",
}
IMPORTED = {**STORING, "ours": "webapp.cli.run", "bare": "requests", "bare-lists": "requests"}


def look_up(name: str, instance: Path, asked: Sequence[Asked], database: Path | None) -> None:
    """What one contender does."""
    if name == "ours":
        return ours(instance)
    if name == "bare":
        return requests_loop(asked, None)
    if name == "bare-lists":
        return lists_loop(asked)
    assert database is not None
    if name == "dlt":
        return dlt_pipeline(asked, database)
    rows = Rows(database)
    loops = {"requests": requests_loop, "aiohttp": aiohttp_loop, "Scrapy": scrapy_crawl, "lists": lists_storing}
    loops[name](asked, rows.take)
    return rows.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=IMPORTED)
    parser.add_argument("plan", type=Path, help="a JSON file: sources (address and number), people (numbers of each)")
    parser.add_argument("--instance", type=Path)
    parser.add_argument("--database", type=Path)
    wish = parser.parse_args()
    __import__(IMPORTED[wish.name])
    plan = json.loads(wish.plan.read_text())
    people = list(enumerate(plan["people"], start=1))
    asked = [(url, number, place, numbers) for place, numbers in people for url, number in plan["sources"]]
    began = cpu_seconds()
    look_up(wish.name, wish.instance, asked, wish.database)
    print(json.dumps({"look_ups": len(asked), "cpu_seconds": cpu_seconds() - began}))


if __name__ == "__main__":
    main()
