"""`eksternstudium provide …`: who gets in, whom it tells of, and where it refuses to listen."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from asking import KARI
from certificates import Authority
from webapp.cli import main
from webapp.config import Settings, SettingsFile
from webapp.errors import Refusal, SourceError
from webapp.institutions import REGISTER
from webapp.model import Basis, Outcome, Purpose, Question
from webapp.network_settings import Network
from webapp.provider import create_provider
from webapp.provider.gate import today
from webapp.provider.settings import ProviderSettings, read_settings, refuse_unsafe
from webapp.provider.shelf import Shelf
from webapp.source_settings import ElmoPullSettings
from webapp.sources.catalogue import open_source
from webapp.sources.elmo import write
from world import KARI_NUMBER, NOW, OLA_NUMBER, UIO, course, transcript

PROGRAM = Path(sys.executable).with_name("eksternstudium")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A shelf with Kari on it."""
    file = tmp_path / "shelf.sqlite"
    shelf = Shelf(file)
    shelf.add_institution(REGISTER[UIO])
    shelf.put(UIO, [KARI_NUMBER], write(transcript(course("INF1000")), NOW), etag="1")
    shelf.close()
    return file


def provide(*args: object, typed: str = "") -> Result:
    return CliRunner().invoke(main, ["provide", *map(str, args)], input=typed)


def said(*args: object, typed: str = "") -> str:
    result = provide(*args, typed=typed)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def refused(*args: object, typed: str = "") -> str:
    result = provide(*args, typed=typed)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    return result.stderr


def asked(file: Path, token: str) -> int:
    """The status of an answer about Kari."""
    shelf = Shelf(file)
    client = create_provider(shelf, ProviderSettings(asks_for=("token",))).test_client()
    status = client.post("/results", json=KARI, headers={"Authorization": f"Bearer {token}"}).status_code
    shelf.close()
    return status


def test_a_token_opens_until_it_is_revoked(file: Path) -> None:
    token = said("token", "add", file, "--name", "NTNU", "--institution", 194, "--until", "2099-01-01").strip()
    assert asked(file, token) == 200
    listed = said("token", "list", file)
    assert listed == "1\tNTNU (194)\ttoken\ttil 01.01.2099\tspør: alle\n"
    assert said("token", "revoke", file, 1) == ""
    assert asked(file, token) == 401
    assert "trukket tilbake" in said("asker", "list", file)
    assert refused("token", "revoke", file, 1).startswith("Adgang nummer 1 fins ikke")


def test_askers_are_known_by_certificate_or_organisation(file: Path, tmp_path: Path) -> None:
    made = Authority(tmp_path).make("ntnu")
    who = ("--name", "NTNU", "--institution", 194)
    said("asker", "add", file, *who, "--certificate", made.certificate, "--only", UIO)
    said("asker", "add", file, *who, "--organisation", "974 767 880")
    assert [line.split("\t")[2:] for line in said("asker", "list", file).splitlines()] == [
        ["sertifikat", "uten sluttdato", "spør: 185"],
        ["organisasjonsnummer", "uten sluttdato", "spør: alle"],
    ]
    assert refused("asker", "add", file, *who, "--organisation", "974767880").startswith("Noen er kjent på det")
    assert refused("asker", "add", file, *who, "--organisation", "97476788").startswith("Et organisasjonsnummer")
    assert refused("asker", "add", file, *who).startswith("Oppgi enten")
    assert "PEM-fil" in refused("asker", "add", file, *who, "--certificate", file)
    yesterday = today() - timedelta(days=1)
    assert refused("token", "add", file, *who, "--until", yesterday).startswith("Sluttdatoen er passert")


def test_the_switches_are_turned_one_by_one(file: Path) -> None:
    assert said("institution", file, UIO) == "Institusjon 185: RESUTVEKSL J, RESERVER N. Deler resultater.\n"
    assert said("institution", file, UIO, "--reserver", "j").endswith("RESERVER J. Deler ikke resultater.\n")
    assert "RESUTVEKSL N, RESERVER N" in said("institution", file, UIO, "--resutveksl", "N", "--reserver", "N")
    assert refused("institution", file, 999, "--reserver", "J") == "Institusjon 999 fins ikke i filen.\n"


