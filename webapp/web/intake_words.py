"""The words for a file that is taken in: what came of it, and what is wrong in it."""

from webapp.errors import Refusal
from webapp.intake.columns import COLUMNS
from webapp.model import Complaint, FileImport, ImportState, IntakeKind, Report
from webapp.web.language import gettext, ngettext, said


def kind_name(kind: IntakeKind) -> str:
    """What a file tells of."""
    return {IntakeKind.APPLICATIONS: gettext("Søknader"), IntakeKind.ADMISSIONS: gettext("Opptak")}[kind]


def count_of(number: int) -> str:
    """A number as Norwegians write it: 100 000."""
    return f"{number:,}".replace(",", "\u00a0")


def tallies_of(kind: IntakeKind, report: Report) -> list[tuple[str, str, str, str]]:
    """What was counted, each with its name: new, changed, unchanged."""
    counted = [(gettext("Personer"), report.people), (gettext("Søknader"), report.applications)]
    if kind is IntakeKind.ADMISSIONS:
        counted = [(gettext("Opptak"), report.admissions)]
    return [(name, count_of(each.new), count_of(each.changed), count_of(each.unchanged)) for name, each in counted]


def state_words(found: FileImport) -> str:
    """Where an import stands, in a word or two."""
    match found.state:
        case ImportState.RUNNING:
            return gettext("Leser …") if found.done else gettext("Venter")
        case ImportState.DONE:
            return gettext("Prøvd uten feil") if found.dry_run else gettext("Lest inn")
        case ImportState.REFUSED:
            return gettext("Feil i filen")
        case ImportState.BROKEN_OFF:
            return gettext("Brutt av")


def state_icon(state: ImportState) -> str:
    """The icon that stands beside the words."""
    return {ImportState.RUNNING: "running", ImportState.DONE: "found"}.get(state, "failed")


def outcome_of(report: Report) -> str:
    """What came of a file, in one sentence."""
    if report.complaint_count:
        return ngettext(
            "%(count)s feil i filen. Ingenting er skrevet. Rett den, og les inn filen på nytt.",
            "%(count)s feil i filen. Ingenting er skrevet. Rett dem, og les inn filen på nytt.",
            report.complaint_count,
            count=count_of(report.complaint_count),
        )
    rows = ngettext("%(count)s rad", "%(count)s rader", report.rows, count=count_of(report.rows))
    if report.dry_run:
        return gettext("%(rows)s er uten feil. Dette var en prøve: ingenting er skrevet.", rows=rows)
    return gettext("%(rows)s er lest inn.", rows=rows)


def complaint_words(kind: IntakeKind, complaint: Complaint) -> tuple[str, str, str]:
    """A complaint as it is shown: its line, its column and its sentence; "" where it is about more than one."""
    sentence = said(Refusal(complaint.sentence, **complaint.values))
    return str(complaint.line or ""), COLUMNS[kind].name_of(complaint.field), sentence
