"""The trace in words: what was done, where and why, and what a verification found."""

from collections.abc import Mapping

from webapp.model import Act, Purpose, TraceFault, TraceVerdict
from webapp.web.labels import purpose_name
from webapp.web.language import gettext


def act_name(act: Act) -> str:
    """What was done, as it is told to the one whom it was about."""
    return {
        Act.LOOKED: gettext("så på"),
        Act.SEARCHED: gettext("søkte fram"),
        Act.NUMBER_SHOWN: gettext("fikk vist fødselsnummeret"),
        Act.ORDERED: gettext("bestilte resultater"),
        Act.CHANGED: gettext("endret"),
        Act.EXPORTED: gettext("tok ut en fil"),
        Act.PRINTED: gettext("skrev ut"),
        Act.ADMINISTERED: gettext("administrerte"),
        Act.ERASED: gettext("slettet"),
        Act.SIGNED_IN: gettext("logget inn"),
        Act.SIGNED_OUT: gettext("logget ut"),
        Act.REFUSED: gettext("forsøkte, og ble avvist"),
    }[act]


def place_name(door: str) -> str:
    """Where it was done: the room of an endpoint, or a command."""
    room, _, rest = door.partition(".")
    if not rest:
        return "FS154.001" if door == "run" else gettext("kommandolinjen: %(command)s", command=door)
    room, is_api = room.removeprefix("api_"), room.startswith("api_")
    name = _rooms().get(room, room)
    return gettext("et annet system: %(place)s", place=name) if is_api else name


def _rooms() -> Mapping[str, str]:
    return {
        "start": gettext("startsiden"),
        "search": gettext("søk"),
        "people": gettext("person"),
        **dict.fromkeys(("person", "studies"), gettext("resultatene")),
        "applications": gettext("søknader"),
        **dict.fromkeys(("cases", "case_extent", "case_form"), gettext("godkjenningssaker")),
        "changes": gettext("endringer"),
        "log": gettext("eksternresultat-logg"),
        **dict.fromkeys(("asked", "order", "orders"), gettext("bestillinger")),
        "evidence": gettext("kildebevis"),
        **dict.fromkeys(("setaside", "set_aside"), gettext("svar lagt til side")),
        **dict.fromkeys(("by_hand", "rows"), gettext("registrering for hånd")),
        "uploads": gettext("opplastet fil"),
        "invitations": gettext("be studenten levere"),
        "deliver": gettext("levert av studenten"),
        "reports": gettext("meldte resultater"),
        "feed": gettext("personopplysninger fra FS"),
        **dict.fromkeys(("run_log", "runs", "run_preview", "run_force"), gettext("jobber")),
        **dict.fromkeys(("sources", "source_edit", "source_files", "source_try"), gettext("kilder")),
        "imports": gettext("innlesing av søkere"),
        **dict.fromkeys(("trace", "person_trace"), gettext("hvem har sett")),
        **dict.fromkeys(("sign_in", "set_up", "oidc"), gettext("innlogging")),
        "password": gettext("passord"),
        "users": gettext("brukere"),
        **dict.fromkeys(("api_tokens", "tokens"), gettext("API-nøkler")),
        "numbers": gettext("fødselsnummer"),
        "consents": gettext("samtykke"),
        **dict.fromkeys(("person_file", "erasing", "retention"), gettext("personvern")),
    }


def _whys() -> Mapping[str, str]:
    """What was noted about why, by the name that it is told by."""
    return {
        "purpose": gettext("formål"),
        "reason": gettext("begrunnelse"),
        "applicant_number": gettext("søknad"),
        "case_id": gettext("sak"),
        "run_id": gettext("kjøring"),
        "form": gettext("fil"),
        "rows": gettext("rader"),
        "filters": gettext("filtre"),
    }


def why_words(content: Mapping[str, str] | None) -> str:
    """Why, and what of it, as far as that was noted."""
    if content is None:
        return gettext("innholdet er slettet")
    told = _whys()
    return ", ".join(f"{told[key]}: {_said(key, content[key])}" for key in told if content.get(key))


def content_words(content: Mapping[str, str]) -> Mapping[str, str]:
    """All that was noted, by the name that it is told by; what has no name in words keeps its own."""
    told = _whys()
    return {told.get(key, key): _said(key, value) for key, value in content.items()}


def _said(key: str, value: str) -> str:
    return purpose_name(Purpose(value)).lower() if key == "purpose" and value in set(Purpose) else value


def fault_words(verdict: TraceVerdict) -> str:
    """What a verification found, in a sentence; "" when it found nothing."""
    if verdict.fault is None:
        return ""
    number = verdict.fault_at
    return {
        TraceFault.CHANGED: gettext("Innføring %(number)s er endret.", number=number),
        TraceFault.LACKING: gettext("Innføring %(number)s mangler.", number=number),
        TraceFault.CHAIN: gettext("Innføring %(number)s følger ikke på den før.", number=number),
        TraceFault.CONTENT_CHANGED: gettext("Innholdet i innføring %(number)s er endret.", number=number),
        TraceFault.CONTENT_LACKING: gettext(
            "Innholdet i innføring %(number)s mangler, og ingen sletting forklarer det.", number=number
        ),
        TraceFault.PEOPLE: gettext("Registeret over hvem innføring %(number)s gjelder, er endret.", number=number),
        TraceFault.END: gettext(
            "Innføring %(number)s er en annen enn da kontrollsummen ble tatt, eller den mangler.", number=number
        ),
    }[verdict.fault]
