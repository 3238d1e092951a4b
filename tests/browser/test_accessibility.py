"""Every screen in every state keeps to WCAG 2.1 A and AA: light and dark, at the desk and on a phone."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from axe import AXE, RULES
from browser_screens import SCREENS, Screen, screens_world

#: Pages that stand still: what runs beside it makes it wait, and miss nothing.
pytestmark = [pytest.mark.browser, pytest.mark.beside]

#: In the dark the page is the same but for its colours.
RULES_BY_SCHEME = {
    "light": RULES,
    "dark": {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]},
}
#: The desk, and the narrowest that has to do without scrolling sideways (WCAG 1.4.10).
WIDTHS = (1280, 320)
#: What the browser says of what a page's own policy forbids.
REFUSED = "Content Security Policy"
#: More than any screen takes to come round; one that takes more has a trap.
MOST_PRESSES = 400
#: What has the focus, and whether it shows.
FOCUSED = """() => {
    const at = document.activeElement;
    if (!at || at === document.body) return null;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(at);
    if (!at.dataset.stop) at.dataset.stop = String(Math.random());
    const seen = (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none";
    const box = at.getBoundingClientRect();
    return { stop: at.dataset.stop, seen: seen && box.width > 0 && box.height > 0, html: at.outerHTML.slice(0, 120) };
}"""


@pytest.fixture(scope="module")
def screens_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with screens_world(tmp_path_factory.mktemp("screens")) as address:
        yield address


@pytest.fixture(scope="module")
def contexts(chromium: Browser, screens_address: str) -> Callable[..., BrowserContext]:
    """A context per look, opened once."""
    opened: dict[tuple[str, int, bool], BrowserContext] = {}

    def context(scheme: str, width: int, scripts: bool = True) -> BrowserContext:
        look = (scheme, width, scripts)
        if look not in opened:
            opened[look] = chromium.new_context(
                viewport={"width": width, "height": 800},
                locale="nb-NO",
                color_scheme="dark" if scheme == "dark" else "light",
                java_script_enabled=scripts,
                reduced_motion="reduce",
            )
            opened[look].set_default_timeout(10_000)
        return opened[look]

    return context


@pytest.fixture
def visit(contexts: Callable[..., BrowserContext], screens_address: str) -> Iterator[Callable[..., Page]]:
    pages: list[Page] = []

    def visit(screen: Screen, scheme: str, width: int, scripts: bool = True) -> Page:
        pages.append(contexts(scheme, width, scripts).new_page())
        screen.visit(pages[-1], screens_address)
        return pages[-1]

    yield visit
    for page in pages:
        page.close()


@pytest.mark.parametrize("scheme", RULES_BY_SCHEME)
@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_a_screen_violates_no_rule_and_never_scrolls_sideways(
    visit: Callable[..., Page], screen: Screen, scheme: str
) -> None:
    page = visit(screen, scheme, WIDTHS[0])
    # Handed over by the debugger: the page's policy lets no foreign script in, nor is it switched off here.
    page.evaluate(AXE)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        found = page.evaluate("rules => axe.run(document, rules)", RULES_BY_SCHEME[scheme])["violations"]
        assert [(width, rule["id"], [node["html"][:200] for node in rule["nodes"]]) for rule in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [message for message in page.console_messages() if REFUSED in message.text] == []


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_a_screen_works_without_javascript(visit: Callable[..., Page], screen: Screen) -> None:
    page = visit(screen, "light", 1280, scripts=False)
    assert page.locator("main h1").count() == 1
    assert page.locator("main h1").is_visible()
    assert len(page.locator("main").inner_text()) > len(page.locator("main h1").inner_text())


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_tab_goes_round_a_screen_and_shows_where_it_is(visit: Callable[..., Page], screen: Screen) -> None:
    page = visit(screen, "light", 1280)
    stops: list[str] = []
    for _ in range(MOST_PRESSES):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None or focused["stop"] in stops[-1:]:  # outside the page, or in a part of the same field
            continue
        if focused["stop"] in stops:
            break
        assert focused["seen"], focused["html"]
        stops.append(focused["stop"])
    assert focused["stop"] == stops[0]
    assert len(stops) > 2
