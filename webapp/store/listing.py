"""Lists: one query for one page, whatever is filtered and sorted by, and never more rows than the page shows."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from more_itertools import chunked
from sqlite_utils import Database

from webapp.model import MOST_HITS, Listing
from webapp.names import fold
from webapp.store import as_text

#: So many rows of an export are made ready at a time.
EXPORTED = 1000


@dataclass(frozen=True)
class Condition:
    """What a filter asks of a row: SQL with :value in it."""

    sql: str

    def asked(self, db: Database, key: str, typed: str, zone: ZoneInfo) -> tuple[str, dict[str, object]]:
        """The SQL for what was typed, and its values by names that begin with `key`, so that each filter has its
        own. `zone`: where the reader's days begin."""
        return self.sql.replace(":value", f":{key}"), {key: typed}


class Prefix(Condition):
    """The column begins with what was typed, in whatever case; to be used with LIKE :value."""

    def asked(self, db: Database, key: str, typed: str, zone: ZoneInfo) -> tuple[str, dict[str, object]]:
        """The text with its wildcards taken away."""
        return super().asked(db, key, typed.replace("%", "").replace("_", "") + "%", zone)


class Day(Condition):
    """A day as "2026-11-24": :value is when it begins where the reader is, and :end when the next one does."""

    def asked(self, db: Database, key: str, typed: str, zone: ZoneInfo) -> tuple[str, dict[str, object]]:
        """The two instants, as they are stored."""
        begins = dt.datetime.combine(dt.date.fromisoformat(typed), dt.time(), zone)
        ends = dt.datetime.combine(begins.date() + dt.timedelta(days=1), dt.time(), zone)
        values: dict[str, object] = {}
        sql = self.sql
        for name, instant in (("value", begins), ("end", ends)):
            if f":{name}" in sql:
                sql, values[f"{key}_{name}"] = sql.replace(f":{name}", f":{key}_{name}"), as_text(instant)
        return sql, values


class Since(Condition):
    """The column is an instant at or after one, written in ISO 8601 with its zone."""

    def asked(self, db: Database, key: str, typed: str, zone: ZoneInfo) -> tuple[str, dict[str, object]]:
        """The instant as it is stored."""
        return super().asked(db, key, as_text(dt.datetime.fromisoformat(typed)), zone)


class Words(Condition):
    """Every word of what was typed begins a word of a folded name, whatever their order; `sql` is the column."""

    def asked(self, db: Database, key: str, typed: str, zone: ZoneInfo) -> tuple[str, dict[str, object]]:
        """A pattern for each word; what has no letter in it fits nobody."""
        words = {f"{key}_{place}": f"% {word}%" for place, word in enumerate(fold(typed).split())}
        return " AND ".join(f"(' ' || {self.sql}) LIKE :{name}" for name in words) or "0", dict(words)


class PeopleNamed(Condition):
    """The row's person has a name like what was typed; `sql` is the column with the person's id."""

    #: When more people than this share a name, their rows are met often enough on the way through the list.
    FEW = 2000

    def asked(self, db: Database, key: str, typed: str, zone: ZoneInfo) -> tuple[str, dict[str, object]]:
        """Few people: they are looked up first, and then their rows. Many: each row asks for its person's name."""
        named, words = Words("folded_name").asked(db, key, typed, zone)
        people = f"SELECT id FROM people WHERE {named} LIMIT {self.FEW + 1}"
        found = next(iter(db.query(f"SELECT json_group_array(id) AS ids, count(*) AS n FROM ({people})", words)))
        if found["n"] <= self.FEW:
            return f"{self.sql} IN (SELECT value FROM json_each(:{key}))", {key: found["ids"]}
        return f"EXISTS (SELECT 1 FROM people AS named WHERE named.id = {self.sql} AND {named})", words


