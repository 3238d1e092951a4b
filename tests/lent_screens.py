"""The screens of a house. To make them takes longer than most tests, so they are lent: a test that is over gives its
back, and the next one whose settings are the same has them show its own house."""

from collections import defaultdict
from dataclasses import dataclass
from unittest.mock import patch

from apiflask import APIFlask
from limits.storage import MemoryStorage

from webapp.house import House
from webapp.web import rates
from webapp.web.factory import create_app
from webapp.web.monitoring import watch_over


@dataclass(frozen=True)
class _Screens:
    """An application, the settings that it was made for, and what it counts of each who asks."""

    app: APIFlask
    made_for: str
    counted: MemoryStorage


_free: defaultdict[str, list[_Screens]] = defaultdict(list)
_lent: list[_Screens] = []


def screens_of(house: House) -> APIFlask:
    """The screens of a house until the test at hand is over; others at each call. They are as new, but take nothing
    more in: who adds to an application, has it outlive a test or sign in at a provider uses `create_app`."""
    settings = repr(house.settings.settings)
    screens = _free[settings].pop() if _free[settings] else _make(house, settings)
    screens.app.extensions["house"] = house
    watch_over(screens.app, house)
    screens.app.testing = False
    _lent.append(screens)
    return screens.app


def give_back() -> None:
    """Have all that was lent be lent to the next test."""
    while _lent:
        screens = _lent.pop()
        screens.counted.reset()
        _free[screens.made_for].append(screens)


def _make(house: House, settings: str) -> _Screens:
    counted = MemoryStorage()
    with patch.object(rates, "MemoryStorage", lambda: counted):
        return _Screens(create_app(house), settings, counted)
