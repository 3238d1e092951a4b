"""The settings of each source: one `[[source]]` of sources.toml, by its protocol.

A field's `title` is what the screens call it, its `description` what is allowed.
"""

import os
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import reduce
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, ClassVar, Literal, cast, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.fields import FieldInfo

from webapp.errors import N_, Refusal
from webapp.institutions import REGISTER
from webapp.source_credentials import ClientCertificate, MaskinportenClient


def web_address(url: str) -> str:
    """An address without a user, a blank or a slash at its end. Raises ValueError for anything else."""
    if not re.match(r"https?://[^/\s@]+(/\S*)?$", url):
        raise ValueError("not an address")
    return url.rstrip("/")


WebAddress = Annotated[str, AfterValidator(web_address)]
_ADDRESS = N_("en adresse som begynner med http:// eller https://")


class Downtime(BaseModel):
    """A time in which a source is switched off: from now on or planned ahead. Times without a zone are those of the
    instance."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    begins: Annotated[
        datetime, Field(alias="from", title=N_("Fra"), description=N_("et tidspunkt, som 2026-12-01T08:00:00"))
    ]
    until: Annotated[
        datetime, Field(title=N_("Til"), description=N_("et tidspunkt etter «from», som 2026-12-02T06:00:00"))
    ]
    reason: Annotated[
        str, Field(title=N_("Grunn"), min_length=1, max_length=200, description=N_("en tekst, høyst 200 tegn"))
    ]

    @field_validator("until")
    @classmethod
    def _after_it_begins(cls, until: datetime, others: ValidationInfo) -> datetime:
        begins = others.data.get("begins")
        if begins is not None and until.replace(tzinfo=None) <= begins.replace(tzinfo=None):
            raise ValueError("ends before it begins")
        return until

    def covers(self, at: datetime, zone: ZoneInfo) -> bool:
        """Whether an instant lies in it."""
        return _in_zone(self.begins, zone) <= at < _in_zone(self.until, zone)

    def ends(self, zone: ZoneInfo) -> datetime:
        """The instant of its end."""
        return _in_zone(self.until, zone)


def _in_zone(at: datetime, zone: ZoneInfo) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=zone)


def read_secret(
    variable: str | None, file: Path | None, instance: Path, environment: Mapping[str, str] = os.environ
) -> str | None:
    """What a variable of the environment or else a file holds, None where neither is named. `instance`: the folder that
    a relative path begins in. Raises Refusal, without the secret, when it is named and cannot be had."""
    if variable is not None:
        if value := environment.get(variable):
            return value
        raise Refusal("Miljøvariabelen %(name)s mangler. Sett den, og start på nytt.", name=variable)
    if file is not None:
        try:
            value = (instance / file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            value = ""
        if value:
            return value
        raise Refusal("Filen %(name)s kan ikke leses, eller er tom.", name=str(file))
    return None


class SourceSettings(BaseModel):
    """What every source has, whatever its protocol.

    A secret (password or token) never stands in the file: `secret_env` names a variable of the environment that holds
    it, `secret_file` a file; `secret_until` is the last day on which it holds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: What the protocol is called on the screens.
    protocol_name: ClassVar[str] = ""
    #: Whether orders ask such a source; a portal waits for its students instead.
    is_asked: ClassVar[bool] = True

    institution: Annotated[
        int,
        Field(
            title=N_("Institusjonsnummer"), ge=1, le=99_999_999, description=N_("et institusjonsnummer, 1 til 8 sifre")
        ),
    ]
    protocol: Annotated[str, Field(title=N_("Protokoll"))]
    name: Annotated[
        str | None, Field(title=N_("Navn"), min_length=1, description=N_('et navn, som "Universitetet i Oslo"'))
    ] = None
    timeout_seconds: Annotated[
        float,
        Field(
            title=N_("Tidsgrense i sekunder"),
            gt=0,
            le=600,
            description=N_("et tall over 0 til 600 (sekunder for hele svaret)"),
        ),
    ] = 10.0
    seats: Annotated[
        int,
        Field(
            title=N_("Samtidige spørsmål"),
            ge=1,
            le=64,
            description=N_("et heltall fra 1 til 64 (samtidige spørsmål til kilden)"),
        ),
    ] = 8
    batch: Annotated[
        int | None,
        Field(
            title=N_("Personer per spørsmål"),
            ge=1,
            le=1000,
            description=N_("et heltall fra 1 til 1000 (personer per spørsmål)"),
        ),
    ] = None
    enabled: Annotated[bool, Field(title=N_("I bruk"), description=N_("true eller false"))] = True
    shares: Annotated[
        bool,
        Field(title=N_("Deler resultater"), description=N_("true eller false (om institusjonen deler resultater)")),
    ] = True
    direct: Annotated[
        bool, Field(title=N_("Utenom mellomtjeneren"), description=N_("true eller false (utenom [network] proxy)"))
    ] = False
    secret_env: Annotated[
        str | None,
        Field(
            title=N_("Hemmelighet i miljøvariabel"),
            pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
            description=N_("navnet på en miljøvariabel som har hemmeligheten"),
        ),
    ] = None
    secret_file: Annotated[
        Path | None,
        Field(title=N_("Hemmelighet i fil"), description=N_("stien til en fil som har hemmeligheten og ikke annet")),
    ] = None
    secret_until: Annotated[
        date | None, Field(title=N_("Hemmeligheten gjelder til og med"), description=N_("en dato, som 2027-03-31"))
    ] = None
    downtime: Annotated[
        tuple[Downtime, ...],
        Field(title=N_("Planlagt nedetid"), description=N_("avsnitt som begynner med [[source.downtime]]")),
    ] = ()

    @property
    def title(self) -> str:
        """The institution's name: the one given here, the register's, or its number."""
        known = REGISTER.get(self.institution)
        names = known.name if known else {}
        return self.name or names.get("nb") or names.get("nn") or f"Institusjon {self.institution}"

    def off(self, at: datetime, zone: ZoneInfo) -> Downtime | None:
        """The time in which the source is switched off at an instant, the one that lasts longest; or None."""
        covering = [each for each in self.downtime if each.covers(at, zone)]
        return max(covering, key=lambda each: each.ends(zone), default=None)

    def secret(self, instance: Path, environment: Mapping[str, str] = os.environ) -> str | None:
        """The password or token, None where none is set. `instance`: the folder that a relative path begins in.

        Raises Refusal, without the secret, when it is set and cannot be had.
        """
        return read_secret(self.secret_env, self.secret_file, instance, environment)