def outcomes(file: Path) -> list[int]:
    shelf = Shelf(file)
    status = create_provider(shelf).test_client().post("/results", json=KARI).status_code
    shelf.close()
    return [status]


def test_a_person_opts_out_and_in_again(file: Path) -> None:
    said("opt-out", file, typed=f"{KARI_NUMBER}\n")
    assert outcomes(file) == [204]
    said("opt-out", file, "--undo", typed=f"{KARI_NUMBER[:6]} {KARI_NUMBER[6:]}\n")
    assert outcomes(file) == [200]
    assert refused("opt-out", file, "--undo", typed=KARI_NUMBER) == "Personen er ikke reservert der.\n"
    assert refused("opt-out", file, typed="123").startswith("Skriv ett fødselsnummer")
    assert refused("opt-out", file, "--institution", 999, typed=KARI_NUMBER).startswith("Institusjon 999")


def test_the_trace_tells_a_person_who_asked(file: Path) -> None:
    outcomes(file)
    line = r"\d\d\.\d\d\.\d{4} [\d:]{8}\tåpen adgang\tspurte 185\tadmission, consent, [-0-9a-f]{36}\tfound: 1\n"
    for args in (("trace", file), ("trace", "show", file)):
        assert re.fullmatch(line, said(*args))
    assert re.fullmatch(line, said("trace", file, "--person", typed=KARI_NUMBER))
    assert said("trace", file, "--person", typed=OLA_NUMBER) == ""


def test_a_trace_that_was_changed_is_found(file: Path) -> None:
    outcomes(file)
    assert said("trace", "verify", file).startswith("Sporet er urørt: 1 linjer, den siste ")
    shelf = Shelf(file)
    shelf.db.execute("DROP TRIGGER trace_update")
    shelf.db.execute("UPDATE trace SET asker = 'en annen'")
    shelf.close()
    assert refused("trace", "verify", file).startswith("Sporet er endret: linje 1 ")


def test_the_trace_forgets_a_person_or_what_is_old_and_still_verifies(file: Path) -> None:
    outcomes(file)
    assert said("trace", "forget", file, "--before", "2026-01-01") == "Glemt: 0.\n"
    assert said("trace", "forget", file, "--person", typed=OLA_NUMBER) == "Glemt: 0.\n"
    assert said("trace", "forget", file, "--person", typed=KARI_NUMBER) == "Glemt: 1.\n"
    assert said("trace", file, "--person", typed=KARI_NUMBER) == ""
    outcomes(file)
    assert said("trace", "forget", file, "--before", "2099-01-01") == "Glemt: 1.\n"
    assert said("trace", "verify", file).startswith("Sporet er urørt: 4 linjer")
    asked, told, *_ = said("trace", file).splitlines()
    assert asked.endswith("\tglemt: 1")
    assert told.endswith("\tglemte hvem det gjaldt: 1.0")
    for args in ((), ("--person", "--before", "2026-01-01")):
        assert refused("trace", "forget", file, *args, typed=KARI_NUMBER).startswith("Oppgi enten")


@pytest.mark.parametrize("args", [("token", "list"), ("trace",), ("opt-out",), ("institution",)])
def test_a_file_that_is_no_shelf_is_one_sentence(tmp_path: Path, args: tuple[str, ...]) -> None:
    rest = (UIO,) if args == ("institution",) else ()
    assert "ikke resultatdelerens egen fil" in refused(*args, tmp_path / "absent", *rest)
    assert not (tmp_path / "absent").exists()


def test_open_access_is_for_the_loopback_alone(file: Path) -> None:
    assert refused(file, "--port", 0, "--host", "0.0.0.0").startswith("Hvem som helst kunne spurt på 0.0.0.0.")
    asks = ProviderSettings(asks_for=("token",))
    with pytest.raises(Refusal, match="uten HTTPS"):
        refuse_unsafe(asks, "192.0.2.1")
    refuse_unsafe(asks.model_copy(update={"tls_by_proxy": True}), "192.0.2.1")
    refuse_unsafe(asks.model_copy(update={"certificate": file}), "::")
    for host in ("127.0.0.1", "127.1.2.3", "::1"):
        refuse_unsafe(ProviderSettings(), host)


