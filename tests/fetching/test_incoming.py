"""Each result of a transcript comes in under the institution that it is shown under."""

import pytest

from webapp.fetching.incoming import incoming_of, shown_under
from webapp.model import Institution, Study
from world import course

HVL, SOGN, UIO = 203, 216, 185


@pytest.mark.parametrize(
    ("issuer", "source", "shown"),
    [
        (Institution(UIO, {"nb": "Universitetet i Oslo"}), UIO, (UIO, None)),
        (Institution(None, {}, schac="uio.no"), UIO, (UIO, None)),
        (Institution(SOGN, {"nb": "Høgskulen i Sogn og Fjordane"}), HVL, (HVL, "Høgskulen i Sogn og Fjordane")),
        (Institution(SOGN, {"nb": "HiSF"}), SOGN, (SOGN, None)),
        (Institution(UIO, {"nb": "Universitetet i Oslo"}), HVL, (UIO, None)),
        (Institution(None, {"en": "Nowhere College"}), UIO, (UIO, "Nowhere College")),
        (Institution(None, {}), UIO, (UIO, None)),
    ],
)
def test_merged_and_nameless_issuers_have_their_place(
    issuer: Institution, source: int, shown: tuple[int, str | None]
) -> None:
    assert shown_under(issuer, source) == shown


def test_links_to_parents_survive_several_studies() -> None:
    studies = [
        Study(Institution(UIO), (course("A"), course("B", parent=0))),
        Study(Institution(SOGN), (course("C"), course("D", parent=0))),
    ]
    assert [item.parent for item in incoming_of(studies, UIO)] == [None, 0, None, 2]