class HttpSourceSettings(SourceSettings):
    """What a source has that is asked over HTTP: what it may be shown besides the secret."""

    client_certificate: Annotated[
        ClientCertificate | None,
        Field(title=N_("Klientsertifikat"), description=N_("et avsnitt som begynner med [source.client_certificate]")),
    ] = None
    maskinporten: Annotated[
        MaskinportenClient | None,
        Field(
            title=N_("Maskinporten"),
            description=N_("et avsnitt som begynner med [source.maskinporten], for en kilde uten hemmelighet"),
        ),
    ] = None

    @field_validator("maskinporten")
    @classmethod
    def _in_place_of_a_secret(
        cls, maskinporten: MaskinportenClient | None, others: ValidationInfo
    ) -> MaskinportenClient | None:
        # Both would be sent in the same header.
        if maskinporten is not None and (others.data.get("secret_env") or others.data.get("secret_file")):
            raise ValueError("there is a secret")
        return maskinporten


class ElmoPullSettings(HttpSourceSettings):
    """An institution that speaks ELMO pull; its secret is a token, sent as `Authorization: Bearer`."""

    protocol_name: ClassVar[str] = "ELMO pull"

    protocol: Annotated[Literal["elmo-pull"], Field(title=N_("Protokoll"))] = "elmo-pull"
    url: Annotated[WebAddress, Field(title=N_("Adresse"), description=_ADDRESS)]


def _endpoint(url: str) -> str:
    """An address as it is: one with a slash at its end is another than one without, and FS redirects nobody."""
    web_address(url)
    return url


class FsGraphqlSettings(HttpSourceSettings):
    """An institution whose FS is asked through GraphQL; its secret is the password of `user`."""

    protocol_name: ClassVar[str] = "FS GraphQL"

    protocol: Annotated[Literal["fs-graphql"], Field(title=N_("Protokoll"))] = "fs-graphql"
    url: Annotated[str, AfterValidator(_endpoint), Field(title=N_("Adresse"), description=_ADDRESS)]
    user: Annotated[
        str | None, Field(title=N_("Brukernavn"), min_length=1, pattern=r"^[!-9;-~]+$", description=N_("et brukernavn"))
    ] = None
    organisation: Annotated[
        str | None,
        Field(
            title=N_("Organisasjonskode"),
            pattern=r"^\d{1,8}$",
            description=N_("en organisasjonskode i FS, når den er en annen enn institusjonsnummeret"),
        ),
    ] = None
    batch: Annotated[
        int | None,
        Field(title=N_("Personer per spørsmål"), ge=1, le=100, description=N_("et heltall fra 1 til 100")),
    ] = None

    @property
    def organisation_code(self) -> str:
        """The institution's code in FS."""
        return self.organisation or str(self.institution)


