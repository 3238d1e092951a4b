"""The order log of a run: whom it ordered for, whom it left out and why, and what came in for each."""

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from webapp.model import FetchLine, Gate, Order, OrderedFor, Outcome, Purpose, Run, RunKind
from webapp.store.listing import Condition, ListQuery, PeopleNamed, Prefix
from webapp.store.orders import lines_of, order

#: The runs, the latest first; a program goes on from the last one.
RUNS = ListQuery(
    select="runs.*",
    source="runs",
    key="runs.id",
    orders={"run": "runs.id"},
    conditions={
        "kind": Condition("kind = :value"),
        "state": Condition("state = :value"),
        "admission": Condition("admission = :value"),
    },
)
#: Left out with their whole admission, and left out because of themselves; the rest had been asked about already.
_OF_ADMISSION = frozenset({Gate.PHASE, Gate.CUT_OFF})
_CONDITIONS: Mapping[str, Condition] = {
    "applicant_number": Prefix("applicant_number LIKE :value"),
    "name": PeopleNamed("person_id"),
    "admission": Condition("admission = :value"),
    "reason": Condition("reason = :value"),
}
_SELECT = "applicant_number, person_id, admission, reason, given_names, family_name"
_NAMED = "JOIN people ON people.id = person_id"
#: An application's line, its reason in `{reason}`; and that of a person who is in a run without one.
_APPLIED = """SELECT applicant_number, own.person_id, applications.folded_name, admission, {reason} AS reason, own.rowid
    AS place FROM run_applicants AS own JOIN applications ON applicant_number = application"""


def ordered(run: Run) -> ListQuery:
    """The applications that a run ordered for, by applicant number; before them those who are in it without one.

    Each row has `came`: how many institutions gave which Outcome other than nothing new, as a mapping.
    """
    return ListQuery(
        select=f"{_SELECT}, :run AS run_id",
        source=f"({_own(run.id, 'ordered_for')}) {_NAMED}",
        key="place",
        orders={"applicant_number": "applicant_number", "name": "log.folded_name"},
        conditions=_CONDITIONS,
    )
