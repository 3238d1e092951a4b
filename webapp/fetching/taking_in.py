"""Taking in what one institution says of some people: merged person by person, and written together."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter

from sqlite_utils import Database

from webapp.fetching.incoming import incoming_of
from webapp.fetching.matching import is_same
from webapp.fetching.merge import Incoming, Match, merge
from webapp.model import (
    Answer,
    Cause,
    ChangeKind,
    FieldChange,
    Institution,
    Outcome,
    Person,
    Reply,
    Transcript,
)
from webapp.store import answers, institutions, notices, orders, people, results
from webapp.store.answers import hash_of
from webapp.store.result_rows import Row

#: What is told of a result: its id, the institution under which it stands, and what became of it.
_Told = tuple[int, int, ChangeKind, Sequence[FieldChange]]


class TakingIn:
    """What one fetch brings of some people from its institution. Within one writing transaction: `reply` or
    `transcript` for each of them, once, and then `write`; nothing else may write results meanwhile, since those that
    are new have their ids from the beginning.

    SQLite takes many rows of a kind in half of the time that it takes them in one by one.
    """

    def __init__(
        self, db: Database, fetch_id: int, order_id: int, institution: int, about: Mapping[int, Person], now: datetime
    ) -> None:
        self._db = db
        self._fetch_id = fetch_id
        self._institution = institution
        self._about = about
        self._now = now
        ids = list(about)
        self._by = orders.placed_by(db, order_id)
        self._known = results.results_of(db, ids, institution)
        self._studies = results.studies_at(db, ids)
        self._first_new, self._next_result = results.next_ids(db)
        self._next_study = self._first_new
        self._payloads: dict[str, bytes] = {}
        self._issuers: dict[int | None, Institution] = {}
        self._new_studies: list[tuple[int, int, int, str | None, str | None]] = []
        self._touched: list[tuple[int, str | None, str | None, bool]] = []
        self._new: list[Row] = []
        self._changed: list[Row] = []
        self._rekeyed: list[tuple[int, str, int, str | None, int]] = []
        self._moved: list[tuple[int, int]] = []
        self._gone: list[int] = []
        self._notices: dict[int, Collection[int]] = {}
        self._told: dict[int, Sequence[_Told]] = {}

    def reply(self, person_id: int, reply: Reply) -> Answer:
        """Take in a reply about a person; returns the answer that it makes, without its seconds."""
        payload = None
        if reply.payload is not None:
            payload = hash_of(reply.payload)
            self._payloads[payload] = reply.payload
        match reply.outcome:
            case Outcome.FOUND if reply.transcript and not is_same(self._about[person_id], reply.transcript.learner):
                return Answer(Outcome.MISMATCH, 0, payload=payload)
            case Outcome.FOUND if reply.transcript:
                return self.transcript(person_id, reply.transcript, reply.etag, payload)
            case Outcome.NOTHING:
                _, changes = self._merge(person_id, (), None, None)
                return Answer(Outcome.NOTHING, 0, changes=changes, payload=payload)
            case Outcome.UNCHANGED:
                results.touch_unchanged(self._db, [person_id], self._institution, self._now)
                standing = sum(row.gone_at is None for row in self._known.get(person_id, ()))
                return Answer(Outcome.UNCHANGED, 0, results=standing, payload=payload)
            case _:
                return Answer(reply.outcome, 0, payload=payload)

    def transcript(
        self,
        person_id: int,
        transcript: Transcript,
        etag: str | None = None,
        payload: str | None = None,
        *,
        is_selection: bool = False,
    ) -> Answer:
        """Merge a transcript about a person, tagged `etag` and kept as `payload`; returns the answer that this makes,
        without its seconds. `is_selection` as in `merge`."""
        person, learner = self._about[person_id], transcript.learner
        if person.given_names is None and person.family_name is None:
            people.complete_name(self._db, person_id, learner.given_names, learner.family_name)
        for study in transcript.studies:
            self._issuers.setdefault(study.institution.number, study.institution)
        incoming = incoming_of(transcript.studies, self._institution)
        found, changes = self._merge(person_id, incoming, etag, payload, is_selection=is_selection)
        outcome = Outcome.NOTHING
        if found:
            outcome = Outcome.FOUND if changes else Outcome.UNCHANGED
        return Answer(
            outcome,
            0,
            results=found,
            changes=changes,
            left_out=transcript.left_out,
            findings=transcript.findings,
            payload=payload,
        )

    def write(self) -> None:
        """Write all that was taken in. What others refer to comes first."""
        db, now = self._db, self._now
        institutions.remember_issuers(db, self._issuers.values())
        answers.keep_payloads(db, self._payloads, now)
        results.add_studies(db, self._new_studies, self._by, now)
        results.touch(db, self._touched, now)
        results.insert(db, self._institution, self._new, now)
        results.update(db, self._institution, self._changed, now)
        results.rekey(db, self._rekeyed)
        results.move(db, self._moved)
        results.mark_gone(db, self._gone, now)
        notice_ids = notices.raise_notices(db, self._notices, now)
        for person_id, told in self._told.items():
            results.log_changes(db, person_id, told, Cause(self._by, self._fetch_id, notice_ids[person_id]), now)

    def _merge(
        self,
        person_id: int,
        incoming: Sequence[Incoming],
        etag: str | None,
        payload: str | None,
        *,
        is_selection: bool = False,
    ) -> tuple[int, int]:
        """Merge what is reported of a person with the rows that stand; returns how many results there are, and how
        many of all are new, changed, gone or back."""
        known = self._known.get(person_id, ())
        merged = merge(known, incoming, is_selection=is_selection)
        rows: list[int] = []
        told: list[_Told] = []
        ordinals = {(row.institution, row.key): row.ordinal + 1 for row in sorted(known, key=attrgetter("ordinal"))}
        for match in merged.matches:
            id = self._place(person_id, match, rows, ordinals)
            rows.append(id)
            if match.kind:
                told.append((id, match.incoming.institution, match.kind, match.fields))
        self._gone += [row.id for row in merged.gone]
        told += [(row.id, row.institution, ChangeKind.GONE, ()) for row in merged.gone]
        changed = {institution for _, institution, _, _ in told}
        if told:
            self._told[person_id], self._notices[person_id] = told, changed
        told_of = (item.institution for item in incoming)
        self._answered(
            person_id, {self._institution, *told_of, *(row.institution for row in known)}, changed, etag, payload
        )
        return len(rows), len(told)

    def _answered(
        self,
        person_id: int,
        touched: Iterable[int],
        changed: Collection[int],
        etag: str | None,
        payload: str | None,
    ) -> None:
        """Note the studies of which the institution told, and those that are new."""
        for institution in touched:
            tags = (etag, payload) if institution == self._institution else (None, None)
            study = self._studies.get((person_id, institution))
            if study is None:
                continue
            if study < self._first_new:
                self._touched.append((study, *tags, institution in changed))
            else:
                self._new_studies.append((study, person_id, institution, *tags))

    def _place(self, person_id: int, match: Match, rows: Sequence[int], ordinals: dict[tuple[int, str], int]) -> int:
        """Where one match goes; returns the id of its row. `rows` are the ids of the matches before it, among which its
        parent is; `ordinals`: which is the next one with the same key."""
        item, known, position = match.incoming, match.known, len(rows)
        key = item.key
        keeps_key = known is not None and known.key == key
        if known and keeps_key and match.kind is None:
            if known.position != position:
                self._moved.append((known.id, position))
            return known.id
        place = item.institution, key
        next_one = ordinals.get(place, 0)
        ordinal = known.ordinal if known and keeps_key else next_one
        ordinals[place] = max(next_one, ordinal + 1)
        if known and match.kind is None:
            self._rekeyed.append((known.id, key, ordinal, item.result.source_key, position))
            return known.id
        parent_id = rows[item.parent] if item.parent is not None else None
        if known and parent_id is None and not any(change.field == "parent" for change in match.fields):
            parent_id = known.parent_id
        id = known.id if known else self._next_result
        self._next_result += known is None
        study = self._study(person_id, item.institution)
        row = Row(id, study, key, ordinal, position, item.result, parent_id, item.original_institution)
        (self._changed if known else self._new).append(row)
        return id

    def _study(self, person_id: int, institution: int) -> int:
        """The id of the person's study at an institution, that it has or gets."""
        id = self._studies.setdefault((person_id, institution), self._next_study)
        self._next_study += id == self._next_study
        return id
