"""sources.toml written by the program: nothing is lost that a person wrote, and nothing wrong gets in."""

import os
import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from filelock import FileLock

from webapp import sources_file
from webapp.errors import Refusal
from webapp.source_settings import (
    PROTOCOLS,
    DatabaseSettings,
    Downtime,
    ElmoPullSettings,
    FileSettings,
    FsGraphqlSettings,
    flat_fields,
)
from webapp.sources_file import BroughtIn, SourcesFile

WRITTEN = """# Kilder
[[source]]
institution = 184 # Bergen
protocol = "elmo-pull"
url = "https://uib.example.no"   # ny fra mai
timeout_seconds = 10.0
[[source.downtime]]
from = 2026-12-01T08:00:00 # tidlig
until = 2026-12-02T08:00:00
reason = "flytter"

# --- Oslo

# ring Per først
[[ source ]]
protocol = "elmo-pull"
institution = 185
url = 'https://uio.example.no'

[[source]]
institution = 186
protocol = "elmo-pull"
url = "https://uit.example.no"
# slutt
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "sources.toml"
    path.write_text(WRITTEN, encoding="utf-8")
    return path


@pytest.fixture
def file(path: Path) -> SourcesFile:
    return SourcesFile(path.parent)


def test_what_is_not_changed_stays_as_it_is_written(file: SourcesFile, path: Path) -> None:
    uio = file.sources()[1]
    file.change(uio.model_copy(update={"url": "https://ny.example.no", "seats": 4}))
    assert path.read_text(encoding="utf-8") == WRITTEN.replace(
        "url = 'https://uio.example.no'\n", 'url = "https://ny.example.no"\nseats = 4\n'
    )


def test_a_comment_behind_a_changed_value_stays(file: SourcesFile, path: Path) -> None:
    file.change(file.sources()[0].model_copy(update={"url": "https://ny.example.no"}))
    assert 'url = "https://ny.example.no"   # ny fra mai\n' in path.read_text(encoding="utf-8")


def test_a_value_that_is_as_it_would_be_anyway_is_taken_out(file: SourcesFile, path: Path) -> None:
    uib = file.sources()[0]
    file.change(uib.model_copy(update={"timeout_seconds": 20.0}))
    assert "timeout_seconds = 20\n" in path.read_text(encoding="utf-8")
    file.change(uib)
    assert "timeout_seconds" not in path.read_text(encoding="utf-8")


def test_a_source_goes_with_the_comment_above_it_and_no_other(file: SourcesFile, path: Path) -> None:
    file.remove(185)
    left = path.read_text(encoding="utf-8")
    assert "--- Oslo" in left
    assert "ring Per" not in left
    assert [source.institution for source in file.sources()] == [184, 186]
    file.remove(186)
    file.remove(184)
    assert path.read_text(encoding="utf-8") == "# Kilder\n\n# --- Oslo\n\n# slutt\n"


def test_a_source_is_added_at_the_end(file: SourcesFile, path: Path) -> None:
    file.add(FileSettings(institution=190, folder=Path("filer"), complete=True))
    added = '\n[[source]]\ninstitution = 190\nprotocol = "file"\nfolder = "filer"\ncomplete = true\n'
    assert path.read_text(encoding="utf-8") == WRITTEN + added
    with pytest.raises(Refusal, match="har en kilde fra før"):
        file.add(FileSettings(institution=190))


def test_the_first_source_makes_the_file(tmp_path: Path) -> None:
    file = SourcesFile(tmp_path)
    file.add(ElmoPullSettings(institution=185, url="https://uio.example.no"), file.version)
    assert [source.institution for source in file.sources()] == [185]


def test_times_that_are_written_stay_and_others_are_added_to_them(file: SourcesFile, path: Path) -> None:
    uib = file.sources()[0]
    more = Downtime(begins=datetime(2027, 1, 1), until=datetime(2027, 1, 2), reason='jul "hjemme"')
    file.change(uib.model_copy(update={"downtime": (*uib.downtime, more)}))
    assert "from = 2026-12-01T08:00:00 # tidlig\n" in path.read_text(encoding="utf-8")
    assert file.sources()[0].downtime == (*uib.downtime, more)
    file.change(uib.model_copy(update={"downtime": (more,)}))
    assert "tidlig" not in path.read_text(encoding="utf-8")
    file.change(uib.model_copy(update={"downtime": ()}))
    assert "downtime" not in path.read_text(encoding="utf-8")
    assert "--- Oslo" in path.read_text(encoding="utf-8")


def test_another_protocol_takes_the_settings_of_the_first_away(file: SourcesFile) -> None:
    sql = "SELECT *\nFROM resultat WHERE nummer IN :identifiers\n"
    for source in (
        FsGraphqlSettings(institution=184, url="https://fs.example.no/graphql", user="leser", secret_env="FS_PASSORD"),
        DatabaseSettings(institution=184, url="sqlite:///x.db", results_sql=sql),
        FileSettings(institution=184),
    ):
        file.change(source)
        assert file.sources()[0] == source


def test_sources_are_brought_in_all_or_none(file: SourcesFile, path: Path) -> None:
    text = (
        '[[source]]\ninstitution = 190\nprotocol = "file"\n'
        '[[source]]\ninstitution = 185\nprotocol = "file"\n'
        '[[source]]\ninstitution = 186\nprotocol = "elmo-pull"\nurl = "https://uit.example.no"\n'
    )
    assert file.bring_in(text) == BroughtIn(added=(190,), replaced=(185,), unchanged=(186,))
    assert [(s.institution, s.protocol) for s in file.sources()][1:] == [
        (185, "file"),
        (186, "elmo-pull"),
        (190, "file"),
    ]
    before = path.read_text(encoding="utf-8")
    with pytest.raises(Refusal, match="linje 3: «protocol»"):
        file.bring_in(text.replace('protocol = "file"', 'protocol = "soap"', 1))
    assert path.read_text(encoding="utf-8") == before


def _change(file: SourcesFile, version: str | None = None) -> None:
    file.change(ElmoPullSettings(institution=185, url="https://ny.example.no"), version)


def test_what_somebody_else_changed_meanwhile_is_not_written_over(file: SourcesFile, path: Path) -> None:
    version = file.version
    path.write_text(WRITTEN + "# hei\n", encoding="utf-8")
    with pytest.raises(Refusal, match="endret siden"):
        _change(file, version)
    assert path.read_text(encoding="utf-8") == WRITTEN + "# hei\n"
    _change(file, file.version)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[source]]\ninstitution = 185\n", "linje 1: «protocol» mangler"),
        ('source = [{institution = 185, protocol = "file"}]\n', "bare et menneske"),
        ('[[source]]\ninstitution = 185\nprotocol = "file"\nname = """\n[[source]]\n"""\n', "bare et menneske"),
    ],
)
def test_a_file_that_cannot_be_changed_safely_stays(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "sources.toml").write_text(text, encoding="utf-8")
    with pytest.raises(Refusal, match=sentence):
        _change(SourcesFile(tmp_path))
    assert (tmp_path / "sources.toml").read_text(encoding="utf-8") == text


def test_windows_line_ends_and_a_missing_last_one_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    path.write_bytes(WRITTEN.replace("\n", "\r\n").encode())
    _change(SourcesFile(tmp_path))
    assert b"institution = 184 # Bergen\r\n" in path.read_bytes()
    path.write_text(WRITTEN.removesuffix("# slutt\n").rstrip(), encoding="utf-8")
    SourcesFile(tmp_path).add(FileSettings(institution=190))
    assert len(SourcesFile(tmp_path).sources()) == 4


def test_the_mode_of_the_file_and_a_link_to_it_are_kept(tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.toml"
    real.write_text(WRITTEN, encoding="utf-8")
    real.chmod(0o640)
    (tmp_path / "sources.toml").symlink_to(real)
    _change(SourcesFile(tmp_path))
    assert (tmp_path / "sources.toml").is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert "ny.example.no" in real.read_text(encoding="utf-8")
    assert not list(tmp_path.glob(".*"))


def _read_only(path: Path) -> None:
    path.chmod(0o444)


def _full(path: Path) -> None:
    (path.parent / ".sources.toml.new").mkdir()


@pytest.mark.parametrize("spoil", [_read_only, _full])
def test_a_file_that_cannot_be_written_is_told(file: SourcesFile, path: Path, spoil: Callable[[Path], None]) -> None:
    spoil(path)
    with pytest.raises(Refusal, match="kan ikke skrives"):
        _change(file)
    assert path.read_text(encoding="utf-8") == WRITTEN


def test_a_write_that_breaks_off_leaves_the_file(
    file: SourcesFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Refusal, match="No space left"):
        _change(file)
    assert path.read_text(encoding="utf-8") == WRITTEN
    assert not list(path.parent.glob(".*"))


def test_two_writers_wait_for_one_another(file: SourcesFile, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources_file, "LOCK_SECONDS", 0.05)
    with FileLock(path.parent / "sources.toml.lock"), pytest.raises(Refusal, match="låst av en annen"):
        _change(SourcesFile(path.parent))


def test_the_documentation_names_every_setting() -> None:
    told = (Path(__file__).parent.parent / "docs" / "sources.md").read_text(encoding="utf-8")
    names = {
        name for model in PROTOCOLS.values() for name in (*model.model_fields, model.model_fields["protocol"].default)
    } | {name.rpartition(".")[2] for model in PROTOCOLS.values() for name in flat_fields(model)}
    assert sorted(name for name in names if f"`{name}`" not in told) == []


WITH_TABLES = """[[source]]
institution = 184
protocol = "elmo-pull"
url = "https://uib.example.no"

