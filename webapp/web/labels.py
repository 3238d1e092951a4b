"""The words for what external results are: category, term, and why a row was left out."""

from webapp.model import Basis, Category, LeftOutReason, Purpose, Season, Term
from webapp.web.language import gettext


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
