"""The words of a person's whole file: what each section and each field is called, and values as people read them."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from webapp.errors import N_
from webapp.web.language import gettext
from webapp.web.words import date_of, text_of, time_of

_SECTIONS = {
    "person": N_("Personen"),
    "numbers": N_("Fødselsnumre og andre numre"),
    "applications": N_("Søknader"),
    "alternatives": N_("Studiealternativer"),
    "cases": N_("Godkjenningssaker"),
    "case_results": N_("Resultater som inngår i en sak"),
    "studies": N_("Eksternstudium, en rad for hver institusjon"),
    "results": N_("Resultater"),
    "changes": N_("Endringer i resultater"),
    "notices": N_("Varsler"),
    "notice_institutions": N_("Institusjoner i varsler"),
    "orders": N_("Bestillinger"),
    "order_people": N_("Personen i bestillinger"),
    "fetches": N_("Hentinger"),
    "answers": N_("Svar"),
    "payloads": N_("Svar som de kom"),
    "deliveries": N_("Dokumenter som er levert"),
    "uploads": N_("Opplastede filer som venter"),
    "reports": N_("Meldinger om nye resultater"),
    "invitations": N_("Invitasjoner til å levere"),
    "visits": N_("Besøk hos nasjonale portaler"),
    "runs": N_("Nattlige kjøringer"),
    "trace": N_("Hvem som har sett på eller gjort noe"),
    "trace_contents": N_("Hva som ellers er notert om det"),
}
_COLUMNS = {
    "accepted": N_("godtatt"),
    "admission": N_("opptak"),
    "admitted": N_("opptatt"),
    "algorithm": N_("signaturalgoritme"),
    "answered_at": N_("svarte"),
    "act": N_("hva"),
    "application": N_("søknad"),
    "applicant_number": N_("søkernummer"),
    "application_text": N_("søknadstekst"),
    "applied_on": N_("søkt"),
    "asked_at": N_("sist spurt"),
    "at": N_("når"),
    "attempts": N_("forsøk"),
    "awaited": N_("ventet på"),
    "basis": N_("rettslig grunnlag"),
    "basis_text": N_("hjemmel eller samtykketekst"),
    "begun_at": N_("begynt"),
    "birth_date": N_("fødselsdato"),
    "by": N_("av"),
    "case_id": N_("sak"),
    "category": N_("slag"),
    "cause": N_("årsak"),
    "certificate_until": N_("sertifikatet gjelder til"),
    "changed_at": N_("endret"),
    "changed_by": N_("endret av"),
    "changes": N_("antall endringer"),
    "claimant": N_("utført av prosess"),
    "code": N_("kode"),
    "consent_given_at": N_("samtykke gitt"),
    "consent_withdrawn_at": N_("samtykke trukket"),
    "consent_withdrawn_by": N_("trekking notert av"),
    "consent_withdrawn_how": N_("hvordan samtykket ble trukket"),
    "content": N_("innhold"),
    "created_at": N_("opprettet"),
    "created_by": N_("opprettet av"),
    "credit_scheme": N_("enhet"),
    "credits": N_("omfang"),
    "date": N_("dato"),
    "decision": N_("avgjørelse"),
    "door": N_("hvor"),
    "edited_at": N_("redigert"),
    "edited_by": N_("redigert av"),
    "emptied_at": N_("resultatene slettet"),
    "entry_id": N_("innslag"),
    "etag": N_("kildens merke"),
    "expires_at": N_("går ut"),
    "failure": N_("feil"),
    "family_name": N_("etternavn"),
    "fetch_id": N_("henting"),
    "fetched_at": N_("hentet"),
    "fields": N_("felt, før og etter"),
    "findings": N_("merknader til svaret"),
    "finished_at": N_("ferdig"),
    "finished_by": N_("fullført av"),
    "folded_name": N_("navn, som det søkes etter"),
    "given_names": N_("fornavn"),
    "gone_at": N_("ikke lenger rapportert"),
    "grade": N_("resultat"),
    "grading_scheme": N_("karakterskala"),
    "hash": N_("sjekksum"),
    "id": N_("nummer her"),
    "included_at": N_("tatt med"),
    "included_by": N_("tatt med av"),
    "institution": N_("institusjon"),
    "invitation_id": N_("invitasjon"),
    "is_current": N_("gjeldende"),
    "is_selection": N_("studentens utvalg"),
    "journal_number": N_("journalnummer"),
    "key": N_("nøkkel"),
    "kind": N_("slag"),
    "left_out": N_("ikke tatt med"),
    "level": N_("nivå"),
    "level_scheme": N_("nivåskala"),
    "made_at": N_("laget"),
    "made_by": N_("laget av"),
    "merged_payload": N_("sist flettet svar"),
    "name": N_("navn"),
    "names": N_("navn"),
    "note": N_("merknad"),
    "notice_id": N_("varsel"),
    "number": N_("nummer"),
    "nus": N_("NUS-kode"),
    "opened_at": N_("åpnet"),
    "order_id": N_("bestilling"),
    "ordered_for": N_("bestilt fordi"),
    "ordinal": N_("løpenummer"),
    "original_institution": N_("opprinnelig institusjon"),
    "outcome": N_("utfall"),
    "owing": N_("skal spørres om igjen"),
    "parent_id": N_("hører til"),
    "payload": N_("svarets sjekksum"),
    "person_id": N_("personnummer her"),
    "place": N_("sted"),
    "placed_at": N_("bestilt"),
    "placed_by": N_("bestilt av"),
    "placed_from": N_("bestilt fra"),
    "portal": N_("portal"),
    "position": N_("plass"),
    "priority": N_("prioritet"),
    "protected_address": N_("sperret adresse"),
    "purpose": N_("formål"),
    "raised_at": N_("varslet"),
    "reason": N_("begrunnelse"),
    "registered_at": N_("registrert"),
    "registered_by": N_("registrert av"),
    "reported_at": N_("meldt"),
    "responsible": N_("saksbehandler"),
    "result_changed_at": N_("resultat endret"),
    "result_id": N_("resultat nummer"),
    "results": N_("antall resultater"),
    "retry_at": N_("spørres igjen"),
    "returned_at": N_("kom tilbake"),
    "run_id": N_("kjøring"),
    "seconds": N_("sekunder"),
    "seen_at": N_("sett"),
    "seen_by": N_("sett av"),
    "settled_at": N_("hentet etter melding"),
    "signature": N_("signatur"),
    "signer": N_("signert av"),
    "size": N_("størrelse (byte)"),
    "source": N_("kilde"),
    "source_key": N_("kildens nøkkel"),
    "started_at": N_("startet"),
    "state": N_("tilstand"),
    "status": N_("status"),
    "stored_at": N_("lagret"),
    "study_id": N_("rad"),
    "term_derived": N_("terminen er utledet"),
    "term_season": N_("termin"),
    "term_year": N_("år"),
    "thesis_titles": N_("oppgavetittel"),
    "type": N_("type"),
    "under": N_("ført under"),
    "unhandled": N_("ubehandlet"),
    "uploaded_at": N_("lastet opp"),
    "uploaded_by": N_("lastet opp av"),
    "url": N_("adresse"),
    "version": N_("versjon"),
    "whole_cause": N_("årsak for alle spurte"),
    "whole_failure": N_("feil for alle spurte"),
    "whole_outcome": N_("utfall for alle spurte"),
    "withdrawn_at": N_("trukket tilbake"),
    "withdrawn_by": N_("trukket tilbake av"),
}
_TRUTHS = frozenset(
    {"is_current", "is_selection", "protected_address", "unhandled", "owing", "term_derived", "awaited", "accepted"}
)
_INSTITUTIONS = frozenset({"institution", "source", "under"})
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def section_name(section: str) -> str:
    """What a section is called."""
    return gettext(_SECTIONS[section])


def column_name(column: str) -> str:
    """What a field is called."""
    return gettext(_COLUMNS[column])


def value_words(column: str, value: Any, institutions: Mapping[int, Mapping[str, str]], zone: ZoneInfo) -> str:
    """A value as people read it; "" for nothing."""
    if value is None or value in ("", [], {}):
        words = ""
    elif column in _TRUTHS:
        words = gettext("ja") if value else gettext("nei")
    elif column in _INSTITUTIONS and value in institutions:
        words = f"{text_of(institutions[value])} ({value})"
    elif column in ("names", "thesis_titles"):
        words = text_of(value)
    elif isinstance(value, str) and _INSTANT.match(value):
        at = datetime.fromisoformat(value)
        words = f"{date_of(at, zone)} {time_of(at, zone)}"
    else:
        words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return words
