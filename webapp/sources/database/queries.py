"""What a database is asked: its views, or SQL of the source's own, with the numbers always as parameters."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, TextClause, bindparam, text

from webapp.errors import Refusal, SourceError, SourceFailure
from webapp.model import Question
from webapp.source_settings import DatabaseSettings
from webapp.sources.database.payloads import plain
from webapp.sources.database.rows import NEVER_NULL, REQUIRED, is_known, national_number
from webapp.sources.database.rows import Row as KeptRow
from webapp.sources.http import BYTE_LIMIT, LINES_PER_BYTE_LIMIT

#: All numbers of those who have one of the numbers that are asked about.
_PEOPLE = (
    "SELECT * FROM shared_people WHERE person IN (SELECT person FROM shared_people WHERE identifier IN :identifiers)"
)
_VIEW = "SELECT * FROM shared_{view} WHERE person IN :people"
_LISTS = ("identifiers", "people")
_PARAMETERS = (*_LISTS, "institution", "purpose", "basis")

#: What a row takes beside its texts, roughly, and a value that is no text, in bytes.
_ROW_BYTES, _VALUE_BYTES = 64, 8
_FETCH_ROWS = 1000


@dataclass(frozen=True)
class Query:
    """What is asked of one view ("people", "results", "qualifications"), and the parameters that it takes."""

    view: str
    statement: TextClause
    parameters: frozenset[str]


def queries_of(source: DatabaseSettings) -> Sequence[Query]:
    """What a source is asked, people first. Raises Refusal for SQL with a parameter that nothing is known for."""
    own = {"results": source.results_sql, "qualifications": source.qualifications_sql}
    if not any(own.values()):
        own = {view: _VIEW.format(view=view) for view in own}
    return [_query("people", source.people_sql or _PEOPLE), *(_query(view, sql) for view, sql in own.items() if sql)]


def _query(view: str, sql: str) -> Query:
    # A list brings its own parentheses; everybody writes them all the same.
    statement = text(re.sub(r"\(\s*(:identifiers|:people)\s*\)", r" \1", sql.strip().rstrip(";")))
    names = frozenset(statement.compile().params)
    if unknown := sorted(names - set(_PARAMETERS)):
        raise Refusal(
            "SQL-en kjenner ikke :%(name)s. Tillatt: %(allowed)s. Et kolon som ikke er en parameter, skrives \\:.",
            name=unknown[0],
            allowed=", ".join(f":{name}" for name in _PARAMETERS),
        )
    lists: list[BindParameter[Any]] = [bindparam(name, expanding=True) for name in _LISTS if name in names]
    return Query(view, statement.bindparams(*lists), names)


@dataclass
class Found:
    """The rows that a database has on those who were asked about: by view, and then by the key of the person.

    `people`: the keys of the people by national identity number.
    """

    rows: Mapping[str, Mapping[str, list[KeptRow]]]
    people: Mapping[str, set[str]]

    def of(self, question: Question) -> Mapping[str, list[KeptRow]] | None:
        """The rows about one of them, by view, None where nobody with such a number is there."""
        keys = sorted(set().union(*(self.people.get(number, ()) for number in question.identifiers)))
        if not keys:
            return None
        return {view: [row for key in keys for row in by_person.get(key, ())] for view, by_person in self.rows.items()}


@dataclass
class Asking:
    """Puts the queries over one connection, as far as the answer's size allows."""

    connection: Connection
    institution: int
    left_bytes: int = field(default=0, init=False)

    def ask(self, queries: Sequence[Query], questions: Sequence[Question]) -> Found:
        """The rows on several people; purpose and basis are the same for all. Raises SourceError, and what SQLAlchemy
        raises."""
        self.left_bytes = BYTE_LIMIT * (LINES_PER_BYTE_LIMIT if len(questions) > 1 else 1)
        values: dict[str, Any] = {
            "identifiers": sorted({number for question in questions for number in question.identifiers}),
            "institution": self.institution,
            "purpose": questions[0].purpose.value,
            "basis": questions[0].basis.value,
        }
        people, *others = queries
        keys: dict[str, Any] = {}
        found: dict[str, Mapping[str, list[KeptRow]]] = {people.view: self._rows(people, values, keys)}
        if keys:
            known, values["people"] = frozenset(keys), list(keys.values())
            for query in others:
                found[query.view] = self._rows(query, values, {})
                if not found[query.view].keys() <= known:
                    raise _not_understood(f"{query.view} has rows about nobody who was asked about")
        return Found(found, _by_number(found[people.view]))

    def columns(self, query: Query) -> Sequence[str]:
        """The columns that a query gives, asked about nobody."""
        values = {"identifiers": [None], "people": [None], "institution": self.institution}
        values |= {"purpose": "", "basis": ""}
        result = self.connection.execute(query.statement, {name: values[name] for name in query.parameters})
        names = list(map(str.lower, result.keys()))
        result.close()
        return names

    def _rows(self, query: Query, values: Mapping[str, Any], keys: dict[str, Any]) -> Mapping[str, list[KeptRow]]:
        """The rows by the person's key; `keys` takes in each key as the database has it."""
        options = {"stream_results": True, "max_row_buffer": _FETCH_ROWS}
        bound = {name: values[name] for name in query.parameters}
        rows: dict[str, list[KeptRow]] = defaultdict(list)
        with self.connection.execute(query.statement, bound, execution_options=options) as result:
            names = list(map(str.lower, result.keys()))
            if lacking := sorted(REQUIRED[query.view] - set(names)):
                raise _not_understood(f"{query.view} lacks {', '.join(lacking)}")
            known = [(place, name) for place, name in enumerate(names) if is_known(query.view, name)]
            person = names.index("person")
            for row in result:
                key = str(plain(row[person])).strip()
                if row[person] is None or not key:
                    raise _not_understood(f"{query.view} has a row that is about nobody")
                keys[key] = row[person]
                rows[key].append(self._kept(row, known))
        return rows

    def _kept(self, row: Row[Any], known: Sequence[tuple[int, str]]) -> KeptRow:
        kept = {name: plain(row[place]) for place, name in known if row[place] is not None or name in NEVER_NULL}
        self.left_bytes -= _ROW_BYTES + sum(len(v) if isinstance(v, str) else _VALUE_BYTES for v in kept.values())
        if self.left_bytes < 0:
            raise SourceError(SourceFailure.TOO_LARGE, "more rows than are taken in")
        return kept


def _by_number(people: Mapping[str, list[KeptRow]]) -> Mapping[str, set[str]]:
    keys: dict[str, set[str]] = defaultdict(set)
    for key, rows in people.items():
        for row in rows:
            if isinstance(number := row["identifier"], str | int) and (whole := national_number(number)):
                keys[whole].add(key)
    return keys


def _not_understood(cause: str) -> SourceError:
    return SourceError(SourceFailure.NOT_UNDERSTOOD, cause)