ISSUER = """
[maskinporten]
issuer = "https://maskinporten.no/"
jwks = "https://maskinporten.no/jwk"
audience = "https://a.example.no"
scope = "sikt:results"
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('asks_for = ["password"]', "shelf.toml, linje 1: "),
        ('asks_for = ["maskinporten"]', "avsnittet [maskinporten] mangler"),
        ('asks_for = ["certificate"]', "«client_authority» må settes"),
        ('certificate = "shelf.sqlite"', "begge to"),
        ('certificate = "absent.pem"\nkey = "absent.pem"', "som ikke fins"),
        ("at_once = 0", "et heltall fra 1 til 1000"),
        (ISSUER.replace("https://maskinporten.no/jwk", "http://maskinporten.no/jwk"), "en adresse med https://"),
        (ISSUER.replace("sikt:results", "a b"), "ett scope"),
    ],
)
def test_settings_that_cannot_be_are_told(file: Path, text: str, told: str) -> None:
    file.with_suffix(".toml").write_text(text)
    assert told in refused(file, "--port", 0)


def test_settings_are_read_beside_the_file(file: Path) -> None:
    file.with_suffix(".toml").write_text(f'asks_for = ["token", "maskinporten"]\npeople_per_minute = 7\n{ISSUER}')
    settings = read_settings(file.with_suffix(".toml"))
    assert (settings.asks_for, settings.people_per_minute) == (("token", "maskinporten"), 7)
    assert settings.maskinporten is not None
    assert settings.maskinporten.issuer == "https://maskinporten.no/"


Started = Callable[..., str]


@pytest.fixture
def started() -> Iterator[Started]:
    """Starts the program; gives the address that it tells."""
    processes: list[subprocess.Popen[str]] = []

    def start(*args: object) -> str:
        command = [PROGRAM, "provide", *map(str, args)]
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"PYTHONUNBUFFERED": "1"}))
        told = processes[-1].stdout
        assert told is not None
        return told.readline().split()[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_a_provider_that_does_tls_itself_is_asked_with_a_token(file: Path, tmp_path: Path, started: Started) -> None:
    authority = Authority(tmp_path)
    made = authority.make("localhost")
    file.with_suffix(".toml").write_text(
        f'asks_for = ["token"]\ncertificate = "{made.certificate.name}"\nkey = "{made.key.name}"\n'
    )
    url = started(file, "--port", 0, "--host", "localhost")
    assert url.startswith("https://localhost:")
    # While it runs: it takes effect without a restart.
    (tmp_path / "token").write_text(said("token", "add", file, "--name", "NTNU", "--institution", 194))
    settings = Settings(instance=tmp_path, settings=SettingsFile(network=Network(certificate_authority=authority.file)))
    source = open_source(ElmoPullSettings(institution=UIO, url=url, secret_file="token"), settings)
    question = Question((KARI_NUMBER,), Purpose.ADMISSION, Basis.STATUTE, "6f2d0a52-0f35-4b5e-9d0c-2a4f8f0c5a11")
    assert source.look_up(question).outcome is Outcome.FOUND
    said("token", "revoke", file, 1)
    with pytest.raises(SourceError):
        source.look_up(question)
    source.close()


def test_documents_are_put_on_a_shelf_that_keeps_its_switches(tmp_path: Path) -> None:
    document, file = tmp_path / "kari.xml", tmp_path / "shelf.sqlite"
    document.write_bytes(write(transcript(course("INF1000")), NOW))
    said("put", file, document)
    assert outcomes(file) == [200]
    said("institution", file, UIO, "--reserver", "J")
    said("put", file, document)
    assert outcomes(file) == [403]
    assert "ikke resultatdelerens egen fil" in refused("put", document, document)
    document.with_suffix(".toml").write_text('asks_for = ["token"]')
    assert "«provide put»" in refused(document, "--port", 0)
