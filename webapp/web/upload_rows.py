"""An uploaded document as its preview shows it: whose it is, what its signature is worth, what would come of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from webapp.fetching.delivering import Preview, preview
from webapp.fetching.matching import compare
from webapp.fetching.merge import Match
from webapp.identity import mask
from webapp.model import (
    ChangeKind,
    Delivery,
    ExternalStudy,
    Learner,
    Person,
    Result,
    Signature,
    SignatureState,
    StoredResult,
)
from webapp.names import written_name
from webapp.sources.elmo.findings import SENTENCES, FindingCode
from webapp.store import institutions
from webapp.web.change_words import told_words
from webapp.web.current import house
from webapp.web.language import gettext, ngettext
from webapp.web.study_rows import LeftOutRow, StudyRow, left_out_rows, study_rows
from webapp.web.words import changes_of, date_of, text_of

#: So many changes are told one by one.
MOST_CHANGES = 50


@dataclass(frozen=True)
class SignatureRow:
    """A signature in words; `icon` is the state that it looks like."""

    icon: str
    told: str
    signer: str
    algorithm: str
    until: str


@dataclass(frozen=True)
class MatchRow:
    """Whether a document is about the person: what speaks for it, or against."""

    same: bool
    learner: str
    reasons: tuple[str, ...]
    score: int


@dataclass(frozen=True)
class PartRow:
    """What a document says of an institution: `change` in a few words, `changes` one by one."""

    study: StudyRow
    issuers: str
    change: str
    changes: tuple[str, ...]


@dataclass(frozen=True)
class UploadView:
    """A document ready to be previewed. `nameless`: the issuers of which somebody must say where they stand."""

    match: MatchRow
    signature: SignatureRow
    blocked: bool
    told: str
    parts: tuple[PartRow, ...]
    left_out: tuple[LeftOutRow, ...]
    findings: tuple[str, ...]
    nameless: str


def upload_view(person: Person, delivery: Delivery, under: int | None) -> UploadView:
    """What taking in a document would do."""
    db = house().store.db
    transcript = delivery.transcript
    parts = preview(db, person, delivery, under)
    names = institutions.choices(db)
    results = sum(len(study.results) for study in transcript.studies)
    return UploadView(
        match=match_row(person, transcript.learner),
        signature=signature_row(delivery.signature),
        blocked=delivery.signature.state is SignatureState.INVALID,
        told=ngettext("%(num)d resultat", "%(num)d resultater", results),
        parts=tuple(_part(part, text_of(names.get(part.institution, {}))) for part in parts),
        left_out=left_out_rows(transcript.left_out),
        findings=tuple(_findings(delivery)),
        nameless=", ".join(_issuers(part) for part in preview(db, person, delivery, None) if not part.institution),
    )


def signature_row(signature: Signature) -> SignatureRow:
    """A signature in words."""
    zone = house().settings.zone
    icon, told = {
        SignatureState.VALID: ("found", gettext("Signaturen er gyldig")),
        SignatureState.INVALID: ("failed", gettext("Signaturen stemmer ikke med innholdet")),
        SignatureState.UNSIGNED: ("nothing", gettext("Ikke signert")),
        SignatureState.UNKNOWN_KEY: ("mismatch", gettext("Signert med et sertifikat som ingen her går god for")),
        SignatureState.WEAK_ALGORITHM: ("mismatch", gettext("Signaturen stemmer, men metoden er gammel og svak")),
        SignatureState.EXPIRED: ("mismatch", gettext("Signaturen stemmer, men sertifikatet gjaldt ikke da")),
    }[signature.state]
    until = date_of(signature.certificate_until, zone) if signature.certificate_until else ""
    return SignatureRow(icon, told, signature.signer or "", signature.algorithm or "", until)


def match_row(person: Person, learner: Learner) -> MatchRow:
    """Whether a document is about the person, and why."""
    verdict = compare(person, learner)
    reasons = verdict.agrees if verdict.same else (*verdict.reasons, *verdict.agrees)
    return MatchRow(verdict.same, learner_words(learner), tuple(map(gettext, reasons)), verdict.score)


def learner_words(learner: Learner) -> str:
    """Whom a document is about, in a line: name, birth date, numbers masked."""
    born = gettext("f. %(date)s", date=f"{learner.birth_date:%d.%m.%Y}") if learner.birth_date else ""
    numbers = [mask(number) for number in learner.national_identifiers]
    return " · ".join(filter(None, [written_name(learner.given_names, learner.family_name), born, *numbers]))


def _part(part: Preview, name: str) -> PartRow:
    kinds = Counter(match.kind for match in part.merge.matches if match.kind)
    kinds[ChangeKind.GONE] += len(part.merge.gone)
    told = [_told(match) for match in part.merge.matches if match.kind not in (None, ChangeKind.NEW)]
    told += [_words(ChangeKind.GONE, row.result) for row in part.merge.gone]
    now = house().clock()
    study = ExternalStudy(part.institution, part.institution, {"nb": name}, now, now, tuple(_rows(part)))
    (row,) = study_rows([study], {}, house().settings.zone, now)
    return PartRow(row, _issuers(part), changes_of(kinds) or gettext("ingenting nytt"), tuple(told[:MOST_CHANGES]))


def _rows(part: Preview) -> Sequence[StoredResult]:
    """The document's results as the rows that they would be, numbered within the page."""
    matches = part.merge.matches
    first = part.institution * 10_000 + 1
    return [
        StoredResult(
            first + position,
            part.institution,
            match.incoming.key,
            0,
            position,
            match.incoming.result,
            parent_id=first + match.incoming.parent if match.incoming.parent is not None else None,
            original_institution=match.incoming.original_institution,
        )
        for position, match in enumerate(matches)
    ]


def _told(match: Match) -> str:
    return _words(match.kind or ChangeKind.CHANGED, match.incoming.result, match)


def _words(kind: ChangeKind, result: Result, match: Match | None = None) -> str:
    return told_words(kind, match.fields if match else (), result.category, result.code, text_of(result.name))


def _issuers(part: Preview) -> str:
    names = dict.fromkeys(text_of(study.institution.name) for study in part.studies)
    return ", ".join(filter(None, names)) or (gettext("utstederen") if not part.institution else "")


def _findings(delivery: Delivery) -> Sequence[str]:
    """What was not understood, each kind once with the texts that stood there."""
    texts: Mapping[str, list[str]] = {}
    for finding in delivery.transcript.findings:
        texts = {**texts, finding.code: [*texts.get(finding.code, []), finding.text]}
    return [
        " ".join(
            [gettext(SENTENCES[FindingCode(code)]), ", ".join(f"«{text}»" for text in dict.fromkeys(said) if text)]
        )
        for code, said in texts.items()
        if code in set(FindingCode)
    ]
