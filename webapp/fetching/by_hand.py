"""Rows that caseworkers write by hand, and their notes: what no source reports, and no merge ever touches."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from sqlite_utils import Database

from webapp.errors import Refusal
from webapp.fetching.merge import Incoming, changed_fields
from webapp.model import Category, Cause, ChangeKind, FieldChange, RowByHand, StoredResult
from webapp.store import Store, by_hand, cases, institutions, results

LONGEST_NOTE = 4000
LONGEST_TEXT = 500
LONGEST_CODE = 50
MOST_CREDITS = 1000
#: Before the university of Oslo was founded there was nothing to take an exam at.
FIRST_YEAR = 1811
#: The units of an extent by hand.
CREDIT_SCHEMES = ("studiepoeng", "vekttall")


class WrongRow(Refusal):
    """A row that cannot be written: `fields` says of each field what is wrong with it."""

    def __init__(self, fields: Mapping[str, Refusal]) -> None:
        first = next(iter(fields.values()))
        super().__init__(first.sentence, **first.values)
        self.fields = fields


def write_by_hand(store: Store, person_id: int, wish: RowByHand, by: str, now: datetime) -> int:
    """Write a new row for a person; returns its id. Raises WrongRow, which is a Refusal, when it cannot be."""
    with store.write() as db:
        _check(db, person_id, wish, now.date())
        study_id = results.study(db, person_id, wish.institution, by, now)
        row = _row(wish, by_hand.place_after(db, study_id))
        result_id = results.write_result(db, study_id, None, row, now)
        _log(db, person_id, wish.institution, result_id, ChangeKind.WRITTEN, (), by, now)
    return result_id


def change_by_hand(store: Store, result_id: int, wish: RowByHand, by: str, now: datetime) -> None:
    """Write a row by hand anew; what is the same is not logged. Raises WrongRow as write_by_hand, and Refusal when
    the row was fetched, was removed, or belongs to another institution than `wish` says."""
    with store.write() as db:
        person_id, known = _known(db, result_id)
        if known.institution != wish.institution:
            raise Refusal("En rad kan ikke flyttes til en annen institusjon. Fjern den, og registrer den der.")
        _check(db, person_id, wish, now.date(), known)
        row = _row(wish, known.position, known.id)
        fields = changed_fields(known.result, wish.result)
        if known.parent_id != wish.parent_id:
            above = by_hand.row(db, wish.parent_id) if wish.parent_id else None
            fields.append(FieldChange("parent", known.parent_key, above[1].key if above else None))
        if not fields:
            return
        study_id = results.study(db, person_id, wish.institution, by, now)
        results.write_result(db, study_id, None, row, now)
        _log(db, person_id, wish.institution, result_id, ChangeKind.EDITED, tuple(fields), by, now)


def remove_by_hand(store: Store, result_id: int, by: str, now: datetime) -> None:
    """Take a row by hand off the screen; the log keeps it. Raises Refusal when it was fetched, is removed already,
    is part of a case, or has other rows that belong to it."""
    with store.write() as db:
        person_id, known = _known(db, result_id)
        if by_hand.has_rows_below(db, result_id):
            raise Refusal("Andre rader hører til denne. Flytt eller fjern dem først.")
        if including := cases.cases_with(db, result_id):
            raise Refusal("Raden inngår i sak %(case)d. Ta den ut av saken først.", case=including[0].id)
        results.mark_gone(db, [result_id], now)
        _log(db, person_id, known.institution, result_id, ChangeKind.REMOVED, (), by, now)


def note_on_study(store: Store, person_id: int, institution: int, note: str, by: str, now: datetime) -> None:
    """Write the note (Merknad) on an institution's row. Raises Refusal when it is too long, or when there is no row."""
    # A browser counts a line's end as one character and sends it as two.
    text = note.replace("\r\n", "\n").strip()
    if len(text) > LONGEST_NOTE:
        raise Refusal(
            "Merknaden har %(length)d tegn, og det er plass til %(most)d. Kort den ned.",
            length=len(text),
            most=LONGEST_NOTE,
        )
    with store.write() as db:
        if not by_hand.write_note(db, person_id, institution, text):
            raise Refusal("Personen har ingen rad for denne institusjonen. Registrer den først.")
        by_hand.mark_edited(db, person_id, institution, by, now)


