"""What `eksternstudium init` asks of the sources, one by one: each is tried as soon as it is told."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import tomlkit

from webapp.checked_toml import TomlFile
from webapp.cli.asking import ask, choose
from webapp.cli.sources_report import tried_words
from webapp.config import checked_sources, read_settings
from webapp.errors import Refusal
from webapp.fetching.fanout import utc_now
from webapp.fetching.trying import call_on
from webapp.institutions import looked_up
from webapp.source_settings import PROTOCOLS, SourceSettings
from webapp.upkeep.founding import write_secret

#: What is asked of a source of each protocol, and whether it may have a secret; the screen Kilder has all the rest.
_ASKED: Mapping[str, tuple[tuple[str, ...], bool]] = {
    "elmo-pull": (("url",), True),
    "fs-graphql": (("url", "user"), True),
    "database": (("url",), True),
    "file": (("folder",), False),
    "emrex": (("registry",), False),
}
_OPTION = "--sources"


def institution_of(text: str) -> int:
    """The number of the one institution that a number or some letters mean, or a number that the register does not
    have. Raises Refusal when it may be several or none."""
    found = looked_up(text)
    if len(found) == 1 and found[0].number is not None:
        return found[0].number
    if text.isdecimal() and 1 <= len(text) <= 8 and int(text):
        return int(text)
    if not text or not found:
        raise Refusal("Ingen institusjon i registeret passer. Skriv færre bokstaver, eller institusjonsnummeret i FS.")
    names = (f"{each.number} {each.name['nb']}" for each in found)
    raise Refusal("Flere passer. Skriv nummeret: %(names)s.", names="; ".join(names))


def ask_sources() -> tuple[tuple[SourceSettings, ...], dict[str, str]]:
    """The sources that are told, and their secrets by the names of their files."""
    known: dict[int, SourceSettings] = {}
    secrets: dict[str, str] = {}
    while (
        number := ask(_OPTION, "Kildens institusjon (Enter når det ikke er flere)", _or_none, default="")
    ) is not None:
        try:
            source, secret = _ask_source(number)
        except Refusal as refusal:
            click.echo(f"  {refusal}")
            continue
        if _is_kept(source, secret):
            known[number] = source
            if secret:
                secrets[str(source.secret_file)] = secret
    return tuple(known.values()), secrets


def _or_none(text: str) -> int | None:
    return institution_of(text) if text else None


def _ask_source(number: int) -> tuple[SourceSettings, str]:
    """A source as it is told, and its secret, "" for none. Raises Refusal when it cannot be as it is told."""
    protocol = choose(_OPTION, "Protokoll", {name: model.protocol_name for name, model in PROTOCOLS.items()})
    fields, may_have_secret = _ASKED[protocol]
    told: dict[str, object] = {"institution": number, "protocol": protocol}
    for name in fields:
        info = PROTOCOLS[protocol].model_fields[name]
        if answer := ask(_OPTION, str(info.title), str, default=None if info.is_required() else ""):
            told[name] = answer
    secret = ""
    if may_have_secret:
        secret = ask(_OPTION, "Passord eller token (Enter for ingen)", str, default="", is_secret=True)
    if secret:
        told["secret_file"] = f"hemmelighet-{number}"
    (source,) = checked_sources(TomlFile("Kilden", tomlkit.dumps({"source": [told]})))
    return source, secret


def _is_kept(source: SourceSettings, secret: str) -> bool:
    """Try a source, and ask whether to keep one that does not answer."""
    if not source.is_asked:
        return True
    click.echo(f"  Prøver {source.title} …")
    with TemporaryDirectory() as scratch:
        if secret:
            write_secret(Path(scratch) / str(source.secret_file), secret)
        came = call_on(read_settings(Path(scratch)), source, utc_now)
    click.echo(f"  {tried_words(came)}")
    if came.failure is None:
        return True
    return choose(_OPTION, "Ta den med likevel?", {"ja": "den svarer siden", "nei": "noe i den er feil"}) == "ja"
