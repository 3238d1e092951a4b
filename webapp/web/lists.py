"""List screens: filters in the head of each column, sort, chosen columns, pages and exports.

What is asked for stands in the address, so that a list can be kept and shared. Filters travel there in two steps: the
form is sent in a body, and only what may stand in an address is put into one.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.errors import Refusal
from webapp.identity import mask
from webapp.model import MOST_HITS, PAGE_SIZES, Listing
from webapp.store.listing import ListQuery
from webapp.web.current import house
from webapp.web.export import export
from webapp.web.language import lazy_gettext, said
from webapp.web.protection import hidden_name, is_hidden_row, shown_people
from webapp.web.traced import about, told

#: Cookies that remember a list's columns are called this and the list's name.
COLUMNS_COOKIE = "columns-"
#: Characters of a filter; many more and SQLite would not take the pattern.
LONGEST_TYPED = 300
#: Digits of what is counted in an address: Python takes no number of thousands of them.
MOST_DIGITS = 9
#: Days are looked for within these years; the last day that there is has no day after it.
YEARS = range(1900, 2101)
_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")


@dataclass(frozen=True)
class Filter:
    """Something that a column can be filtered by. With `choices` (value to words) one of them is chosen; a `date` is
    a day. `key` names a condition of the list's query."""

    key: str
    label: Any
    choices: Callable[[], Mapping[str, Any]] | None = None
    date: bool = False

    def options(self) -> Mapping[str, Any]:
        """The choices, asked for once in a request."""
        known: dict[str, Mapping[str, Any]] = g.setdefault("list_options", {})
        if self.key not in known:
            known[self.key] = self.choices() if self.choices else {}
        return known[self.key]

    def checked(self, typed: str) -> str:
        """What was typed as it may stand in an address. Raises Refusal with what to do instead."""
        if len(typed) > LONGEST_TYPED:
            raise Refusal("Teksten er for lang. Skriv høyst %(most)d tegn.", most=LONGEST_TYPED)
        if mask(typed) != typed or re.fullmatch(r"\d{10,11}", typed):
            raise Refusal("Et fødselsnummer kan ikke stå i en adresse. Søk med det i søkefeltet øverst.")
        if self.choices and typed not in self.options():
            raise Refusal("Velg en av verdiene i listen.")
        if self.date:
            return day_of(typed).isoformat()
        return typed


@dataclass(frozen=True)
class Column:
    """A column: its key names what the list can be sorted by, unless it is not `sortable`; one that is `fixed` is
    always shown, one that is `extra` only when chosen."""

    key: str
    title: Any
    filters: tuple[Filter, ...] = ()
    sortable: bool = True
    number: bool = False
    fixed: bool = False
    extra: bool = False


def when_column() -> Column:
    """The column of a list that says when something was, filtered by the days from and to."""
    days = Filter("from", lazy_gettext("Fra og med"), date=True), Filter("to", lazy_gettext("Til og med"), date=True)
    return Column("when", lazy_gettext("Når"), days, fixed=True)


@dataclass(frozen=True)
class Cell:
    """What a row shows in a column; `state` names an icon, which always stands beside the text."""

    text: str = ""
    href: str | None = None
    state: str | None = None
    code: bool = False
    quiet: str = ""


@dataclass(frozen=True)
class Row:
    """A row of a list by its columns' keys; `value` is what a tick beside it stands for, "" where there is none, `more`
    what a template of the list's own shows."""

    cells: Mapping[str, Cell]
    value: str = ""
    more: Any = None


