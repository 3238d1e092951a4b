"""The words for what external results are: category, term, and why a row was left out."""

from datetime import datetime
from zoneinfo import ZoneInfo

from webapp.model import (
    Application,
    Basis,
    CaseStatus,
    CaseType,
    Category,
    ChangeKind,
    Gate,
    LeftOutReason,
    OrderedFor,
    Purpose,
    Right,
    Role,
    RunKind,
    RunState,
    Season,
    Term,
)
from webapp.recognition.credits import Stage
from webapp.web.language import gettext
from webapp.web.words import date_of


def category_name(category: Category) -> str:
    """A category as the screens name it."""
    return {
        Category.QUALIFICATION: gettext("Kvalifikasjon"),
        Category.COURSE: gettext("Emne"),
        Category.COURSE_GROUP: gettext("Emnesamling"),
        Category.PARTIAL_STUDIES: gettext("Delstudier"),
        Category.PRACTICE: gettext("Praksis"),
    }[category]


def term_name(term: Term) -> str:
    """A term as FS' lists write it: H 2019."""
    season = {Season.SPRING: gettext("V"), Season.SUMMER: gettext("S"), Season.AUTUMN: gettext("H")}
    return f"{season[term.season]} {term.year}"


def reason_name(reason: LeftOutReason) -> str:
    """Why a row of an answer did not become a result."""
    return {
        LeftOutReason.FAILED: gettext("ikke bestått"),
        LeftOutReason.IN_PROGRESS: gettext("ikke fullført ennå"),
        LeftOutReason.UNCERTAIN: gettext("det går ikke fram om det er bestått"),
    }[reason]


def purpose_name(purpose: Purpose) -> str:
    """What results are asked for."""
    return {Purpose.ADMISSION: gettext("Opptak"), Purpose.RECOGNITION: gettext("Godkjenning")}[purpose]


def basis_name(basis: Basis) -> str:
    """The legal basis of an order."""
    return {Basis.STATUTE: gettext("hjemmel"), Basis.CONSENT: gettext("samtykke")}[basis]


def kind_name(kind: ChangeKind) -> str:
    """What became of a result, as the log says it."""
    return {
        ChangeKind.NEW: gettext("ny"),
        ChangeKind.CHANGED: gettext("endret"),
        ChangeKind.GONE: gettext("ikke lenger oppgitt"),
        ChangeKind.BACK: gettext("oppgitt igjen"),
        ChangeKind.WRITTEN: gettext("registrert for hånd"),
        ChangeKind.EDITED: gettext("endret for hånd"),
        ChangeKind.REMOVED: gettext("fjernet for hånd"),
    }[kind]


def field_name(field: str) -> str:
    """A field of a result as the screens name it; one that is not known as it is."""
    return {
        "category": gettext("Kategori"),
        "code": gettext("Kode"),
        "version": gettext("Versjon"),
        "name": gettext("Navn"),
        "thesis_title": gettext("Oppgavetittel"),
        "term": gettext("Termin"),
        "date": gettext("Dato"),
        "credits": gettext("Omfang"),
        "credit_scheme": gettext("Enhet"),
        "grade": gettext("Resultat"),
        "grading_scheme": gettext("Karakterskala"),
        "level": gettext("Nivå"),
        "nus": gettext("NUS-kode"),
        "parent": gettext("Hører til"),
        "original_institution": gettext("Avlagt ved"),
    }.get(field, field)


def case_type_name(type: CaseType) -> str:
    """What a recognition case is about, in words beside its code."""
    return {
        CaseType.INNPASS: gettext("Innpassing"),
        CaseType.PRIOR: gettext("Forhåndsgodkjenning"),
        CaseType.PREREQUISITE: gettext("Forkunnskapskrav"),
        CaseType.PRIOR_LEARNING: gettext("Realkompetanse"),
        CaseType.OTHER: gettext("Annet"),
    }[type]


def case_status_name(status: CaseStatus) -> str:
    """How far a recognition case has come, in words beside its code."""
    return {
        CaseStatus.UNTREATED: gettext("ikke begynt på"),
        CaseStatus.BEING_TREATED: gettext("under behandling"),
        CaseStatus.TREATED: gettext("avsluttet"),
        CaseStatus.LACKING: gettext("mangler dokumentasjon"),
        CaseStatus.WITHDRAWN: gettext("trukket av søkeren"),
    }[status]


