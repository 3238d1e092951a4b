"""Settings: read once from the instance folder and the environment, checked, and passed on as values."""

import os
import re
import sys
import tomllib
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from webapp.errors import Refusal
from webapp.institutions import REGISTER
from webapp.model import Basis, Purpose

Model = TypeVar("Model", bound=BaseModel)

ENVIRONMENT_PREFIX = "EKSTERNSTUDIUM_"
INSTANCE_VARIABLE = "EKSTERNSTUDIUM_INSTANCE"


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
    seats: Annotated[int, Field(ge=1, le=64, description="et heltall fra 1 til 64 (samtidige spørsmål til kilden)")] = 4
    batch: Annotated[
        int | None, Field(ge=1, le=1000, description="et heltall fra 1 til 1000 (personer per spørsmål)")
    ] = None
    enabled: Annotated[bool, Field(description="true eller false")] = True
    shares: Annotated[bool, Field(description="true eller false (om institusjonen deler resultater)")] = True

    @property
    def title(self) -> str:
        """The institution's name: the one given here, the register's, or its number."""
        known = REGISTER.get(self.institution)
        return self.name or (known.name.get("nb") or known.name.get("nn") if known else None) or f"Institusjon {self.institution}"


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


class SettingsFile(BaseModel):
    """The whole of settings.toml; each value may also come from the environment, as EKSTERNSTUDIUM_TIME_ZONE
    or, inside a table, EKSTERNSTUDIUM_LEGAL_BASIS__ADMISSION."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    legal_basis: Annotated[LegalBasis, Field(description="et avsnitt [legal_basis]")] = LegalBasis()
    time_zone: Annotated[str, AfterValidator(_time_zone), Field(description='en tidssone, som "Europe/Oslo"')] = (
        "Europe/Oslo"
    )
    evening: Annotated[time, Field(description='et klokkeslett, som "20:00"')] = time(20)


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
    settings_text = _text_of(instance / "settings.toml")
    sources_text = _text_of(instance / "sources.toml")
    settings = _parse("settings.toml", settings_text)
    _overlay(settings, environment)
    checked = _check(SettingsFile, settings, "settings.toml", settings_text, environment)
    sources = _check(SourcesFile, _parse("sources.toml", sources_text), "sources.toml", sources_text).source
    _refuse_twins(sources, sources_text)
    return Settings(instance=instance, settings=checked, sources=sources)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as wrong:
        raise Refusal(f"{path.name} er ikke skrevet i UTF-8. Lagre filen på nytt som UTF-8.") from wrong


def _parse(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        found = re.search(r"line (\d+)", str(wrong))
        line = found.group(1) if found else str(text.count("\n") + 1)
        raise Refusal(
            f"{name}, linje {line}: dette er ikke gyldig TOML ({wrong}). "
            'Skriv navn = verdi, med tekst i "anførselstegn".'
        ) from wrong


def _overlay(settings: dict[str, Any], environment: Mapping[str, str]) -> None:
    for variable, value in environment.items():
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable == INSTANCE_VARIABLE:
            continue
        *tables, key = variable.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
        place = settings
        for table in tables:
            place = place.setdefault(table, {})
        place[key] = value


def _check(
    model: type[Model], data: dict[str, Any], name: str, text: str, environment: Mapping[str, str] | None = None
) -> Model:
    try:
        return model.model_validate(data)
    except ValidationError as wrong:
        error = wrong.errors()[0]
        variable = ENVIRONMENT_PREFIX + "__".join(str(part) for part in error["loc"]).upper()
        from_environment = environment is not None and variable in environment
        place = variable if from_environment else f"{name}, linje {_line_of(text, error['loc'])}"
        raise Refusal(f"{place}: {_sentence(model, error)}") from wrong


def _sentence(model: type[BaseModel], error: ErrorDetails) -> str:
    where = error["loc"]
    field = next(str(part) for part in reversed(where) if isinstance(part, str))
    owner, allowed = _allowed(model, where)
    if error["type"] == "missing":
        return f"«{field}» mangler. Tillatt: {allowed}."
    if error["type"] == "extra_forbidden":
        return f"«{field}» er ikke kjent. Tillatt: {', '.join(owner.model_fields)}."
    return f"«{field}» kan ikke være {error['input']!r}. Tillatt: {allowed}."


def _allowed(model: type[BaseModel], where: tuple[int | str, ...]) -> tuple[type[BaseModel], str]:
    """The table that holds the last name of `where`, and what is allowed for that name."""
    owner, allowed = model, ""
    for part in where:
        field = owner.model_fields.get(str(part))
        if field is None:
            continue
        allowed = field.description or ""
        inner = next((t for t in (field.annotation, *get_args(field.annotation)) if _is_table(t)), None)
        owner = inner or owner
    return owner, allowed


def _is_table(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _line_of(text: str, where: tuple[int | str, ...]) -> int:
    """The line that sets the last name of `where`, or else the head of its table: tomllib keeps no positions."""
    *tables, key = [part for part in where if isinstance(part, str)]
    nth = next((part for part in where if isinstance(part, int)), 0)
    head = re.compile(rf"\s*\[+\s*{re.escape('.'.join(tables))}\s*\]+") if tables else None
    seen, line_of_head = -1, 0 if head else 1
    for number, line in enumerate(text.splitlines(), 1):
        if head and head.match(line):
            seen += 1
            line_of_head = number if seen == nth else line_of_head
        elif (not head or seen == nth) and re.match(rf'\s*"?{re.escape(key)}"?\s*=', line):
            return number
    return line_of_head


def _refuse_twins(sources: tuple[SourceSettings, ...], text: str) -> None:
    seen: set[int] = set()
    for position, source in enumerate(sources):
        if source.institution in seen:
            raise Refusal(
                f"sources.toml, linje {_line_of(text, ('source', position, 'institution'))}: institusjon "
                f"{source.institution} står to ganger. Tillatt: én [[source]] for hver institusjon."
            )
        seen.add(source.institution)
