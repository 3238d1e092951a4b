"""A fingerprint of what a transcript means."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from webapp.model import Level, Result, Term, Transcript

DIGEST_BYTES = 16


def meaning_digest(transcript: Transcript) -> str:
    """A hash, in 32 hexadecimal digits, of the learner, the results and what was left out.

    The same meaning has the same hash whenever and in whichever form it was written: languages in any order,
    extents with any number of zeros behind the comma. Findings and the dates of the document do not count.
    """
    learner = transcript.learner
    meaning = [
        sorted([i.type, i.value] for i in learner.identifiers),
        [learner.given_names, learner.family_name, _plain(learner.birth_date)],
        [
            [
                [i.number, dict(i.name), i.schac, i.erasmus, i.merged_into],
                [_result(result) for result in study.results],
            ]
            for study in transcript.studies
            for i in [study.institution]
        ],
        [[row.code, dict(row.name), row.reason] for row in transcript.left_out],
    ]
    text = json.dumps(meaning, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES).hexdigest()


def _result(result: Result) -> list[Any]:
    # The instance's own dictionary holds exactly its fields; dataclasses.asdict would copy every value.
    return [_plain(value) for value in vars(result).values()]


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Term):
        return [value.year, value.season, value.derived]
    if isinstance(value, Level):
        return [value.scheme, value.value]
    return dict(value) if isinstance(value, Mapping) else value
