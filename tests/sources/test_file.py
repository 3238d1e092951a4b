"""A folder of files: which of them counts, what is left for later, and what is never opened."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from signing import STRANGER, TRUSTED
from webapp.config import Settings
from webapp.errors import Refusal, SourceError, SourceFailure
from webapp.model import Basis, Learner, Outcome, Purpose, Question, SignatureState
from webapp.source_settings import FileSettings
from webapp.sources.catalogue import open_source
from webapp.sources.elmo import write
from webapp.sources.file import FileSource
from webapp.sources.folder import FolderFile
from world import KARI_NUMBER, NOW, OLA_NUMBER, UIO, course, transcript

F = SourceFailure
XML = write(transcript(course("BIO100")), NOW)
ASKED = Question((KARI_NUMBER,), Purpose.ADMISSION, Basis.STATUTE, "6f2d0a52-0f35-4b5e-9d0c-2a4f8f0c5a11")
OLD = NOW.timestamp()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    return tmp_path / "files"


@pytest.fixture
def source(folder: Path) -> FileSource:
    return FileSource(folder, 5.0, [TRUSTED.certificate])


Put = Callable[..., Path]


@pytest.fixture
def put(folder: Path) -> Put:
    def put(name: str, content: bytes = XML, changed: float = OLD) -> Path:
        beside = folder.parent / f"new-{name}"
        beside.write_bytes(content)
        os.utime(beside, (changed, changed))
        return beside.rename(folder / name)

    return put


def failure(source: FileSource) -> SourceFailure:
    with pytest.raises(SourceError) as caught:
        source.look_up(ASKED)
    assert KARI_NUMBER not in str(caught.value)
    return caught.value.failure


def only(source: FileSource) -> FolderFile:
    (file,) = source.files()
    return file


def codes(source: FileSource) -> list[str | None]:
    told = source.look_up(ASKED).transcript
    return [result.code for study in told.studies for result in study.results] if told else []


def test_without_a_file_about_the_person_nothing_is_known(source: FileSource, put: Put) -> None:
    assert source.look_up(ASKED).outcome is Outcome.AWAITED
    put("ola.xml", write(transcript(course("BIO100"), number=OLA_NUMBER), NOW))
    assert source.look_up(ASKED).outcome is Outcome.AWAITED


def test_a_source_without_a_folder_waits_for_uploads() -> None:
    source = FileSource(None, 5.0)
    assert source.look_up(ASKED).outcome is Outcome.AWAITED
    assert (source.files(), source.prepare()) == ((), source.batch)


def test_the_newest_file_about_the_person_counts(source: FileSource, put: Put) -> None:
    put("b.xml", write(transcript(course("NEW1")), NOW), OLD + 60)
    put("a.xml", write(transcript(course("OLD1")), NOW))
    assert codes(source) == ["NEW1"]
    put("c.xml", write(transcript(course("NEWER1")), NOW), OLD + 120)
    assert codes(source) == ["NEWER1"]


def test_a_file_that_is_changed_or_taken_away_counts_at_once(source: FileSource, put: Put) -> None:
    path = put("a.xml", write(transcript(course("AAA1")), NOW))
    assert codes(source) == ["AAA1"]
    put("a.xml", write(transcript(course("BBB1")), NOW))
    assert codes(source) == ["BBB1"]
    path.unlink()
    assert source.look_up(ASKED).outcome is Outcome.AWAITED


@pytest.mark.parametrize("name", ["a.xml.part", "a.tmp"])
def test_what_is_being_written_is_left_for_later(source: FileSource, put: Put, name: str) -> None:
    put(name)
    assert only(source).waits
    assert source.look_up(ASKED).outcome is Outcome.AWAITED


def test_a_file_of_this_moment_is_left_until_it_has_settled(source: FileSource, put: Put, folder: Path) -> None:
    (folder / "a.xml").write_bytes(XML)
    assert only(source).waits
    put("a.xml")
    assert source.look_up(ASKED).outcome is Outcome.FOUND


def test_hidden_files_and_folders_are_no_files(source: FileSource, put: Put, folder: Path) -> None:
    put(".a.xml")
    (folder / "old").mkdir()
    assert source.files() == []


def test_links_stay_within_the_folder(source: FileSource, put: Put, folder: Path) -> None:
    kept = put("kept")
    (folder / "a.xml").symlink_to(kept)
    assert {file.failure for file in source.files()} == {None}
    outside = folder.parent / "outside.xml"
    outside.write_bytes(XML)
    os.utime(outside, (OLD + 60, OLD + 60))
    (folder / "b.xml").symlink_to(outside)
    (folder / "c.xml").symlink_to(folder / "nowhere")
    os.utime(folder / "c.xml", (OLD, OLD), follow_symlinks=False)
    assert {file.name: file.failure for file in source.files() if file.failure} == {
        "b.xml": F.FORBIDDEN,
        "c.xml": F.NOT_FOUND,
    }
    assert source.look_up(ASKED).outcome is Outcome.FOUND


def test_a_file_that_cannot_be_read_fails_its_person_alone(source: FileSource, put: Put) -> None:
    put("a.xml", XML[:-40])
    assert failure(source) is F.NOT_UNDERSTOOD
    ola = replace(ASKED, identifiers=(OLA_NUMBER,))
    assert source.look_up(ola).outcome is Outcome.AWAITED


def test_in_a_folder_that_holds_everybody_an_unreadable_file_may_be_anybodys(folder: Path, put: Put) -> None:
    source = FileSource(folder, 5.0, complete=True)
    assert source.look_up(ASKED).outcome is Outcome.NOTHING
    put("a.xml", b"%PDF-1.7")
    assert failure(source) is F.NOT_UNDERSTOOD


def test_a_signature_is_checked(source: FileSource, put: Put) -> None:
    put("a.xml", TRUSTED.sign(XML))
    assert source.look_up(ASKED).outcome is Outcome.FOUND
    assert only(source).signature is not None
    put("a.xml", STRANGER.sign(XML))
    assert source.look_up(ASKED).outcome is Outcome.FOUND
    signature = only(source).signature
    assert signature is not None
    assert signature.state is SignatureState.UNKNOWN_KEY
    put("a.xml", TRUSTED.sign(XML).replace(b"<resultLabel>B<", b"<resultLabel>A<"))
    assert failure(source) is F.BAD_SIGNATURE


def test_a_file_about_nobody_in_particular_is_found_by_nobody(source: FileSource, put: Put) -> None:
    nameless = transcript(course("BIO100"))
    put("a.xml", write(replace(nameless, learner=Learner(family_name="Nordmann", birth_date=date(1998, 5, 3))), NOW))
    assert source.look_up(ASKED).outcome is Outcome.AWAITED
    assert only(source).learner.family_name == "Nordmann"


def test_too_many_new_files_are_learnt_in_more_than_one_go(folder: Path, put: Put) -> None:
    source = FileSource(folder, 0.0)
    put("a.xml")
    assert failure(source) is F.TIMEOUT
    source.prepare()
    assert len(source.files()) == 1


def test_the_certificates_are_set_in_the_file_of_sources(tmp_path: Path, folder: Path, put: Put) -> None:
    (tmp_path / "trusted.pem").write_bytes(TRUSTED.pem)
    settings = FileSettings(institution=UIO, folder=Path("files"), certificates=Path("trusted.pem"))
    put("a.xml", TRUSTED.sign(XML))
    source = open_source(settings, Settings(instance=tmp_path))
    assert isinstance(source, FileSource)
    signature = only(source).signature
    assert signature is not None
    assert signature.state is SignatureState.VALID
    (tmp_path / "trusted.pem").write_bytes(b"-----BEGIN")
    with pytest.raises(Refusal, match=r"trusted\.pem kan ikke leses"):
        open_source(settings, Settings(instance=tmp_path))
