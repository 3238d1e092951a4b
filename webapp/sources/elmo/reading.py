"""ELMO documents of every kind into a transcript."""

from lxml.etree import _Element

from webapp.errors import UnreadableElmo
from webapp.model import Institution, Learner, LeftOut, Result, Study, Transcript
from webapp.sources.elmo.duplicates import without_duplicates
from webapp.sources.elmo.envelope import open_envelope
from webapp.sources.elmo.findings import FindingCode, Findings
from webapp.sources.elmo.instances import (
    credits_of,
    date_of,
    grade_of,
    grading_scheme_of,
    level_of,
    source_key_of,
    term_of,
    thesis_title_of,
)
from webapp.sources.elmo.issuers import completed, read_issuer, same_issuer
from webapp.sources.elmo.learners import is_norwegian, padded, read_learner, same_person, together
from webapp.sources.elmo.nodes import ELMO_NS, PURL_NS, Tree, first_text, namespace, node_of
from webapp.sources.elmo.outcomes import knows_status, reason_to_leave_out
from webapp.sources.elmo.own import OWN_TRANSCRIPT, is_without_studies, own_findings, own_left_out
from webapp.sources.elmo.rows import SPECIFICATION, Row, Setting, instances_of, parts_of, row_of
from webapp.sources.elmo.specifications import (
    category_of,
    codes_of,
    names_of,
    url_of,
)

#: A transcript has a report per institution; thousands of them are an attempt to keep us busy.
REPORTS_LIMIT = 1000
_TOO_MANY = "ELMO-dokumentet har flere rapporter enn det som tas imot."
_NO_LEARNER = "Dokumentet er ikke et ELMO-dokument: det sier ikke hvem det gjelder."


def read(data: bytes) -> Transcript:
    """The transcript in a document: ELMO 1.x or 2.0, its purl.org ancestor, bare or wrapped, also in base64
    and gzip (the EMREX form).

    What is not understood becomes a finding. Raises UnreadableElmo when the document is not XML, names no
    learner or is not let in.
    """
    return _Reader(open_envelope(data)).transcript()


class _Study:
    """A study that is being read: the institution so far, and each result with where it was found."""

    def __init__(self, institution: Institution) -> None:
        self.institution = institution
        self.rows: list[tuple[Result, _Element]] = []