def _known(db: Database, result_id: int) -> tuple[int, StoredResult]:
    found = by_hand.row(db, result_id)
    if found is None or (found[1].by_hand and found[1].gone_at is not None):
        raise Refusal("Raden fins ikke lenger. Noen har kanskje fjernet den.")
    if not found[1].by_hand:
        raise Refusal("Raden er hentet fra institusjonen, og kan ikke endres her.")
    return found


def _row(wish: RowByHand, position: int, result_id: int = 0) -> StoredResult:
    key = Incoming(wish.institution, wish.result).key
    return StoredResult(result_id, wish.institution, key, 0, position, wish.result, wish.parent_id, by_hand=True)


def _log(
    db: Database,
    person_id: int,
    institution: int,
    result_id: int,
    kind: ChangeKind,
    fields: tuple[FieldChange, ...],
    by: str,
    now: datetime,
) -> None:
    by_hand.sign(db, result_id, by)
    by_hand.mark_edited(db, person_id, institution, by, now)
    results.log_changes(db, person_id, [(result_id, institution, kind, fields)], Cause(by), now)


def _check(db: Database, person_id: int, wish: RowByHand, today: date, known: StoredResult | None = None) -> None:
    wrong = dict[str, Refusal]()
    if not institutions.is_known(db, wish.institution):
        wrong["institution"] = Refusal("Institusjonen er ukjent. Velg en fra listen.")
    wrong |= dict(_wrong_texts(wish))
    wrong |= dict(_wrong_times(wish, today))
    wrong |= dict(_wrong_extent(wish))
    if (refusal := _wrong_place(db, person_id, wish, known)) is not None:
        wrong["parent"] = refusal
    if wrong:
        raise WrongRow(wrong)


def _wrong_texts(wish: RowByHand) -> Iterator[tuple[str, Refusal]]:
    result = wish.result
    if not any(text.strip() for text in result.name.values()):
        yield "name", Refusal("Skriv navnet, på norsk eller engelsk.")
    long = {"name": result.name.get("nb"), "name_en": result.name.get("en")}
    long |= {"thesis": result.thesis_title.get("nb"), "thesis_en": result.thesis_title.get("en")}
    for field, text in long.items():
        if len(text or "") > LONGEST_TEXT:
            yield field, Refusal("Det er plass til %(most)d tegn. Kort det ned.", most=LONGEST_TEXT)
    short = {"code": result.code, "version": result.version, "grade": result.grade}
    for field, text in (short | {"level": result.level.value if result.level else None}).items():
        if len(text or "") > LONGEST_CODE:
            yield field, Refusal("Det er plass til %(most)d tegn. Kort det ned.", most=LONGEST_CODE)


def _wrong_times(wish: RowByHand, today: date) -> Iterator[tuple[str, Refusal]]:
    term, day = wish.result.term, wish.result.date
    if term is not None and not FIRST_YEAR <= term.year <= today.year:
        yield "term_year", Refusal("Året må være fra %(first)d til %(last)d.", first=FIRST_YEAR, last=today.year)
    if day is not None and day > today:
        yield "date", Refusal("Datoen er i framtiden. Et resultat føres når det er oppnådd.")
    if day is not None and day.year < FIRST_YEAR:
        yield "date", Refusal("Året må være fra %(first)d til %(last)d.", first=FIRST_YEAR, last=today.year)


def _wrong_extent(wish: RowByHand) -> Iterator[tuple[str, Refusal]]:
    credits, scheme = wish.result.credits, wish.result.credit_scheme
    if credits is not None and not (credits.is_finite() and 0 <= credits <= MOST_CREDITS):
        yield "credits", Refusal("Omfanget må være fra 0 til %(most)d.", most=MOST_CREDITS)
    if credits is not None and scheme not in CREDIT_SCHEMES:
        yield "credit_scheme", Refusal("Velg studiepoeng eller vekttall.")


def _wrong_place(db: Database, person_id: int, wish: RowByHand, known: StoredResult | None) -> Refusal | None:
    """What is wrong with where a row stands: only qualifications have rows below them, and they have none above."""
    is_qualification = wish.result.category is Category.QUALIFICATION
    if known and not is_qualification and by_hand.has_rows_below(db, known.id):
        return Refusal("Andre rader hører til denne. Da må den være en kvalifikasjon.")
    if wish.parent_id is None:
        return None
    if is_qualification:
        return Refusal("En kvalifikasjon kan ikke høre til en annen. La feltet stå tomt.")
    if wish.parent_id not in {row.id for row in by_hand.parents(db, person_id, wish.institution)}:
        return Refusal("Velg en kvalifikasjon ved samme institusjon.")
    return None