@dataclass(frozen=True)
class ListQuery:
    """A list: what is selected, from which tables, its key, what can be sorted by and what can be filtered by.

    `orders`: column key to SQL; an index on (that SQL, key) lets a page be read without sorting. `beside` brings to
    rows that are shown what would be dear to look up for those that are passed over. `person`: whom a row is about, in
    lists whose rows have a person_id.
    """

    select: str
    source: str
    key: str
    orders: Mapping[str, str]
    conditions: Mapping[str, Condition]
    always: str = "1"
    person: str = "person_id"
    beside: Callable[[Database, Sequence[dict[str, Any]]], None] = lambda db, rows: None

    def page(self, db: Database, wish: Listing, zone: ZoneInfo) -> tuple[list[dict[str, Any]], int]:
        """The rows of the page that is wished for, and how many hits there are: at most MOST_HITS + 1."""
        return self.part(db, wish, zone, (wish.page - 1) * wish.rows, wish.rows)

    def part(
        self, db: Database, wish: Listing, zone: ZoneInfo, before: int, most: int
    ) -> tuple[list[dict[str, Any]], int]:
        """The same for `most` rows after so many `before`."""
        where, values = self._where(db, wish, zone)
        limits = {"limit": most, "offset": before}
        rows = list(db.query(f"{self._sorted(wish, where)} LIMIT :limit OFFSET :offset", values | limits))
        self.beside(db, rows)
        if 0 < len(rows) < most or not (rows or before or not most):
            return rows, before + len(rows)  # the last page tells the number: a rare filter is not looked for twice
        count = f"SELECT count(*) AS n FROM (SELECT 1 FROM {self.source} WHERE {where} LIMIT {MOST_HITS + 1})"
        return rows, int(next(iter(db.query(count, values)))["n"])

    def after(
        self, db: Database, wish: Listing, zone: ZoneInfo, last: tuple[Any, Any] | None = None
    ) -> list[dict[str, Any]]:
        """The `wish.rows` rows that follow the row with these `sorted_by` and `sorted_key`, None from the beginning.

        However far down, no row above is read. Each row brings its own sorted_by and sorted_key.
        """
        where, values = self._where(db, wish, zone)
        values |= {"last_by": last[0], "last_key": last[1]} if last else {}
        select = f"SELECT {self.select}, {self.orders[wish.sort]} AS sorted_by, {self.key} AS sorted_key"
        rows: list[dict[str, Any]] = []
        for stretch in self._stretches(wish, last):
            limit = f"LIMIT {wish.rows - len(rows)}"
            sql = f"{select} FROM {self.source} WHERE {where} AND {stretch} {self._order_by(wish)} {limit}"
            rows += db.query(sql, values)
        self.beside(db, rows)
        return rows

    def rows(self, db: Database, wish: Listing, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
        """All rows that fit, one by one, for an export."""
        where, values = self._where(db, wish, zone)
        for some in chunked(db.query(self._sorted(wish, where), values), EXPORTED):
            self.beside(db, some)
            yield from some

    def people(self, db: Database, wish: Listing, zone: ZoneInfo) -> tuple[list[int], int]:
        """Whom all rows that fit are about, by their ids, and how many rows there are; nobody where rows have none."""
        where, values = self._where(db, wish, zone)
        rows = f"FROM {self.source} WHERE {where}"
        columns = [name for name, *_ in db.execute(f"SELECT {self.select} {rows} LIMIT 0", values).description]
        about = self.person if "person_id" in columns else "NULL"
        counted = db.execute(f"SELECT {about}, count(*) {rows} GROUP BY 1", values).fetchall()
        return [person_id for person_id, _ in counted if person_id is not None], sum(n for _, n in counted)

    def _sorted(self, wish: Listing, where: str) -> str:
        return f"SELECT {self.select} FROM {self.source} WHERE {where} {self._order_by(wish)}"

    def _order_by(self, wish: Listing) -> str:
        direction = "DESC" if wish.descending else "ASC"
        return f"ORDER BY {self.orders[wish.sort]} {direction}, {self.key} {direction}"

    def _stretches(self, wish: Listing, last: tuple[Any, Any] | None) -> list[str]:
        """The rows without a value to sort by and those with one, in the list's order: a range of an index each."""
        order, beyond = self.orders[wish.sort], "<" if wish.descending else ">"
        absent, present = f"{order} IS NULL", f"{order} IS NOT NULL"
        absent_beyond = f"{absent} AND {self.key} {beyond} :last_key"
        present_beyond = f"({order}, {self.key}) {beyond} (:last_by, :last_key)"
        stretches = [present, absent] if wish.descending else [absent, present]
        if last is None:
            return stretches
        begun, seek = (absent, absent_beyond) if last[0] is None else (present, present_beyond)
        return [seek, *stretches[stretches.index(begun) + 1 :]]

    def _where(self, db: Database, wish: Listing, zone: ZoneInfo) -> tuple[str, dict[str, object]]:
        parts, values = [self.always], dict[str, object]()
        for key, typed in wish.filters.items():
            sql, more = self.conditions[key].asked(db, key, typed, zone)
            parts.append(f"({sql})")
            values |= more
        return " AND ".join(parts), values
