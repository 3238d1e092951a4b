"""A new test that waits for moments runs alone without being told to."""

from types import ModuleType, SimpleNamespace

import pytest

from alone import waits_for_moments


@pytest.mark.parametrize(
    ("fixtures", "imported", "marker", "alone"),
    [
        ({"house", "page", "chromium"}, {}, "browser", True),
        ({"tmp_path"}, {"subprocess": None}, None, True),
        ({"tmp_path"}, {"dask_cluster": None}, None, True),
        ({"house", "browser"}, {"pytest": pytest}, None, False),
        ({"page", "chromium"}, {}, "beside", False),
    ],
)
def test_a_browser_and_a_program_have_their_own_time(
    fixtures: set[str], imported: dict[str, object], marker: str | None, alone: bool
) -> None:
    module = ModuleType("test_something")
    vars(module).update(imported)
    test = SimpleNamespace(fixturenames=fixtures, module=module, get_closest_marker=lambda name: name == marker)
    assert waits_for_moments(test) is alone  # type: ignore[arg-type]


def test_none_of_them_is_left_among_the_others(request: pytest.FixtureRequest) -> None:
    """The marker is there before -m chooses, which here it does in `make test`."""
    tests = [item for item in request.session.items if isinstance(item, pytest.Function)]
    assert request.node in tests
    marked = {test.nodeid for test in tests if test.get_closest_marker("alone")}
    assert {test.nodeid for test in tests if waits_for_moments(test)} <= marked
    if request.config.option.markexpr == "not alone":
        assert not marked
