"""What `eksternstudium init` asks, in order; what was given as an option is not asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import click

from webapp.accounts.administering import check_user_name
from webapp.checked_toml import TomlFile
from webapp.cli.asking import ask, choose
from webapp.cli.init_sources import ask_sources, institution_of
from webapp.config import checked_sources
from webapp.errors import Refusal
from webapp.institutions import REGISTER
from webapp.model import Basis
from webapp.oidc_settings import secure_address
from webapp.source_settings import SourceSettings, web_address
from webapp.tls import server_context
from webapp.upkeep.first_settings import FirstSettings, OpenId, SignInKind

_SIGN_IN = {
    "none": "ingen innlogging: bare nettlesere på denne maskinen, for å prøve",
    "local": "brukere med passord og engangskode",
    "openid": "OpenID Connect, som Feide",
}
_BASES = {"consent": "samtykke", "statute": "hjemmel i lov"}
_SOURCES = {
    "none": "ingen ennå",
    "demo": "50 syntetiske institusjoner, for å prøve",
    "file": "en fil som sources.toml",
    "each": "en og en; hver av dem blir prøvd",
}


@dataclass(frozen=True)
class Given:
    """The options, None for what was not given."""

    institution: str | None
    sign_in: str | None
    administrator: str | None
    address: str | None
    certificate: Path | None
    key: Path | None
    issuer: str | None
    client_id: str | None
    client_secret_file: IO[str] | None
    roles_claim: str | None
    admission: str | None
    recognition: str | None
    sources: str | None

    @property
    def is_talk(self) -> bool:
        """Whether somebody is asked anyway, and so about what has a default too."""
        return self.institution is None or self.sign_in is None or self.sources is None


@dataclass(frozen=True)
class Answers:
    """What to begin with: the settings, the first local user ("" for none), the client's secret at the OpenID provider,
    and the sources with their secrets by the names of files, or the text of a file that has them."""

    first: FirstSettings
    administrator: str = ""
    openid_secret: str = ""
    sources: tuple[SourceSettings, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)
    sources_text: str = ""


def answered(given: Given) -> Answers:
    """All that init needs to know. Raises Refusal for an option that cannot be, and where nobody is there to answer."""
    question = "Hvilken institusjon er dette? Nummer, eller noen bokstaver av navnet"
    institution = ask("--institution", question, institution_of, given.institution)
    if (known := REGISTER.get(institution)) is not None:
        click.echo(f"  {institution} {known.name['nb']}")
    kind = SignInKind(choose("--sign-in", "Hvem skal slippe inn?", _SIGN_IN, given.sign_in))
    administrator, openid, openid_secret = "", None, ""
    if kind is SignInKind.LOCAL:
        administrator = ask(
            "--administrator", "Brukernavn for den første administratoren", check_user_name, given.administrator
        )
    elif kind is SignInKind.OPENID:
        openid, openid_secret = _openid(given)
    address = _address_of(given, kind)
    certificate, key = _certificate_of(given, address)
    admission = _basis("--admission", "Hva er grunnlaget for å spørre om søkere til opptak?", given, given.admission)
    recognition = _basis("--recognition", "Og ved godkjenning av utdanning?", given, given.recognition, "statute")
    chosen, sources, secrets, text = _sources(given)
    first = FirstSettings(
        institution, kind, address, certificate, key, openid, admission, recognition, is_trial=chosen == "demo"
    )
    return Answers(first, administrator, openid_secret, sources, secrets, text)


def _openid(given: Given) -> tuple[OpenId, str]:
    """The provider, and the client's secret there, "" for a client without one."""
    issuer = ask("--issuer", "OpenID-utstederen, som https://auth.dataporten.no", _issuer, given.issuer)
    client_id = ask("--client-id", "Klient-ID hos utstederen", str, given.client_id)
    if given.client_secret_file is not None:
        secret = given.client_secret_file.read().strip()
    elif given.is_talk:
        question = "Klienthemmelighet (Enter for ingen)"
        secret = ask("--client-secret-file", question, str, default="", is_secret=True)
    else:
        secret = ""
    claim = given.roles_claim or "groups"
    if given.is_talk and given.roles_claim is None:
        claim = ask("--roles-claim", "Claimet som sier hvem som er hva", str, default=claim)
    question = f"Verdien i {claim} som gjør noen til systemadministrator"
    administrator = ask("--administrator", question, str, given.administrator)
    return OpenId(issuer, client_id, bool(secret), claim, administrator), secret


def _issuer(text: str) -> str:
    try:
        return secure_address(text)
    except ValueError:
        raise Refusal("Utstederen er en adresse som begynner med https://, som utstederen selv skriver den.") from None


def _address_of(given: Given, kind: SignInKind) -> str | None:
    """Where others reach the screens; None for this machine alone."""
    if kind is SignInKind.NONE:
        if given.address or given.certificate or given.key:
            raise Refusal(
                "Uten innlogging når bare denne maskinen skjermbildene. Utelat --address, --certificate og --key."
            )
        return None
    if given.address is None and not given.is_talk:
        return None
    question = "Adressen som brukerne skriver, med https:// (Enter: bare denne maskinen)"
    return ask("--address", question, _address, given.address, default="")


def _address(text: str) -> str | None:
    try:
        address = web_address(text) if text else None
    except ValueError:
        address = "http://"
    if address is not None and not address.startswith("https://"):
        raise Refusal("Adressen begynner med https://, som https://eksternstudium.example.no.")
    return address


def _certificate_of(given: Given, address: str | None) -> tuple[Path | None, Path | None]:
    """The certificate and its key; None for both where a proxy has them, or there are no others to reach us."""
    certificate, key = given.certificate, given.key
    if address is None:
        if certificate or key:
            raise Refusal("Et sertifikat er for en adresse. Gi den med --address.")
        return None, None
    if given.is_talk and certificate is None:
        certificate = ask("--certificate", "Sertifikat, en PEM-fil (Enter: en proxy gjør HTTPS)", _file, default="")
    if given.is_talk and certificate and key is None:
        key = ask("--key", "Nøkkelen til sertifikatet, en PEM-fil", _file)
    if (certificate is None) != (key is None):
        raise Refusal("Et sertifikat og nøkkelen til det hører sammen. Gi både --certificate og --key.")
    if certificate and key:
        server_context(certificate, key)
    return certificate, key


def _file(text: str) -> Path | None:
    if not text:
        return None
    if not Path(text).is_file():
        raise Refusal("Filen %(name)s fins ikke.", name=text)
    return Path(text).resolve()


def _basis(option: str, question: str, given: Given, chosen: str | None, default: str = "consent") -> Basis:
    if chosen is None and not given.is_talk:
        return Basis(default)
    return Basis(choose(option, question, _BASES, chosen, default))


def _sources(given: Given) -> tuple[str, tuple[SourceSettings, ...], Mapping[str, str], str]:
    """How the sources are told, the sources, their secrets, and the text of the file that has them."""
    file = given.sources if given.sources not in (None, "none", "demo") else None
    chosen = "file" if file else choose("--sources", "Hvilke kilder skal spørres?", _SOURCES, given.sources)
    if chosen == "each":
        return chosen, *ask_sources(), ""
    if chosen == "file":
        return chosen, (), {}, ask("--sources", "Filen", _checked_text, file)
    return chosen, (), {}, ""


def _checked_text(name: str) -> str:
    """The text of a file such as sources.toml. Raises Refusal when it cannot be read, or is wrong."""
    try:
        text = Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise Refusal("Filen %(name)s kan ikke leses som tekst i UTF-8.", name=name) from wrong
    checked_sources(TomlFile(Path(name).name, text))
    return text
