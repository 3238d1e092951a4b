"""What a purge would take, and why the others stay. With a hundred thousand people that takes seconds to compute."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime

from webapp.config import Settings
from webapp.model import Due, Held, Hold, Preview, Purged
from webapp.privacy.purging import Judge, everybody, lose_answers
from webapp.store import Store, erasure, expiring, purge_preview

#: So many people of each reason are told of by who they are.
MOST_TOLD = 200


def preview(
    store: Store, settings: Settings, now: datetime, is_stopping: Callable[[], bool] = lambda: False
) -> Preview:
    """What a purge would take now, by rule, and why the others stay. When `is_stopping` says so it breaks off, and
    tells of those it had come to."""
    db, judge = store.db, Judge(settings, now)
    counts, nearest, answers = Counter[Due | Hold](), dict[Hold, date](), 0
    who: defaultdict[Due | Hold, list[tuple[int, date | None]]] = defaultdict(list)
    before = judge.before(judge.limits.answer_months)
    for facts in everybody(db, judge):
        if is_stopping():
            break
        verdicts = [(each, judge.verdict(each)) for each in facts]
        for each, verdict in verdicts:
            why = verdict.due or verdict.hold
            if why is None:
                continue
            counts[why] += 1
            if len(who[why]) < MOST_TOLD:
                who[why].append((each.person_id, verdict.until))
            if verdict.hold and verdict.until is not None:
                nearest[verdict.hold] = min(nearest.get(verdict.hold, date.max), verdict.until)
        losing = [each.person_id for each, verdict in verdicts if lose_answers(each, verdict)]
        answers += erasure.count_answers(db, losing, before)
    others = {table: expiring.count_over(db, table, at) for table, at in judge.over.items()}
    purged = Purged(counts[Due.RESULTS], counts[Due.PERSON], answers, others)
    held = [Held(why, n, nearest.get(why)) for why, n in counts.most_common() if isinstance(why, Hold)]
    return Preview(now, purged, tuple(held), {why: tuple(people) for why, people in who.items()})


def compute_anew(
    store: Store, settings: Settings, now: datetime, is_stopping: Callable[[], bool] = lambda: False
) -> None:
    """Compute the preview and keep it, for those who look at it; what was kept stays when `is_stopping` says so."""
    seen = preview(store, settings, now, is_stopping)
    if not is_stopping():
        with store.write() as db:
            purge_preview.keep(db, seen)
