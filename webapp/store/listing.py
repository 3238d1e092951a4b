"""Lists: one query for one page, whatever is filtered and sorted by, and never more rows than the page shows."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlite_utils import Database

from webapp.model import MOST_HITS, Listing
from webapp.names import fold
from webapp.store import as_text


@dataclass(frozen=True)
class Condition:
    """What a filter asks of a row: SQL with :value, made of what was typed by `value`."""

    sql: str

    def values(self, typed: str, zone: ZoneInfo) -> dict[str, object]:
        """What :value stands for; more names where a kind of condition needs them."""
        return {"value": typed}


class Prefix(Condition):
    """The column begins with what was typed, in whatever case."""

    def values(self, typed: str, zone: ZoneInfo) -> dict[str, object]:
        """The text with its wildcards taken away; to be used with LIKE :value."""
        return {"value": typed.replace("%", "").replace("_", "") + "%"}


class Day(Condition):
    """The column is an instant on or before a day; "2026-11-24" is the whole of that day where the reader is."""

    def values(self, typed: str, zone: ZoneInfo) -> dict[str, object]:
        """:value is when the day begins, :end when the next one does."""
        begins = dt.datetime.combine(dt.date.fromisoformat(typed), dt.time(), zone)
        ends = dt.datetime.combine(begins.date() + dt.timedelta(days=1), dt.time(), zone)
        return {"value": as_text(begins), "end": as_text(ends)}


class Since(Condition):
    """The column is an instant at or after one, written in ISO 8601 with its zone."""

    def values(self, typed: str, zone: ZoneInfo) -> dict[str, object]:
        """:value is the instant as it is stored."""
        return {"value": as_text(dt.datetime.fromisoformat(typed))}


class Words(Condition):
    """Every word of what was typed begins a word of the folded column, whatever their order; `sql` is the column."""


@dataclass(frozen=True)
class ListQuery:
    """A list: what is selected, from which tables, its key, what can be sorted by and what can be filtered by.

    `orders`: column key to SQL; an index on (that SQL, key) lets a page be read without sorting.
    """

    select: str
    source: str
    key: str
    orders: Mapping[str, str]
    conditions: Mapping[str, Condition]
    always: str = "1"

    def page(self, db: Database, wish: Listing, zone: ZoneInfo) -> tuple[list[dict[str, Any]], int]:
        """The rows of the page that is wished for, and how many hits there are: at most MOST_HITS + 1."""
        where, values = self._where(wish, zone)
        before = (wish.page - 1) * wish.rows
        limits = {"limit": wish.rows, "offset": before}
        rows = list(db.query(f"{self._sorted(wish, where)} LIMIT :limit OFFSET :offset", values | limits))
        if 0 < len(rows) < wish.rows or not (rows or before):
            return rows, before + len(rows)  # the last page tells the number: a rare filter is not looked for twice
        count = f"SELECT count(*) AS n FROM (SELECT 1 FROM {self.source} WHERE {where} LIMIT {MOST_HITS + 1})"
        return rows, int(next(iter(db.query(count, values)))["n"])

    def after(
        self, db: Database, wish: Listing, zone: ZoneInfo, last: tuple[Any, Any] | None = None
    ) -> list[dict[str, Any]]:
        """The `wish.rows` rows that follow the row with these `sorted_by` and `sorted_key`, None from the beginning.

        However far down, no row above is read. Each row brings its own sorted_by and sorted_key.
        """
        where, values = self._where(wish, zone)
        values |= {"last_by": last[0], "last_key": last[1]} if last else {}
        select = f"SELECT {self.select}, {self.orders[wish.sort]} AS sorted_by, {self.key} AS sorted_key"
        rows: list[dict[str, Any]] = []
        for stretch in self._stretches(wish, last):
            limit = f"LIMIT {wish.rows - len(rows)}"
            sql = f"{select} FROM {self.source} WHERE {where} AND {stretch} {self._order_by(wish)} {limit}"
            rows += db.query(sql, values)
        return rows

    def rows(self, db: Database, wish: Listing, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
        """All rows that fit, one by one, for an export."""
        where, values = self._where(wish, zone)
        yield from db.query(self._sorted(wish, where), values)

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

    def _where(self, wish: Listing, zone: ZoneInfo) -> tuple[str, dict[str, object]]:
        parts, values = [self.always], dict[str, object]()
        for key, typed in wish.filters.items():
            condition = self.conditions[key]
            if isinstance(condition, Words):
                for place, word in enumerate(fold(typed).split()):
                    parts.append(f"(' ' || {condition.sql}) LIKE :{key}_{place}")
                    values[f"{key}_{place}"] = f"% {word}%"
                continue
            sql = condition.sql
            for name, value in condition.values(typed, zone).items():
                sql = sql.replace(f":{name}", f":{key}_{name}")
                values[f"{key}_{name}"] = value
            parts.append(f"({sql})")
        return " AND ".join(parts), values
