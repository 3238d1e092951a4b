"""A row of a transcript: a learning opportunity with one of its instances, ready to be read."""

from collections.abc import Sequence
from typing import NamedTuple

from lxml.etree import _Element

from webapp.sources.elmo.nodes import FS_NS, OWN_NS, Node, Parts, Tree, clean, local, namespace, node_of

SPECIFICATION = "learningOpportunitySpecification"
INSTANCE = "learningOpportunityInstance"


class Setting(NamedTuple):
    """What is known around a row: whether its issuer is Norwegian, and whether the document is of our own
    writing, in which nothing is left to be concluded."""

    norwegian: bool
    exact: bool


class Row(NamedTuple):
    """A specification and one of its instances, by local names; `extensions` by their kind; `tree`: the parts of all
    that is below them."""

    los: Parts
    loi: Parts
    extensions: Parts
    tree: Tree
    setting: Setting


def row_of(tree: Tree, los: Parts, instance: _Element | None, setting: Setting) -> Row:
    """The row that a specification and one of its instances (None: it has none) make."""
    loi = tree[instance]
    holders = (*loi.get("extension", ()), *los.get("extension", ()))
    return Row(los, loi, _extensions(holders) if holders else {}, tree, setting)


def _extensions(holders: Sequence[Node]) -> Parts:
    extensions: dict[str, list[Node]] = {}
    for holder, _ in holders:
        for child in holder:
            space = namespace(child)
            if space == OWN_NS:
                extensions.setdefault(local(child), []).append(node_of(child))
            elif space == FS_NS:
                extensions.setdefault(clean(child.get("type")) or local(child), []).append(node_of(child))
    return extensions


def parts_of(tree: Tree, los: Parts) -> list[_Element]:
    """The specifications below one: each hasPart wraps one; some ancestors of ELMO nest them directly."""
    holders = (*(tree[holder] for holder, _ in los.get("hasPart", ())), los)
    return [part for found in holders for part, _ in found.get(SPECIFICATION, ())]


def instances_of(tree: Tree, los: Parts) -> list[_Element | None]:
    """The instances of a specification, [None] where it has none; older files may have several."""
    found = [loi for holder, _ in los.get("specifies", ()) for loi, _ in tree[holder].get(INSTANCE, ())]
    return [*found] or [None]
