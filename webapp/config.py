"""Settings: read once from the instance folder and the environment, checked, and passed on as values."""

import os
import re
import sys
from calendar import isleap
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from webapp.checked_toml import ENVIRONMENT_PREFIX, TomlFile
from webapp.errors import Refusal
from webapp.identity import NationalIdentifier, parse
from webapp.institutions import REGISTER
from webapp.model import Admission, Basis, Purpose, Season

INSTANCE_VARIABLE = f"{ENVIRONMENT_PREFIX}INSTANCE"


def _web_address(url: str) -> str:
    if not re.match(r"https?://[^/\s@]+(/\S*)?$", url):
        raise ValueError("not an address")
    return url.rstrip("/")


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise ValueError("unknown time zone") from unknown
    return name


class SourceSettings(BaseModel):
    """One `[[source]]` of sources.toml. A field's description says what is allowed, in the operator's language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    institution: Annotated[int, Field(ge=1, le=99_999_999, description="et institusjonsnummer, 1 til 8 sifre")]
    protocol: Annotated[Literal["elmo-pull"], Field(description='"elmo-pull"')]
    url: Annotated[
        str,
        AfterValidator(_web_address),
        Field(description="en adresse som begynner med http:// eller https://"),
    ]
    name: Annotated[str | None, Field(min_length=1, description="et navn i anførselstegn")] = None
    timeout_seconds: Annotated[
        float, Field(gt=0, le=600, description="et tall over 0 til 600 (sekunder for hele svaret)")
    ] = 10.0
    seats: Annotated[int, Field(ge=1, le=64, description="et heltall fra 1 til 64 (samtidige spørsmål til kilden)")] = 8
    batch: Annotated[
        int | None, Field(ge=1, le=1000, description="et heltall fra 1 til 1000 (personer per spørsmål)")
    ] = None
    enabled: Annotated[bool, Field(description="true eller false")] = True
    shares: Annotated[bool, Field(description="true eller false (om institusjonen deler resultater)")] = True

    @property
    def title(self) -> str:
        """The institution's name: the one given here, the register's, or its number."""
        known = REGISTER.get(self.institution)
        names = known.name if known else {}
        return self.name or names.get("nb") or names.get("nn") or f"Institusjon {self.institution}"


class SourcesFile(BaseModel):
    """The whole of sources.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Annotated[tuple[SourceSettings, ...], Field(description="avsnitt som begynner med [[source]]")] = ()


class LegalBasis(BaseModel):
    """The legal basis of each purpose; the basis page asks for consent where applicants are concerned."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    admission: Annotated[Basis, Field(description='"consent" eller "statute"')] = Basis.CONSENT
    recognition: Annotated[Basis, Field(description='"consent" eller "statute"')] = Basis.STATUTE

    def of(self, purpose: Purpose) -> Basis:
        """The basis on which people are asked about for `purpose`."""
        return self.admission if purpose is Purpose.ADMISSION else self.recognition


def _day_of_year(text: str) -> str:
    try:
        datetime.strptime(f"{text}.2028", "%d.%m.%Y")
    except ValueError as wrong:
        raise ValueError("not a day") from wrong
    return text


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS = 'dager i anførselstegn, som ["sun", "mon"]: mon, tue, wed, thu, fri, sat, sun'
_UNTIL = 'en dag og måned, som "01.02": fra og med den dagen hentes det ikke'


class ImportRuns(BaseModel):
    """When FS154.001 runs, and until when in an admission's year; the defaults are those of the basis page.

    Both cut-offs name the first day without a run, as "dd.mm".
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    full: Annotated[tuple[Weekday, ...], Field(description=_DAYS)] = ("fri",)
    delta: Annotated[tuple[Weekday, ...], Field(description=_DAYS)] = ("sun", "mon", "tue", "wed", "thu")
    spring_until: Annotated[str, AfterValidator(_day_of_year), Field(description=_UNTIL)] = "01.02"
    others_until: Annotated[str, AfterValidator(_day_of_year), Field(description=_UNTIL)] = "01.09"

    def cut_off(self, admission: Admission) -> date:
        """The first day on which applicants of an admission are not asked about any more."""
        text = self.spring_until if admission.season is Season.SPRING else self.others_until
        day, month = map(int, text.split("."))
        leap_day = (day, month) == (29, 2) and not isleap(admission.year)
        return date(admission.year, 3, 1) if leap_day else date(admission.year, month, day)


def _mail_address(text: str) -> str:
    if not text.isascii() or not re.fullmatch(r"[^\s@,;<>\"()]+@[^\s@,;<>\"()]+", text):
        raise ValueError("not an address")
    return text


MailAddress = Annotated[str, AfterValidator(_mail_address)]


