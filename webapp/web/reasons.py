"""Formål and Hvorfor: what an order is for, where it comes from neither an application nor a case."""

from webapp.errors import Refusal
from webapp.identity import mask
from webapp.model import Purpose

#: Why somebody orders is told in so many characters.
LONGEST_REASON = 200


def purpose_of(typed: str) -> Purpose:
    """The purpose that was chosen. Raises Refusal when none was."""
    chosen = next((purpose for purpose in Purpose if purpose == typed), None)
    if chosen is None:
        raise Refusal("Velg hva resultatene skal brukes til.")
    return chosen


def reason_of(typed: str) -> str:
    """Why somebody orders, as it is kept, with no identity number in it. Raises Refusal when nothing or too much was
    written."""
    reason = " ".join(typed.split())
    if not reason or len(reason) > LONGEST_REASON:
        raise Refusal("Skriv hvorfor resultatene hentes, med inntil %(most)d tegn.", most=LONGEST_REASON)
    return mask(reason)
