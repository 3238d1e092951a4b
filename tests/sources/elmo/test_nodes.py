"""A document's parts, found in one pass: whatever closes where, each element has its own children and no other's."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from webapp.sources.elmo.nodes import Tree, clean, first_text, local

_elements = st.recursive(
    st.tuples(st.sampled_from("abc"), st.just([])),
    lambda inner: st.tuples(st.sampled_from("abc"), st.lists(inner, max_size=4)),
    max_leaves=25,
)


@settings(max_examples=50)
@given(_elements, st.integers(1, 30))
def test_each_element_has_its_own_children_in_their_order(shape: tuple[str, list[object]], most: int) -> None:
    root = _built(shape)
    tree = Tree(root, most)
    for element in root.iter():
        by_name: dict[str, list[object]] = {}
        for child in element:
            by_name.setdefault(local(child), []).append(child)
        assert {name: [child for child, _ in nodes] for name, nodes in tree[element].items()} == by_name


def _built(shape: tuple[str, list[object]]) -> etree._Element:
    name, inside = shape
    element = etree.Element(f"{{urn:x}}{name}")
    element.extend(_built(each) for each in inside)  # type: ignore[arg-type]
    return element


def test_nothing_is_kept_of_a_document_with_too_many_elements() -> None:
    root = etree.fromstring("<a><b><c/></b><b/></a>")
    assert (len(Tree(root, 4)), len(Tree(root, 3))) == (2, 0)


def test_texts_are_cleaned_and_markup_inside_them_is_left_out() -> None:
    root = etree.fromstring("<r><a>  </a><a> x <b>y</b>\n z</a><c> q\u00a0 r </c><d>\u0085s</d><e/></r>")
    found = Tree(root)[root]
    assert [first_text(found.get(name)) for name in "acdef"] == ["x y z", "q r", "s", None, None]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("a b", "a b"),
        (" a ", "a"),
        ("a  b", "a b"),
        ("a\tb\u00a0c", "a b c"),
        ("a\u009bb", "ab"),
        (" ", None),
        ("", None),
    ],
)
def test_a_text_has_single_blanks_and_nothing_that_a_terminal_obeys(raw: str, text: str | None) -> None:
    assert clean(raw) == text
