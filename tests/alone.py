"""Which tests run alone: a plugin that marks those that wait for moments, which tests beside them would make them miss.

A browser and a program that was started have their own time. What does neither, and waits all the same, bears the
marker where it stands; what drives a browser over pages that stand still bears "beside".
"""

from collections.abc import Iterable

import pytest

#: What is at hand in a module that starts programs.
_STARTS = ("subprocess", "dask_cluster")


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and waits_for_moments(item):
            item.add_marker("alone")


def waits_for_moments(test: pytest.Function) -> bool:
    """Whether a test drives a browser over what moves, or stands in a module that starts programs."""
    if test.get_closest_marker("beside"):
        return False
    return "chromium" in test.fixturenames or any(hasattr(test.module, name) for name in _STARTS)
