"""Settings: read once from the instance folder and the environment, checked, and passed on as values."""

import os
import re
import sys
from calendar import isleap
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    SerializeAsAny,
    ValidationInfo,
    field_validator,
)

from webapp.access_settings import Server, SignIn
from webapp.backup_settings import Backup
from webapp.checked_toml import ENVIRONMENT_PREFIX, TomlFile
from webapp.errors import Refusal, SwitchedOff
from webapp.identity import NationalIdentifier, parse
from webapp.legal_settings import LegalBasis, LegalPeriod
from webapp.limit_settings import Limits
from webapp.model import Admission, Purpose, Season
from webapp.monitoring_settings import Monitoring
from webapp.network_settings import Network
from webapp.program import own_file
from webapp.retention_settings import Retention
from webapp.source_settings import (
    PROTOCOLS,
    Downtime,
    FsGraphqlSettings,
    SourceSettings,
    WebAddress,
)

INSTANCE_VARIABLE = f"{ENVIRONMENT_PREFIX}INSTANCE"


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise ValueError("unknown time zone") from unknown
    return name


def _day_of_year(text: str) -> str:
    try:
        datetime.strptime(f"{text}.2028", "%d.%m.%Y")
    except ValueError as wrong:
        raise ValueError("not a day") from wrong
    return text


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS = 'dager i anførselstegn, som ["sun", "mon"]: mon, tue, wed, thu, fri, sat, sun'
_ENGINE = 'adressen til en Dask scheduler, som "tls://10.0.0.5:8786" eller "tcp://127.0.0.1:8786"'
_UNTIL = 'en dag og måned, som "01.02": fra og med den dagen hentes det ikke'


class ImportRuns(BaseModel):
    """When FS154.001 runs, and until when in an admission's year; the defaults are those of the basis page.

    Both cut-offs name the first day without a run, as "dd.mm". `engine`: where a Dask scheduler is whose workers ask
    the sources; without it, this machine does.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    full: Annotated[tuple[Weekday, ...], Field(description=_DAYS)] = ("fri",)
    delta: Annotated[tuple[Weekday, ...], Field(description=_DAYS)] = ("sun", "mon", "tue", "wed", "thu")
    spring_until: Annotated[str, AfterValidator(_day_of_year), Field(description=_UNTIL)] = "01.02"
    others_until: Annotated[str, AfterValidator(_day_of_year), Field(description=_UNTIL)] = "01.09"
    engine: Annotated[str | None, Field(pattern=r"^(tcp|tls)://[^\s/@]+:\d+$", description=_ENGINE)] = None

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
        WebAddress, Field(description="adressen til skjermbildene, som begynner med http:// eller https://")
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
    or, inside a table, EKSTERNSTUDIUM_LEGAL_BASIS__ADMISSION.

    `institution`: whose instance it is, by its institution number; a kildebevis bears its name. `address`: where
    students and portals reach the screens from outside; without it, what their requests name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    institution: Annotated[
        int | None, Field(ge=1, le=99_999_999, description="vårt eget institusjonsnummer, 1 til 8 sifre")
    ] = None
    legal_basis: Annotated[LegalBasis, Field(description="et avsnitt [legal_basis]")] = LegalBasis()
    time_zone: Annotated[str, AfterValidator(_time_zone), Field(description='en tidssone, som "Europe/Oslo"')] = (
        "Europe/Oslo"
    )
    evening: Annotated[time, Field(description='et klokkeslett, som "20:00"')] = time(20)
    import_runs: Annotated[ImportRuns, Field(description="et avsnitt [import_runs]")] = ImportRuns()
    mail: Annotated[Mail | None, Field(description="et avsnitt [mail]")] = None
    network: Annotated[Network, Field(description="et avsnitt [network]")] = Network()
    feed: Annotated[FsGraphqlSettings | None, Field(description="et avsnitt [feed] (vårt eget FS)")] = None
    address: Annotated[
        WebAddress | None, Field(description="adressen til skjermbildene, som begynner med http:// eller https://")
    ] = None
    limits: Annotated[Limits, Field(description="et avsnitt [limits]")] = Limits()
    sign_in: Annotated[SignIn | None, Field(description="et avsnitt [sign_in]")] = None
    retention: Annotated[Retention, Field(description="et avsnitt [retention]")] = Retention()
    server: Annotated[Server, Field(description="et avsnitt [server]")] = Server()
    backup: Annotated[Backup | None, Field(description="et avsnitt [backup]")] = None
    monitoring: Annotated[Monitoring, Field(description="et avsnitt [monitoring]")] = Monitoring()
    test_instance: Annotated[bool, Field(description="true eller false (om syntetiske numre tas imot)")] = False

    @property
    def idle(self) -> timedelta:
        """How long a session lasts that is not used; as good as nothing where nobody signs in."""
        return timedelta(minutes=self.sign_in.idle_minutes if self.sign_in else 0)


class _SourcesFile(BaseModel):
    """The whole of sources.toml; each table is checked by its protocol."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Annotated[tuple[dict[str, Any], ...], Field(description="avsnitt som begynner med [[source]]")] = ()


