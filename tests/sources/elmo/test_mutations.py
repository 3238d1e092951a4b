"""Whatever is done to a document, it is read or refused, and never anything else."""

import contextlib
from datetime import UTC, datetime

from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from webapp.errors import UnreadableElmo
from webapp.model import Transcript
from webapp.sources.elmo import meaning_digest, read, transcript_json, write

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FILES = [
    "no-purl-empmockup.xml",
    "official-example-v1.7.0.xml",
    "fi-virta-generated.xml",
    "dk-stads-4los-nonamespace.xml",
]
GARBAGE = st.sampled_from(
    ["", "-", "?", "2012", "99999999999999999999", "-1", "1e9", "٣", "passed", "failed", "Høst", "x" * 300]
) | st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"))
CHANGES = st.lists(
    st.tuples(st.sampled_from(["drop", "twice", "move", "text", "name", "type"]), st.integers(0, 10**6), GARBAGE),
    min_size=1,
    max_size=8,
)


def changed(data, changes):
    """The document after each change: an element dropped, doubled, moved, renamed, or its text replaced."""
    root = etree.fromstring(data)
    for what, number, garbage in changes:
        below = [element for element in root.iter(etree.Element) if element is not root]
        if not below:
            break
        element, other = below[number % len(below)], below[number // 7 % len(below)]
        match what:
            case "drop":
                element.getparent().remove(element)
            case "twice":
                element.addnext(etree.fromstring(etree.tostring(element, with_tail=False)))
            case "move" if element not in other.iterancestors() and element is not other:
                other.append(element)
            case "text":
                element.text = garbage
            case "name":
                element.tag = other.tag
            case "type":
                element.set("type", garbage)
    return etree.tostring(root)


def assert_reads_or_refuses(data):
    with contextlib.suppress(UnreadableElmo):
        transcript = read(data)
        assert read(write(transcript, NOW)) == transcript
        assert len(meaning_digest(transcript)) == 32
        assert transcript_json(transcript).keys() == {"learner", "studies", "left_out", "findings"}


@given(changes=CHANGES)
def test_a_changed_document_of_our_own_is_read_or_refused(document, row, changes):
    what = '<identifier type="local">A-1</identifier><title xml:lang="no">Emne</title><type>Course</type>'
    done = "<date>2020-01-01</date><resultLabel>A</resultLabel><credit><scheme>ECTS</scheme><value>5</value></credit>"
    assert_reads_or_refuses(changed(document(row(what, done, (row(what, done), row(what)))), changes))


@given(changes=CHANGES, name=st.sampled_from(FILES))
@settings(max_examples=150, deadline=None)
def test_a_changed_real_file_is_read_or_refused(shared, changes, name):
    assert_reads_or_refuses(changed((shared / name).read_bytes(), changes))


@given(st.binary(max_size=300))
@example(b"<")
@example(b"\x1f\x8b")
def test_bytes_of_any_kind_are_read_or_refused(data):
    assert_reads_or_refuses(data)


@given(cut=st.integers(0, 2000))
def test_a_document_cut_short_is_refused(document, cut):
    data = document()
    try:
        outcome = read(data[: min(cut, len(data) - 1)])
    except UnreadableElmo:
        outcome = None
    assert not isinstance(outcome, Transcript)