class _Reader:
    """One document on its way to a transcript."""

    def __init__(self, root: _Element) -> None:
        self.root = root
        self.tree = Tree(root)
        self.findings = Findings()
        self.left_out: list[LeftOut] = []
        self.own = next(root.iter(OWN_TRANSCRIPT), None)
        self.learners = {node: read_learner(self.tree[node], self.findings) for node in root.iter("{*}learner")}
        if not self.learners:
            raise UnreadableElmo(_NO_LEARNER)

    def transcript(self) -> Transcript:
        self._note_namespace()
        learner = next((found for found in self.learners.values() if found != Learner()), Learner())
        studies: list[_Study] = []
        origins = []
        for report in self._reports():
            about = self._learner_of(report)
            if about is None or not same_person(learner, about):
                self.findings.note(FindingCode.OTHER_LEARNER, report, "")
                continue
            learner = together(learner, about)
            origins.append(self._read_report(report, studies))
        if self.own is None and self._is_norwegian(origins):
            learner = padded(learner)
        return Transcript(
            learner=learner,
            studies=tuple(self._finished(study) for study in studies),
            left_out=(*self.left_out, *own_left_out(self.tree, self.own)),
            findings=(*self.findings, *own_findings(self.tree, self.own)),
        )

    def _note_namespace(self) -> None:
        first = next(iter(self.learners))
        if namespace(first) not in (ELMO_NS, PURL_NS):
            around = first.getparent()
            place = first if around is None else around
            self.findings.note(FindingCode.UNEXPECTED_NAMESPACE, place, namespace(first))

    def _reports(self) -> list[_Element]:
        reports = [] if is_without_studies(self.own) else list(self.root.iter("{*}report"))
        if len(reports) > REPORTS_LIMIT:
            raise UnreadableElmo(_TOO_MANY, unsafe=True)
        return reports

    def _learner_of(self, report: _Element) -> Learner | None:
        """Whom the report is about: its own learner, that of the document around it, or a sister's."""
        holders = (report, *report.iterancestors(), *report.itersiblings("{*}report", preceding=True))
        told = [self.learners[node] for holder in holders for node, _ in self.tree[holder].get("learner", ())]
        return next((found for found in told if found != Learner()), told[0] if told else None)

    def _is_norwegian(self, origins: list[bool | None]) -> bool:
        """Whether national identity numbers are Norwegian: by the issuers, else by the learner."""
        if any(origin is not None for origin in origins):
            return any(origins)
        return any(is_norwegian(self.tree[node]) for node in self.learners)

    def _read_report(self, report: _Element, studies: list[_Study]) -> bool | None:
        """Read a report into the study of its issuer; whether the issuer is Norwegian, None if unknown."""
        found = self.tree[report]
        issuer = next((element for element, _ in found.get("issuer", ())), None)
        institution, norwegian = read_issuer(self.tree, issuer, self.findings)
        same = (known for known in studies if same_issuer(known.institution, institution))
        study = next(same, None) if self.own is None else None
        if study is None:
            study = _Study(institution)
            studies.append(study)
        study.institution = completed(study.institution, institution)
        is_ours = norwegian or (norwegian is None and institution.number is not None)
        setting = Setting(norwegian=bool(is_ours), exact=self.own is not None)
        for element, _ in found.get(SPECIFICATION, ()):
            self._read_specification(element, None, study, setting)
        return norwegian

    def _read_specification(self, element: _Element, parent: int | None, study: _Study, setting: Setting) -> None:
        """Read a specification and all below it; what is below one that is left out goes to its parent."""
        tree, los = self.tree, self.tree[element]
        holder = parent
        for instance in instances_of(tree, los):
            place = self._take(row_of(tree, los, instance, setting), element, parent, study)
            holder = place if place is not None else holder
        for part in parts_of(tree, los):
            self._read_specification(part, holder, study, setting)

    def _take(self, row: Row, element: _Element, parent: int | None, study: _Study) -> int | None:
        """Keep the row as a result or list it as left out; its place among the study's results if kept."""
        result = self._result(row, parent)
        status = first_text(row.loi.get("status"))
        if status is not None and not knows_status(status):
            self.findings.note(FindingCode.UNKNOWN_STATUS, row.loi["status"][0][0])
        reason = reason_to_leave_out(status, result.grade, has_instance="specifies" in row.los)
        if reason is not None:
            self.left_out.append(LeftOut(result.code, result.name, reason))
            return None
        study.rows.append((result, element))
        return len(study.rows) - 1

    def _result(self, row: Row, parent: int | None) -> Result:
        category = category_of(row, self.findings)
        code, version, nus = codes_of(row, category)
        date = date_of(row, self.findings)
        credits, scheme = credits_of(row, self.findings)
        return Result(
            category=category,
            code=code,
            version=version,
            name=names_of(row),
            thesis_title=thesis_title_of(row),
            term=term_of(row, date, self.findings),
            date=date,
            credits=credits,
            credit_scheme=scheme,
            grade=grade_of(row.loi),
            grading_scheme=grading_scheme_of(row),
            level=level_of(row),
            nus=nus,
            url=url_of(row, self.findings),
            parent=parent,
            source_key=source_key_of(row.loi),
        )

    def _finished(self, study: _Study) -> Study:
        if self.own is not None:
            return Study(study.institution, tuple(result for result, _ in study.rows))
        results, dropped = without_duplicates(study.rows)
        for element in dropped:
            self.findings.note(FindingCode.DUPLICATE, element, first_text([node_of(child) for child in element]))
        return Study(study.institution, results)