class Mail(BaseModel):
    """The server that takes the digest of a run, who it is for, and where its links lead."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    server: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]+$", description='et vertsnavn, som "smtp.example.no"')]
    port: Annotated[int, Field(ge=1, le=65535, description="et heltall fra 1 til 65535")] = 587
    security: Annotated[Literal["starttls", "tls", "none"], Field(description='"starttls", "tls" eller "none"')] = (
        "starttls"
    )
    user: Annotated[str | None, Field(min_length=1, pattern=r"^[ -~]+$", description="et brukernavn i ASCII")] = None
    password: Annotated[
        SecretStr | None,
        Field(description="et passord i ASCII, sammen med user, og bare over en kryptert forbindelse"),
    ] = None
    sender: Annotated[MailAddress, Field(description='en e-postadresse, som "fs@example.no"')]
    subscribers: Annotated[
        tuple[MailAddress, ...], Field(min_length=1, description='e-postadresser, som ["opptak@example.no"]')
    ]
    address: Annotated[
        str,
        AfterValidator(_web_address),
        Field(description="adressen til skjermbildene, som begynner med http:// eller https://"),
    ]
    language: Annotated[Literal["nb", "nn", "en"], Field(description='"nb", "nn" eller "en"')] = "nb"

    @field_validator("password")
    @classmethod
    def _only_where_it_is_safe(cls, password: SecretStr | None, others: ValidationInfo) -> SecretStr | None:
        # smtplib encodes a password as ASCII, and breaks off over any other.
        alone = others.data.get("user") is None or others.data.get("security") == "none"
        if password and (alone or not password.get_secret_value().isascii()):
            raise ValueError("not a password that can be used")
        return password


class SettingsFile(BaseModel):
    """The whole of settings.toml; each value may also come from the environment, as EKSTERNSTUDIUM_TIME_ZONE
    or, inside a table, EKSTERNSTUDIUM_LEGAL_BASIS__ADMISSION."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    legal_basis: Annotated[LegalBasis, Field(description="et avsnitt [legal_basis]")] = LegalBasis()
    time_zone: Annotated[str, AfterValidator(_time_zone), Field(description='en tidssone, som "Europe/Oslo"')] = (
        "Europe/Oslo"
    )
    evening: Annotated[time, Field(description='et klokkeslett, som "20:00"')] = time(20)
    import_runs: Annotated[ImportRuns, Field(description="et avsnitt [import_runs]")] = ImportRuns()
    mail: Annotated[Mail | None, Field(description="et avsnitt [mail]")] = None
    test_instance: Annotated[bool, Field(description="true eller false (om syntetiske numre tas imot)")] = False


class Settings(BaseModel):
    """Everything that is set: the instance folder, the settings and the sources."""

    model_config = ConfigDict(frozen=True)

    instance: Path
    settings: SettingsFile = SettingsFile()
    sources: tuple[SourceSettings, ...] = ()

    @property
    def database(self) -> Path:
        """The file that holds everything the product remembers."""
        return self.instance / "eksternstudium.sqlite"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of evenings and of times on the screens."""
        return ZoneInfo(self.settings.time_zone)

    def identifier(self, text: str) -> NationalIdentifier:
        """A number that may be registered here. Raises Refusal for one that cannot be, or that belongs to test data
        where this is no test instance; the sentence never holds the number."""
        identifier = parse(text)
        if identifier.synthetic and not self.settings.test_instance:
            raise Refusal(
                "Nummeret er syntetisk og tilhører testdata. Bruk et virkelig nummer, eller en testinstans "
                "(test_instance = true i settings.toml)."
            )
        return identifier

    def basis_of(self, purpose: Purpose) -> Basis:
        """The legal basis of `purpose`."""
        return self.settings.legal_basis.of(purpose)


def program_folder() -> Path:
    """Where templates/ and static/ lie: in the package when installed from a wheel, beside it in a checkout."""
    package = Path(__file__).parent
    return package if (package / "templates").is_dir() else package.parent


def instance_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The instance folder: where EKSTERNSTUDIUM_INSTANCE says, else instance/ beside the program."""
    if named := environment.get(INSTANCE_VARIABLE):
        return Path(named).resolve()
    program = program_folder()
    return (program if program != Path(__file__).parent else Path(sys.prefix)) / "instance"


def read_settings(instance: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read and check settings.toml and sources.toml of an instance folder; each may be absent.

    Raises Refusal with file, line, what is wrong and what is allowed.
    """
    settings_file, sources_file = TomlFile.read(instance / "settings.toml"), TomlFile.read(instance / "sources.toml")
    variables = {name: value for name, value in environment.items() if name != INSTANCE_VARIABLE}
    settings = settings_file.checked(SettingsFile, variables)
    sources = sources_file.checked(SourcesFile, {}).source
    _refuse_twins(sources, sources_file)
    return Settings(instance=instance, settings=settings, sources=sources)


def _refuse_twins(sources: tuple[SourceSettings, ...], file: TomlFile) -> None:
    seen: set[int] = set()
    for position, source in enumerate(sources):
        if source.institution in seen:
            place = file.place_of(("source", position, "institution"))
            sentence = f"{place}: institusjon {source.institution} står to ganger. Tillatt: én [[source]] for hver."
            raise Refusal(sentence)
        seen.add(source.institution)
