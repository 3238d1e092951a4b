"""A transcript in the shape that the command line prints as JSON."""

from webapp.model import Institution, Learner, Result, Study, Term, Text, Transcript

#: Languages that are always there, null when the source gave no text in them.
_LANGUAGES = ("nb", "nn", "en")


def transcript_json(transcript: Transcript) -> dict[str, object]:
    """The transcript as JSON values: `learner`, `studies`, `left_out` and `findings`; what is absent is None.

    Texts are objects by language code, dates ISO 8601, credits strings of a decimal number as it was given.
    """
    return {
        "learner": _learner(transcript.learner),
        "studies": [
            {"institution": _institution(study.institution), "results": _results(study)} for study in transcript.studies
        ],
        "left_out": [
            {"code": row.code, "name": _text(row.name), "reason": str(row.reason)} for row in transcript.left_out
        ],
        "findings": [
            {"code": str(found.code), "path": found.path, "text": found.text} for found in transcript.findings
        ],
    }


def _learner(learner: Learner) -> dict[str, object]:
    return {
        "identifiers": [{"type": i.type, "value": i.value} for i in learner.identifiers],
        "given_names": learner.given_names,
        "family_name": learner.family_name,
        "birth_date": learner.birth_date.isoformat() if learner.birth_date else None,
    }


def _institution(institution: Institution) -> dict[str, object]:
    return {
        "number": institution.number,
        "schac": institution.schac,
        "erasmus": institution.erasmus,
        "name": _text(institution.name),
    }


def _results(study: Study) -> list[dict[str, object]]:
    return [
        _result(result, None if result.parent is None else study.results[result.parent]) for result in study.results
    ]


def _result(result: Result, parent: Result | None) -> dict[str, object]:
    return {
        "category": str(result.category),
        "code": result.code,
        "version": result.version,
        "name": _text(result.name),
        "thesis_title": _text(result.thesis_title) if result.thesis_title else None,
        "term": _term(result.term),
        "date": result.date.isoformat() if result.date else None,
        "credits": format(result.credits, "f") if result.credits is not None else None,
        "credit_scheme": result.credit_scheme,
        "grade": result.grade,
        "grading_scheme": result.grading_scheme,
        "level": result.level.value if result.level else None,
        "nus": result.nus,
        "parent": _label(parent) if parent else None,
    }


def _label(result: Result) -> str | None:
    return result.code or next(iter(result.name.values()), None)


def _term(term: Term | None) -> dict[str, object] | None:
    return {"year": term.year, "season": str(term.season), "derived": term.derived} if term else None


def _text(text: Text) -> dict[str, str | None]:
    return dict.fromkeys(_LANGUAGES) | dict(text)