[source.maskinporten] # avtalt i mai
client_id = "b5a9e2f0" # vår
key_file = "client.jwk"
scope = "a"
[[source.downtime]]
from = 2026-12-01T08:00:00
until = 2026-12-02T08:00:00
reason = "flytter"
"""


def test_a_table_of_a_source_is_changed_where_it_stands(file: SourcesFile, path: Path) -> None:
    path.write_text(WITH_TABLES, encoding="utf-8")
    [source] = file.sources()
    assert isinstance(source, ElmoPullSettings)
    assert source.maskinporten is not None
    other = source.maskinporten.model_copy(update={"scope": "b", "kid": "k"})
    wanted = source.model_copy(update={"maskinporten": other, "seats": 3})
    file.change(wanted)
    assert file.sources() == (wanted,)
    text = path.read_text(encoding="utf-8")
    assert "[source.maskinporten] # avtalt i mai\n" in text
    assert 'client_id = "b5a9e2f0" # vår\n' in text
    file.change(wanted.model_copy(update={"maskinporten": None}))
    assert "maskinporten" not in path.read_text(encoding="utf-8")


def test_a_new_source_is_written_with_its_tables(file: SourcesFile) -> None:
    source = FsGraphqlSettings.model_validate(
        {
            "institution": 194,
            "url": "https://fs.example.no",
            "user": "leser",
            "client_certificate": {"certificate": "a.pem", "key": "b.pem", "secret_env": "A"},
            "maskinporten": {"client_id": "a", "key_file": "/k", "scope": "s", "resource": "r"},
            "downtime": [{"from": datetime(2026, 12, 1, 8), "until": datetime(2026, 12, 2), "reason": "r"}],
        }
    )
    file.add(source)
    assert file.sources()[-1] == source