def _unknown(protocol: str) -> str:
    raise ValueError("not a protocol that we speak")


class _AnySource(SourceSettings):
    """A source whose protocol is missing or unknown: what is wrong with it."""

    protocol: Annotated[str, AfterValidator(_unknown), Field(description=", ".join(f'"{name}"' for name in PROTOCOLS))]


class Settings(BaseModel):
    """Everything that is set: the instance folder, the settings and the sources."""

    model_config = ConfigDict(frozen=True)

    instance: Path
    settings: SettingsFile = SettingsFile()
    sources: tuple[SerializeAsAny[SourceSettings], ...] = ()

    @property
    def database(self) -> Path:
        """The file that holds everything the product remembers."""
        return self.instance / "eksternstudium.sqlite"

    @property
    def asked(self) -> tuple[SourceSettings, ...]:
        """The sources that orders ask: those that are in use, but for portals, which wait for their students."""
        return tuple(source for source in self.sources if source.enabled and source.is_asked)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The host names that the screens are served by: those of this machine, and that of `address`."""
        named = urlsplit(self.settings.address or "").hostname
        return ("127.0.0.1", "localhost", *((named,) if named else ()))

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

    @property
    def has_feed(self) -> bool:
        """Whether our own FS can complete people."""
        return self.settings.feed is not None and self.settings.feed.enabled

    def off(self, source: SourceSettings, at: datetime) -> Downtime | None:
        """The time in which a source is switched off at an instant, or None."""
        return source.off(at, self.zone)

    def switched_off(self, at: datetime) -> Mapping[int, SwitchedOff]:
        """The sources that are switched off at an instant, by institution number, each with until when and why."""
        return {
            source.institution: SwitchedOff(off.ends(self.zone), off.reason)
            for source in self.sources
            if source.downtime and (off := self.off(source, at)) is not None
        }

    def basis_at(self, purpose: Purpose, at: datetime) -> LegalPeriod:
        """The legal basis of `purpose` at an instant, with its text."""
        return self.settings.legal_basis.at(purpose, at.astimezone(self.zone).date())


def program_folder() -> Path:
    """Where templates/ and static/ lie: in the package when installed from a wheel, beside it in a checkout."""
    package = Path(__file__).parent
    return package if (package / "templates").is_dir() else package.parent


def site_folder() -> Path | None:
    """Where the documentation lies as a site, which a release brings along and `make docs` builds; None where it is in
    neither."""
    folder = program_folder() / "site"
    return folder if folder.is_dir() else None


def instance_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The instance folder: where EKSTERNSTUDIUM_INSTANCE says, else instance/ beside the program.

    Beside the one file, not in the cache that it unpacks itself into: the next version has another.
    """
    if named := environment.get(INSTANCE_VARIABLE):
        return Path(named).resolve()
    if (file := own_file()) is not None:
        return file.parent / "instance"
    program = program_folder()
    return (program if program != Path(__file__).parent else Path(sys.prefix)) / "instance"


def read_settings(instance: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read and check settings.toml and sources.toml of an instance folder; each may be absent.

    Raises Refusal with file, line, what is wrong and what is allowed.
    """
    settings_file, sources_file = TomlFile.read(instance / "settings.toml"), TomlFile.read(instance / "sources.toml")
    variables = {name: value for name, value in environment.items() if name != INSTANCE_VARIABLE}
    settings = settings_file.checked(SettingsFile, variables)
    return Settings(instance=instance, settings=settings, sources=checked_sources(sources_file))


def read_sources(instance: Path) -> tuple[SourceSettings, ...]:
    """The sources of an instance folder's sources.toml. Raises Refusal as read_settings."""
    return checked_sources(TomlFile.read(instance / "sources.toml"))


def checked_sources(file: TomlFile) -> tuple[SourceSettings, ...]:
    """The sources in a file such as sources.toml. Raises Refusal as read_settings."""
    file.checked(_SourcesFile, {})
    sources = file.tables("source", lambda table: PROTOCOLS.get(str(table.get("protocol")), _AnySource))
    _refuse_twins(sources, file)
    return sources


def _refuse_twins(sources: tuple[SourceSettings, ...], file: TomlFile) -> None:
    seen: set[int] = set()
    for position, source in enumerate(sources):
        if source.institution in seen:
            place = file.place_of(("source", position, "institution"))
            sentence = f"{place}: institusjon {source.institution} står to ganger. Tillatt: én [[source]] for hver."
            raise Refusal(sentence)
        seen.add(source.institution)
