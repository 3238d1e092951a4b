"""A transcript's results on their way in: each under the institution that it is shown under."""

from collections.abc import Iterable, Sequence

from webapp.fetching.merge import Incoming
from webapp.institutions import by_erasmus, by_schac, today
from webapp.model import Institution, Study


def incoming_of(studies: Iterable[Study], source: int) -> Sequence[Incoming]:
    """The results of a transcript that the institution with number `source` sent, in document order."""
    incoming: list[Incoming] = []
    for study in studies:
        first = len(incoming)
        institution, original = shown_under(study.institution, source)
        incoming.extend(
            Incoming(
                institution,
                result,
                parent=first + result.parent if result.parent is not None else None,
                original_institution=original,
            )
            for result in study.results
        )
    return incoming


def shown_under(issuer: Institution, source: int) -> tuple[int, str | None]:
    """The number of the institution that an issuer's results are shown under, and the issuer's own name where that
    is another institution: results of merged institutions stand under today's name, labelled with the original.

    An issuer without a number that the register knows stands under the source that sent it.
    """
    number = number_of(issuer)
    if number == source:
        return source, None
    name = next(
        (issuer.name[language] for language in ("nb", "nn", "en", *issuer.name) if language in issuer.name),
        None,
    )
    if number is None:
        return source, name
    now = source if today(number) == today(source) else today(number)
    return now, name if now != number else None


def number_of(issuer: Institution) -> int | None:
    """An issuer's institution number: its own, or the register's for its domain or Erasmus code; None when neither
    tells."""
    known = by_schac(issuer.schac or "") or by_erasmus(issuer.erasmus or "")
    return issuer.number or (known.number if known else None)
