"""Planning a run: who is ordered for and why not the others, then an order for each purpose with its fetches."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from more_itertools import chunked
from sqlite_utils import Database

from webapp.config import Settings
from webapp.errors import Refusal
from webapp.fetching.eligibility import admission_gate, applicant_gate, ordered_for
from webapp.legal_settings import LegalPeriod
from webapp.model import Admission, Applicant, Gate, OrderedFor, Purpose, Run, RunKind
from webapp.store import Store, admissions, applications, owed, run_plans

#: So many applicants are judged and written at a time: others write in between.
PIECE = 1000
#: People in a fetch, where the source does not say how many it takes at once, and where it takes one.
CHUNK, CHUNK_OF_SINGLES = 100, 25

#: An applicant, and either why it is left out or why it is ordered for; neither is "asked about already".
Judged = tuple[Applicant, Gate | None, OrderedFor | None]


@dataclass(frozen=True)
class Selection:
    """Whom a run would order for: how many applications, how many people, how many are left out and why; and the
    codes of the admissions that are open."""

    ordered: int
    people: int
    left_out: Mapping[Gate, int]
    admissions: tuple[str, ...]


@dataclass(frozen=True)
class Judging:
    """The rules for one run, put to the data of a database: judged at `at`, while it is `now`."""

    db: Database
    settings: Settings
    kind: RunKind
    at: datetime
    now: datetime
    admission: str | None = None

    @cached_property
    def gates(self) -> Mapping[Admission, Gate | None]:
        """Each admission, or the one that is meant, and why nobody in it is ordered for: None while it is open.

        Raises Refusal for an admission that is not known.
        """
        known = admissions.admissions(self.db)
        if self.admission is not None and self.admission not in {each.code for each in known}:
            raise Refusal("Opptaket %(code)s er ukjent. Skriv koden som 2027-HØST-NOM.", code=self.admission)
        return {
            each: admission_gate(each, self.at, self.settings.settings.import_runs, self.settings.zone)
            for each in known
            if self.admission in (None, each.code)
        }

    @cached_property
    def bases(self) -> Mapping[Purpose, LegalPeriod]:
        """The legal basis of each purpose: an instant in the past is no way around the one that is in force."""
        return {each: self.settings.basis_at(each, max(self.at, self.now)) for each in Purpose}

    @property
    def open(self) -> tuple[str, ...]:
        """The codes of the admissions that are open."""
        return tuple(each.code for each, gate in self.gates.items() if gate is None)

    def left_out_whole(self) -> Counter[Gate]:
        """How many are left out with their whole admission."""
        sizes = run_plans.applicants_by_admission(self.db)
        left_out = Counter[Gate]()
        for admission, gate in self.gates.items():
            if gate is not None and admission.code in sizes:
                left_out[gate] += sizes[admission.code]
        return left_out

    def judged(self, last: int) -> Iterator[list[Judged]]:
        """The applicants of the open admissions, with rowids to `last`, each judged; a list at a time, by person.

        After them, unless one admission is meant, those whom recognition is about and who are not in it already.
        """
        owed.gather(self.db, self.settings.switched_off(self.now))
        after, reported = (0, ""), set[int]()
        while piece := run_plans.applicants(self.db, self.open, last, after, PIECE):
            judged = [self._judge(who, Purpose.ADMISSION) for who in piece]
            reported.update(who.person_id for who, _, why in judged if why is OrderedFor.REPORTED)
            yield judged
            after = piece[-1].person_id, piece[-1].application
        if self.admission is None:
            others = [who for who in run_plans.outside_admissions(self.db) if who.person_id not in reported]
            for some in chunked(others, PIECE):
                yield [self._judge(who, Purpose.RECOGNITION) for who in some]

    def _judge(self, who: Applicant, purpose: Purpose) -> Judged:
        gate = applicant_gate(who, self.bases[purpose].basis, self.at, self.now)
        return who, gate, None if gate else ordered_for(who, self.kind)


def preview(judging: Judging, look_at: Callable[[list[Judged]], object] = lambda judged: None) -> Selection:
    """Whom a run would order for; nothing is written. `look_at` is handed all who are judged, some at a time.

    Raises Refusal for an admission that is not known.
    """
    ordered, left_out, people = 0, judging.left_out_whole(), set[int]()
    for piece in judging.judged(run_plans.last_application(judging.db)):
        look_at(piece)
        ordered += _count(piece, left_out)
        people.update(who.person_id for who, _, why in piece if why)
    return Selection(ordered, len(people), left_out, judging.open)


def plan(store: Store, run: Run, judging: Judging, chunks: Mapping[int, int]) -> None:
    """Judge the applicants of a waiting run, and write its orders and fetches: then it is RUNNING.

    `chunks`: how many people each source, by institution, takes in one fetch. A plan that was broken off is begun
    anew. Raises Refusal for an admission that is not known.
    """
    settings, now = judging.settings, judging.now
    last = run_plans.last_application(store.db)
    ordered, left_out = 0, judging.left_out_whole()
    with store.write() as db:
        run_plans.begin(db, run.id, judging.at, last, {each.code: gate for each, gate in judging.gates.items()})
        order_ids = {
            p: run_plans.add_order(db, run, p, basis.basis, now, basis.text) for p, basis in judging.bases.items()
        }
    for piece in judging.judged(last):
        purpose = Purpose.ADMISSION if piece[0][0].application else Purpose.RECOGNITION
        with store.write() as db:
            run_plans.add_applicants(db, run.id, order_ids[purpose], piece)
        ordered += _count(piece, left_out)
    for order_id in order_ids.values():
        _add_fetches(store, settings, order_id, chunks, now)
    counted = run_plans.people_counted(store.db, run.id)
    with store.write() as db:
        run_plans.add_sources(db, run.id, counted)
        owed.take_over(db, run, _waiting_for(run, settings, now))
        run_plans.settle_reports(db, run.id, now)
        run_plans.finish_plan(db, run, ordered, left_out, now)
    mark_asked(store, run.id, now)


def mark_asked(store: Store, run_id: int, begun_at: datetime) -> None:
    """Note on the applications of a run that sources are asked about them, so that a delta passes them over. To be
    called again for a run that was broken off meanwhile: what is noted already is not written again."""
    for some in chunked(run_plans.applications_ordered(store.db, run_id), PIECE):
        with store.write() as db:
            applications.mark_asked(db, some, begun_at)


def _waiting_for(run: Run, settings: Settings, now: datetime) -> Collection[int]:
    """The institutions that owe on after a delta: they are switched off, so nobody is asked about again. A full run is
    about everybody, whom they owe an answer from then on."""
    return settings.switched_off(now) if run.kind is RunKind.DELTA else ()


def _count(piece: list[Judged], left_out: Counter[Gate]) -> int:
    """How many of these are ordered for; the others are counted by why they are not."""
    left_out.update(gate or Gate.ALREADY_ASKED for _, gate, why in piece if not why)
    return sum(why is not None for _, _, why in piece)


def _add_fetches(store: Store, settings: Settings, order_id: int, chunks: Mapping[int, int], now: datetime) -> None:
    """Queue what is to be asked: every source about those who are new to it, and each about those it owes."""
    debts = owed.by_institution(store.db, order_id, settings.switched_off(now))
    named = any(True for _ in run_plans.people_of(store.db, order_id, owed_only=True))
    has_new = any(True for _ in run_plans.people_of(store.db, order_id, owed_only=False))
    sizes: dict[int, list[int]] = {}
    for source in settings.asked:
        if source.shares:
            sizes.setdefault(chunks.get(source.institution, CHUNK), []).append(source.institution)
        elif has_new:
            with store.write() as db:
                run_plans.add_not_shared(db, order_id, source.institution, now)
    for size, institutions in sizes.items():
        everybody = chunked(run_plans.people_of(store.db, order_id, owed_only=False), size)
        for some in chunked(everybody, PIECE // size + 1):
            with store.write() as db:
                for institution in institutions:
                    run_plans.add_fetches(db, order_id, institution, some, named)
        for institution in institutions:
            if people := debts.get(institution):
                with store.write() as db:
                    run_plans.add_fetches(db, order_id, institution, list(chunked(people, size)), True)
