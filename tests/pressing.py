"""The button Hent ekstern norsk utdanning in a browser, on a page that does not tell what for."""

from playwright.sync_api import Page


def say_why(page: Page) -> None:
    """Choose a purpose and write why, where the page asks: a person's own does, an application's does not."""
    if page.locator("#purpose").count():
        page.locator("#purpose").select_option("recognition")
        page.locator("#reason").fill("Ringte")
