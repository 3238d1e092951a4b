"""The words for what is deleted and what stays, on the screens and in the terminal."""

from collections.abc import Iterator

from webapp.model import Due, Hold, Purged
from webapp.retention_settings import Retention
from webapp.web.language import gettext, ngettext


def hold_name(hold: Hold) -> str:
    """Why somebody stays."""
    return {
        Hold.ORDER: gettext("en bestilling pågår"),
        Hold.REPORT: gettext("nye resultater er meldt, og er ikke hentet ennå"),
        Hold.INVITED: gettext("er bedt om å levere, og kan gjøre det ennå"),
        Hold.UPLOAD: gettext("en opplastet fil venter"),
        Hold.OPEN_CASE: gettext("har en godkjenningssak som ikke er avsluttet"),
        Hold.INCLUDED: gettext("har resultater som inngår i en sak"),
        Hold.CASE: gettext("har en avsluttet godkjenningssak"),
        Hold.BY_HAND: gettext("har rader som er ført for hånd"),
        Hold.ADMITTED: gettext("er opptatt"),
        Hold.APPLICATION: gettext("har søkt, og grensen er ikke nådd"),
        Hold.ASKED: gettext("er spurt om eller registrert uten søknad, og grensen er ikke nådd"),
        Hold.LOG: gettext("resultatene er slettet, loggen blir en stund til"),
    }[hold]


def due_name(due: Due) -> str:
    """What goes of somebody."""
    return {
        Due.RESULTS: gettext("Personer som resultatene slettes for"),
        Due.PERSON: gettext("Personer som slettes helt"),
    }[due]


def due_words(purged: Purged) -> Iterator[tuple[str, int]]:
    """What goes, and how much of it."""
    yield due_name(Due.RESULTS), purged.results
    yield due_name(Due.PERSON), purged.people
    yield gettext("Svar som de kom fra kildene"), purged.answers
    names = {
        "notices": gettext("Sette varsler"),
        "reports": gettext("Meldinger om nye resultater"),
        "invitations": gettext("Invitasjoner"),
        "imports": gettext("Innlesinger av filer"),
    }
    yield from ((names[table], count) for table, count in purged.others.items())


def limit_words(limits: Retention) -> Iterator[tuple[str, str]]:
    """What each limit is for, and how long it is; settings.toml has them."""
    yield (
        gettext("Resultater om søkere som ikke ble opptatt, etter siste opptaks sluttdato"),
        _months(limits.not_admitted_months),
    )
    yield (
        gettext("Resultater om søkere som ble opptatt, etter siste opptaks sluttdato"),
        _months(limits.admitted_months),
    )
    yield gettext("Godkjenningssaker og resultatene deres, etter at saken ble avsluttet"), _months(limits.case_months)
    yield gettext("Resultater om andre, etter siste bestilling"), _months(limits.without_months)
    yield gettext("Svar som de kom fra kildene"), _months(limits.answer_months)
    yield gettext("Personen og loggen, etter at resultatene er slettet"), _months(limits.log_months)
    yield gettext("Sette varsler, meldinger og invitasjoner"), _months(limits.message_months)
    yield gettext("Innlesinger av filer"), _months(limits.import_months)


def _months(months: int) -> str:
    return ngettext("%(num)d måned", "%(num)d måneder", months) if months else gettext("slettes ikke")