@dataclass(frozen=True)
class ListScreen:
    """A list as a screen. `name` tells its cookie and its exported files; `row` makes a row ready to be shown."""

    name: str
    title: Any
    endpoint: str
    columns: tuple[Column, ...]
    query: ListQuery
    row: Callable[[dict[str, Any]], Row]
    sort: str
    descending: bool = False
    template: str = "list.html"
    context: Callable[[], Mapping[str, Any]] = field(default=dict)

    def respond(self) -> ResponseReturnValue:
        """The list that the address asks for, or after its filters were sent, the address that they make."""
        if request.method == "POST":
            wish, refusals = self.wish_of(request.form)
            if refusals:
                return self._page(wish, refusals), 422
            return redirect(url_for(self.endpoint, **(request.view_args or {}), **self.arguments(wish)), 303)
        wish, refusals = self.wish_of(request.args)
        return self._page(wish, refusals), 422 if refusals else 200

    def export(self, form: str) -> ResponseReturnValue:
        """All hits of what the address asks for with the chosen columns; `form` is "csv" or "xlsx"."""
        wish, _ = self.wish_of(request.args)
        db, zone = house().store.db, house().settings.zone
        people, hits = self.query.people(db, wish, zone)
        about(*shown_people(people))
        self._tell(wish, rows=hits)
        shown = self.shown_columns()
        rows = (self._row(row, shown) for row in self.query.rows(db, wish, zone))
        texts: Iterator[Iterable[str]] = ([row.cells[column.key].text for column in shown] for row in rows)
        return export(self.name, form, [column.title for column in shown], texts)

    def shown_columns(self) -> tuple[Column, ...]:
        """The columns that the reader chose, in their order, with their titles in the reader's language."""
        chosen = request.cookies.get(COLUMNS_COOKIE + self.name)
        keys = {column.key for column in self.columns if not column.extra} if chosen is None else chosen.split(".")
        # Translated once: each of a thousand rows would do it again.
        return tuple(
            replace(column, title=str(column.title)) for column in self.columns if column.fixed or column.key in keys
        )

    def _page(self, wish: Listing, refusals: Mapping[str, str]) -> str:
        rows, hits = self.query.page(house().store.db, wish, house().settings.zone)
        about(*(row["person_id"] for row in rows if "person_id" in row and not is_hidden_row(row)))
        self._tell(wish)
        shown = self.shown_columns()
        return render_template(
            self.template,
            screen=self,
            wish=wish,
            columns=shown,
            rows=[self._row(row, shown) for row in rows],
            hits=hits,
            too_many=hits > MOST_HITS,
            pages=-(-min(hits, MOST_HITS) // wish.rows),
            refusals=refusals,
            typed=request.form if request.method == "POST" else self._written(wish.filters),
            page_sizes=PAGE_SIZES,
            **self.context(),
        )

    def _tell(self, wish: Listing, **more: object) -> None:
        """Tell the trace what was asked for: of what somebody typed freely, only that it was."""
        free = {each.key for column in self.columns for each in column.filters if not each.choices and not each.date}
        filters = (key if key in free else f"{key}={value}" for key, value in wish.filters.items())
        told(**({"filters": ", ".join(filters)} if wish.filters else {}), **more)

    def _row(self, row: dict[str, Any], shown: Sequence[Column]) -> Row:
        """A row ready to be shown; of one about a person who is protected, the reader learns that alone."""
        if not is_hidden_row(row):
            return self.row(row)
        told = "name" if any(column.key == "name" for column in shown) else shown[0].key
        return Row({column.key: Cell(hidden_name() if column.key == told else "") for column in shown})

    def _written(self, filters: Mapping[str, str]) -> dict[str, str]:
        """Filters as somebody would type them: a day as 24.11.2026."""
        days = {each.key for column in self.columns for each in column.filters if each.date}
        return {
            key: f"{date.fromisoformat(value):%d.%m.%Y}" if key in days else value for key, value in filters.items()
        }

    def address(self, wish: Listing, **changes: Any) -> str:
        """The address of this list with something changed: another sort, another page."""
        changed = replace(wish, **changes)
        return url_for(self.endpoint, **(request.view_args or {}), **self.arguments(changed))

    def sort_address(self, wish: Listing, column: Column) -> str:
        """Where a press on a column's head leads: sorted by it, or the other way round."""
        descending = wish.sort == column.key and not wish.descending
        return self.address(wish, sort=column.key, descending=descending, page=1)

    def export_address(self, wish: Listing, form: str) -> str:
        """Where the list is exported from."""
        return url_for(f"{self.endpoint}_export", **(request.view_args or {}), form=form, **self.arguments(wish))

    def arguments(self, wish: Listing) -> dict[str, Any]:
        """What of a wish must stand in an address: all that is not as it would be anyway."""
        arguments: dict[str, Any] = dict(wish.filters)
        if (wish.sort, wish.descending) != (self.sort, self.descending):
            arguments |= {"sort": wish.sort, "down": int(wish.descending)}
        if wish.rows != PAGE_SIZES[0]:
            arguments["rows"] = wish.rows
        if wish.page > 1:
            arguments["page"] = wish.page
        return arguments

    def wish_of(self, said_by: Mapping[str, str]) -> tuple[Listing, dict[str, str]]:
        """What is asked for with the fields of a form or an address, and what is wrong with which of its filters."""
        filters, refusals = dict[str, str](), dict[str, str]()
        for known in (each for column in self.columns for each in column.filters):
            if typed := said_by.get(known.key, "").strip():
                try:
                    filters[known.key] = known.checked(typed)
                except Refusal as refusal:
                    refusals[known.key] = said(refusal)
        sort = said_by.get("sort", "")
        sortable = sort in self.query.orders
        told = (said_by.get(key, "")[:MOST_DIGITS] for key in ("rows", "page"))
        rows, page = (int(text) if text.isdecimal() else 0 for text in told)
        wish = Listing(
            sort=sort if sortable else self.sort,
            descending=said_by.get("down") == "1" if sortable else self.descending,
            filters=filters,
            rows=rows if rows in PAGE_SIZES else PAGE_SIZES[0],
            page=min(max(page, 1), MOST_HITS // PAGE_SIZES[0]),
        )
        return wish, refusals


def day_of(typed: str) -> date:
    """A day, typed as "2026-11-24" or as "24.11.2026". Raises Refusal for one that is not in the calendar."""
    try:
        found = _DATE.fullmatch(typed)
        meant = date(int(found[3]), int(found[2]), int(found[1])) if found else date.fromisoformat(typed)
        if meant.year not in YEARS:
            raise ValueError("nobody means that year")
    except ValueError as wrong:
        raise Refusal("Datoen fins ikke. Skriv den som 24.11.2026.") from wrong
    return meant