class DatabaseSettings(SourceSettings):
    """A database with the views of docs/database.md, or with SQL of its own; its secret is the password of its user.

    `people_sql` stands for the view shared_people. Where `results_sql` or `qualifications_sql` is given, that alone is
    asked in place of the other two views.
    """

    protocol_name: ClassVar[str] = N_("Database")

    protocol: Annotated[Literal["database"], Field(title=N_("Protokoll"))] = "database"
    url: Annotated[
        str,
        Field(
            title=N_("Adresse"),
            pattern=r"^[a-z0-9]+(\+[a-z0-9_]+)?://[^\s]*$",
            # Whoever writes a password into it shall not read it on the terminal.
            repr=False,
            description=N_('en SQLAlchemy-adresse uten passord, som "postgresql+psycopg://leser@db.example.no/fs"'),
        ),
    ]
    people_sql: Annotated[
        str | None,
        Field(title=N_("SQL for personer"), pattern=r":identifiers\b", description=N_("SQL med :identifiers i seg")),
    ] = None
    results_sql: Annotated[
        str | None,
        Field(
            title=N_("SQL for resultater"),
            pattern=r":(identifiers|people)\b",
            description=N_("SQL med :identifiers eller :people i seg"),
        ),
    ] = None
    qualifications_sql: Annotated[
        str | None,
        Field(
            title=N_("SQL for kvalifikasjoner"),
            pattern=r":(identifiers|people)\b",
            description=N_("SQL med :identifiers eller :people i seg"),
        ),
    ] = None

    @field_validator("url")
    @classmethod
    def _without_password(cls, url: str) -> str:
        if re.match(r"^[^:]+://[^/@]*:[^/@]*@", url) or re.search(r"[?&]\w*passw(or)?d=", url, re.IGNORECASE):
            raise ValueError("a password")
        return url


class FileSettings(SourceSettings):
    """An institution that no machine can ask: it puts ELMO files into a folder, or they are uploaded on a person.

    `complete`: whether the folder holds everybody, so that no file means no results. `certificates`: a PEM file with
    the certificates that its files may be signed with.
    """

    protocol_name: ClassVar[str] = N_("Fil")

    protocol: Annotated[Literal["file"], Field(title=N_("Protokoll"))] = "file"
    folder: Annotated[
        Path | None, Field(title=N_("Mappe"), description=N_("stien til en mappe som filer legges i"))
    ] = None
    complete: Annotated[
        bool,
        Field(title=N_("Mappen har alle"), description=N_("true eller false (om ingen fil betyr ingen resultater)")),
    ] = False
    certificates: Annotated[
        Path | None, Field(title=N_("Sertifikater for signaturer"), description=N_("stien til en PEM-fil"))
    ] = None


class EmrexSettings(SourceSettings):
    """The portals from which students deliver results themselves, by their registry: an address or a file with the
    EMREX registry (EMREG) or the EWP catalogue. Results of issuers without an institution number of ours stand under
    `institution`."""

    protocol_name: ClassVar[str] = "EMREX"
    is_asked: ClassVar[bool] = False

    protocol: Annotated[Literal["emrex"], Field(title=N_("Protokoll"))] = "emrex"
    registry: Annotated[
        str,
        Field(
            title=N_("Register"),
            min_length=1,
            description=N_("adressen til registeret over portaler, eller stien til en fil med det"),
        ),
    ]
    days: Annotated[
        int, Field(title=N_("Dager en invitasjon gjelder"), ge=1, le=90, description=N_("et heltall fra 1 til 90"))
    ] = 14


def table_of(info: FieldInfo) -> type[BaseModel] | None:
    """The model of a setting that is a table of its own, such as `[source.maskinporten]`."""
    # Of a union; downtime, which is a tuple of tables, is none.
    kinds = get_args(info.annotation) if get_origin(info.annotation) is UnionType else (info.annotation,)
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def flat_fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The settings of a source by name, those of its tables as `table.name`."""
    fields: dict[str, FieldInfo] = {}
    for name, info in model.model_fields.items():
        table = table_of(info)
        fields |= {f"{name}.{inner}": each for inner, each in table.model_fields.items()} if table else {name: info}
    return fields


def flat_value(source: SourceSettings, name: str) -> Any:
    """A setting by such a name; None where its table, or the setting itself, is not there."""
    return reduce(lambda place, part: getattr(place, part, None), name.split("."), cast(Any, source))


#: The settings of each protocol, in the order in which the screens offer them.
PROTOCOLS: Mapping[str, type[SourceSettings]] = {
    model.model_fields["protocol"].default: model
    for model in (ElmoPullSettings, FsGraphqlSettings, DatabaseSettings, FileSettings, EmrexSettings)
}