def stage_name(stage: Stage) -> str:
    """How high a study level is."""
    return {
        Stage.LOWER: gettext("Lavere nivå"),
        Stage.BACHELOR: gettext("Bachelor"),
        Stage.MASTER: gettext("Master"),
        Stage.DOCTORATE: gettext("Ph.d."),
        Stage.UNKNOWN: gettext("Ukjent nivå"),
    }[stage]


def yes_or_no(value: bool) -> str:
    """J or N, as FS' lists have it."""
    return gettext("J") if value else gettext("N")


def consent_name(application: Application, zone: ZoneInfo, now: datetime) -> str:
    """The consent in an application: since when, that it was withdrawn, or that there is none."""
    if application.consent_withdrawn_at is not None and application.consent_withdrawn_at <= now:
        return gettext("Samtykke trukket %(date)s", date=date_of(application.consent_withdrawn_at, zone))
    if application.consent_given_at is not None:
        return gettext("Samtykke %(date)s", date=date_of(application.consent_given_at, zone))
    return gettext("Samtykke mangler")


def run_kind_name(kind: RunKind) -> str:
    """A kind of run as the basis page names it."""
    return {RunKind.FULL: gettext("Komplett overføring"), RunKind.DELTA: gettext("Endringsoverføring")}[kind]


def run_state_name(state: RunState) -> str:
    """Where a run stands."""
    return {
        RunState.WAITING: gettext("venter"),
        RunState.RUNNING: gettext("kjører"),
        RunState.COMPLETE: gettext("ferdig"),
        RunState.INCOMPLETE: gettext("ferdig med mangler"),
        RunState.STOPPED: gettext("stoppet"),
        RunState.SKIPPED: gettext("hoppet over"),
    }[state]


def gate_name(gate: Gate) -> str:
    """Why an applicant is left out of a run, in a word or two."""
    return {
        Gate.PHASE: gettext("saksbehandlingsfasen er ikke J"),
        Gate.CUT_OFF: gettext("etter fristen"),
        Gate.NO_CONSENT: gettext("samtykke mangler"),
        Gate.PROTECTED: gettext("sperret adresse"),
        Gate.NUMBER: gettext("nummeret kan ikke brukes"),
        Gate.ALREADY_ASKED: gettext("spurt om før"),
    }[gate]


def gate_advice(gate: Gate) -> str:
    """What can be done about a reason for leaving somebody out, or why nothing need be."""
    return {
        Gate.PHASE: gettext("Sett opptakets saksbehandlingsfase til J i FS, og les inn opptakene på nytt."),
        Gate.CUT_OFF: gettext("Fristen for henting i opptaket er ute. Enkeltsøkere kan fortsatt hentes med knappen."),
        Gate.NO_CONSENT: gettext(
            "Søkeren må samtykke til resultatutveksling i søknaden. Da er søkeren med neste gang."
        ),
        Gate.PROTECTED: gettext("Å spørre røper at personen har søkt her. Hent med knappen når det er grunn til det."),
        Gate.NUMBER: gettext(
            "Søkeren har bare et fiktivt nummer. Registrer fødselsnummer, D-nummer eller S-nummer i FS."
        ),
        Gate.ALREADY_ASKED: gettext("Spørres om igjen i neste komplette overføring, eller når søkeren melder om nytt."),
    }[gate]


def ordered_for_name(why: OrderedFor) -> str:
    """Why an applicant is ordered for in a run."""
    return {
        OrderedFor.FULL: gettext("alle spørres om"),
        OrderedFor.NEW: gettext("ny søker"),
        OrderedFor.OWED: gettext("svar mangler fra sist"),
        OrderedFor.REPORTED: gettext("har meldt om nye resultater"),
    }[why]


def role_name(role: Role) -> str:
    """What somebody is here."""
    return {
        Role.READER: gettext("Leser"),
        Role.CASEWORKER: gettext("Saksbehandler"),
        Role.CASE_ADMINISTRATOR: gettext("Saksadministrator"),
        Role.SYSTEM_ADMINISTRATOR: gettext("Systemadministrator"),
        Role.AUDITOR: gettext("Revisor"),
    }[role]


def scope_name(scope: Right) -> str:
    """What a token may be for."""
    return {
        Right.SEE: gettext("se personer og resultater (see)"),
        Right.WORK: gettext("endre og bestille (work)"),
        Right.ADMINISTER_CASES: gettext("skjermede personer og tvangskjøring (administer-cases)"),
        Right.SEE_OPERATION: gettext("se kilder og kjøringer (see-operation)"),
    }[scope]
