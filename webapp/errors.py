"""What can go wrong, in two voices: a cause for the log, a sentence in Norwegian for the caseworker."""

from datetime import datetime
from enum import StrEnum


def N_(sentence: str) -> str:
    """Mark a sentence for the translators; the screens translate it when they show it."""
    return sentence


class Refusal(Exception):
    """A wish that cannot be granted: a Norwegian sentence that says what is wrong and what to do.

    `values` stand in the sentence as %(name)s, so that the screens can say it in the reader's language.
    """

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence % values if values else sentence)
        self.sentence = sentence
        self.values = values


class DatabaseGone(Refusal):
    """The database is not where it was when it was opened: what is written now would be lost."""


class SourceFailure(StrEnum):
    """The ways in which a source can fail to answer."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    NAME_UNKNOWN = "name-unknown"
    NOT_REACHED = "not-reached"
    INSECURE = "insecure"
    BROKEN_OFF = "broken-off"
    PROXY = "proxy"
    TOO_LARGE = "too-large"
    REDIRECTED = "redirected"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    BAD_REQUEST = "bad-request"
    OVERLOADED = "overloaded"
    UNAVAILABLE = "unavailable"
    SERVER_ERROR = "server-error"
    NOT_UNDERSTOOD = "not-understood"
    UNSAFE = "unsafe"
    BAD_SIGNATURE = "bad-signature"
    NOT_SET_UP = "not-set-up"
    WRONGLY_SET_UP = "wrongly-set-up"
    SWITCHED_OFF = "switched-off"
    STOPPED = "stopped"
    INTERNAL = "internal"


#: The caseworker's sentence for each failure: what happened, and who can do something about it. `seconds` is how long
#: the source was waited for.
SENTENCES: dict[SourceFailure, str] = {
    SourceFailure.TIMEOUT: N_("Svarte ikke innen %(seconds)d s."),
    SourceFailure.UNREACHABLE: N_("Kilden tok ikke imot forbindelsen. Den er trolig nede."),
    SourceFailure.NAME_UNKNOWN: N_("Fant ikke kildens adresse. Drift må kontrollere adressen."),
    SourceFailure.NOT_REACHED: N_(
        "Kildens adresse ligger i et nett som ikke spørres. Drift må kontrollere adressen, eller åpne nettet med "
        "allowed_networks i settings.toml."
    ),
    SourceFailure.INSECURE: N_("Sikker forbindelse lot seg ikke opprette. Drift må kontrollere kildens sertifikat."),
    SourceFailure.BROKEN_OFF: N_("Svaret ble brutt av før det var ferdig."),
    SourceFailure.PROXY: N_("Mellomtjeneren (proxy) slapp oss ikke ut. Drift må kontrollere den."),
    SourceFailure.TOO_LARGE: N_("Svaret var større enn det som tas imot. Drift må ta det opp med kilden."),
    SourceFailure.REDIRECTED: N_("Kilden viste videre til en annen adresse. Drift må kontrollere adressen."),
    SourceFailure.UNAUTHORIZED: N_("Kilden kjenner oss ikke igjen. Drift må fornye tilgangen."),
    SourceFailure.FORBIDDEN: N_("Kilden gir oss ikke tilgang. Drift må ta det opp med institusjonen."),
    SourceFailure.NOT_FOUND: N_("Kilden fins ikke på adressen den er registrert med. Drift må kontrollere adressen."),
    SourceFailure.BAD_REQUEST: N_("Kilden forsto ikke spørsmålet. Drift må ta det opp med kilden."),
    SourceFailure.OVERLOADED: N_("Kilden har for mye å gjøre akkurat nå."),
    SourceFailure.UNAVAILABLE: N_("Kilden er midlertidig utilgjengelig."),
    SourceFailure.SERVER_ERROR: N_("Det oppsto en feil hos kilden."),
    SourceFailure.NOT_UNDERSTOOD: N_("Svaret lot seg ikke tyde. Drift må ta det opp med kilden."),
    SourceFailure.UNSAFE: N_("Svaret hadde innhold som ikke slippes inn. Drift må ta det opp med kilden."),
    SourceFailure.BAD_SIGNATURE: N_(
        "Signaturen stemmer ikke med innholdet: filen kan være endret siden. Be institusjonen om en ny."
    ),
    SourceFailure.NOT_SET_UP: N_("Kilden er ikke lenger satt opp hos oss."),
    SourceFailure.WRONGLY_SET_UP: N_("Kilden kan ikke spørres slik den er satt opp. Drift ser hvorfor under Kilder."),
    SourceFailure.SWITCHED_OFF: N_("Slått av av drift."),
    SourceFailure.STOPPED: N_("Kjøringen ble stoppet før kilden ble spurt."),
    SourceFailure.INTERNAL: N_("Det oppsto en feil hos oss. Drift finner årsaken i loggen."),
}

#: Failures that may pass by themselves, so that asking again later makes sense.
TEMPORARY = frozenset(
    {
        SourceFailure.TIMEOUT,
        SourceFailure.UNREACHABLE,
        SourceFailure.NAME_UNKNOWN,
        SourceFailure.NOT_REACHED,
        SourceFailure.BROKEN_OFF,
        SourceFailure.PROXY,
        SourceFailure.OVERLOADED,
        SourceFailure.UNAVAILABLE,
        SourceFailure.SERVER_ERROR,
        SourceFailure.WRONGLY_SET_UP,
        SourceFailure.SWITCHED_OFF,
        SourceFailure.INTERNAL,
    }
)


class SourceError(Exception):
    """A source did not answer. The text is the cause, for the log: never a name or an identity number.

    `retry_after_seconds` is what the source asked for with Retry-After, None when it asked for nothing.
    """

    def __init__(self, failure: SourceFailure, cause: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(cause)
        self.failure = failure
        self.retry_after_seconds = retry_after_seconds

    def __reduce__(self) -> tuple[type["SourceError"], tuple[SourceFailure, str, float | None]]:
        """It goes from one process to another as what it says, whatever its kind."""
        return SourceError, (self.failure, str(self), self.retry_after_seconds)

    @property
    def temporary(self) -> bool:
        """Whether asking again later makes sense."""
        return self.failure in TEMPORARY


class SwitchedOff(SourceError):
    """A source is switched off `until` an instant, for a reason in the operator's words, and was not asked."""

    def __init__(self, until: datetime, reason: str) -> None:
        super().__init__(SourceFailure.SWITCHED_OFF, f"until {until.isoformat()}: {reason}")
        self.until = until
        self.reason = reason

    @classmethod
    def told(cls, cause: str | None) -> "SwitchedOff | None":
        """The same out of its cause as it was kept; None when that tells of something else."""
        until, _, reason = (cause or "").removeprefix("until ").partition(": ")
        try:
            return cls(datetime.fromisoformat(until), reason)
        except ValueError:
            return None


class UnreadableElmo(Exception):
    """A document cannot be read as ELMO at all. The text is a Norwegian sentence; `unsafe` when it was refused
    for what it tries to do (DOCTYPE, entities, size, depth) rather than for what it lacks."""

    def __init__(self, sentence: str, unsafe: bool = False) -> None:
        super().__init__(sentence)
        self.unsafe = unsafe
