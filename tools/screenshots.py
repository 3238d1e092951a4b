"""Take a picture of every screen into docs/screenshots, and write docs/screens.md that shows them.

With names (`tools/screenshots.py consents start`) only these are taken; the others stay as they are.
"""

import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from synthetic_portals import LINK
from synthetic_sources import PICTURED
from synthetic_world import CASEWORKER, synthetic_world
from waitress.server import create_server

from webapp.access_settings import SignIn
from webapp.house import House
from webapp.web import preferences
from webapp.web.factory import create_app

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "screenshots"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"]
#: Widths in CSS pixels: the desk and the phone. Pictures are cut at this many times the width.
WIDTHS, TALLEST = (1280, 390), {1280: 1, 390: 3}
COLOURS = 128


@dataclass(frozen=True)
class Screen:
    """A screen: the name of its pictures, its title, a sentence about it, where it is, and what is done there first."""

    name: str
    title: str
    sentence: str
    path: str
    do: Callable[[Page], object] | None = None
    dark: bool = False
    signs_in: bool = False

    @property
    def looks(self) -> list[tuple[int, str]]:
        """The widths and colour schemes that there are pictures of."""
        return [(width, "light") for width in WIDTHS] + ([(WIDTHS[0], "dark")] if self.dark else [])

    def picture(self, width: int, scheme: str) -> str:
        """The name of a picture's file."""
        return f"{self.name}-{width}{'-dark' if scheme == 'dark' else ''}.png"


def _search(text: str) -> Callable[[Page], object]:
    def search(page: Page) -> None:
        page.locator("#start-wanted").fill(text)
        page.locator("#start-wanted").press("Enter")
        page.wait_for_load_state()

    return search


def _press(page: Page) -> None:
    page.locator("#purpose").select_option("recognition")
    page.locator("#reason").fill("Søknad om innpassing på vei")
    page.locator("#press").click()
    page.locator(".order summary").first.click()
    page.locator(".state-nothing").nth(20).wait_for()


def _open_box(page: Page) -> None:
    page.locator(".order summary").first.click()


def _open_rows(page: Page) -> None:
    for row in page.locator(".study-row summary").all()[:2]:
        row.click()


def _compare(page: Page) -> None:
    _open_box(page)
    page.get_by_role("link", name="Sammenlign").first.click()
    page.wait_for_load_state()


def _feed(page: Page) -> None:
    page.get_by_role("button", name="Hent personopplysninger fra FS").click()
    page.wait_for_load_state()


def _refused(page: Page) -> None:
    page.locator("#filter-name").fill("03859812345")
    page.locator("#filter-name").press("Enter")
    page.wait_for_load_state()


def _try(page: Page) -> None:
    page.locator("#try-button").click()
    page.locator(".tried .state").wait_for()


def _save(page: Page) -> None:
    page.get_by_role("button", name="Lagre").click()
    page.locator("[aria-invalid]").first.wait_for()


LEGAL_BASIS, WITHDRAWAL = "/privacy/legal-basis", "/applications/4100000/withdrawal"
#: The institution of the demo that answers by files.
FILES = "/sources/9012/files"


def _show_file(page: Page) -> None:
    page.get_by_role("button", name="Vis").first.click()
    page.wait_for_load_state()


def _invite(page: Page) -> None:
    page.locator("#invite").click()
    page.wait_for_load_state()


def _set_out(page: Page) -> None:
    page.get_by_role("button", name="Fortsett").click()
    page.wait_for_load_state()


SCREENS = (
    Screen("sign-in", "Logg inn", "Navn, passord og engangskode.", "/sign-in", signs_in=True),
    Screen("start", "Start", "Hva som venter, kilder som er nede, og dagen som bilde.", "/", dark=True),
    Screen("search", "Søk", "Navn, nummer, fødselsdato eller søkernummer i ett felt.", "/", _search("hansen")),
    Screen("person", "Person eksternstudium", "Én rad for hver institusjon med resultater.", "/people/1", dark=True),
    Screen("person-rows", "Resultater", "Emnene står under kvalifikasjonen de hører til.", "/people/1", _open_rows),
    Screen("order", "Bestillingen er ferdig", "Hva hver institusjon svarte.", "/people/1", _open_box),
    Screen("order-open", "Bestillingen går", "Svarene kommer inn mens siden står åpen.", "/people/15", _press),
    Screen("reported", "Meldt nye resultater", "Når det hentes, eller hvorfor ikke.", "/people/2"),
    Screen("set-aside", "Svar lagt til side", "Et svar om en annen sammenlignes først.", "/people/1", _compare),
    Screen("applications", "Søknad samlebilde", "Hodet står mens radene ruller.", "/applications", dark=True),
    Screen("filter", "Et filter som ikke går", "Feltet sier hva man gjør i stedet.", "/applications", _refused),
    Screen("application", "Søknad", "Fakta, knappen, Vis og resultatene.", "/applications/4100000", dark=True),
    Screen("cases", "Godkjenningssak samlebilde", "Filtre på hver kolonne; mine saker med ett trykk.", "/cases"),
    Screen("case-new", "Ny godkjenningssak", "Type, status, ansvarlig og søknadens tekst.", "/people/1/cases/new"),
    Screen("case", "Godkjenningssak", "Hodet, knappen og fanene.", "/cases/1"),
    Screen("case-extent", "Omfang", "Summen følger avkryssingen.", "/cases/1/extent", dark=True),
    Screen("changes", "Endringer", "Én linje for hver person, til noen har sett den.", "/changes", dark=True),
    Screen("jobs", "Jobber", "Kjøringen som går, de neste, og de som har vært.", "/jobs", dark=True),
    Screen("job", "En kjøring", "Hva den gjorde, og hva den ikke kunne.", "/jobs/30"),
    Screen("run-log", "Bestillingslogg", "Hvem det ble bestilt for, og hva som kom.", "/jobs/1/applicants"),
    Screen("run-left-out", "Holdt utenfor", "Hvem som ikke var med, og hvorfor.", "/jobs/1/left-out?reason=no-consent"),
    Screen("run-person", "Én søker i en kjøring", "Hva som kom fra hver institusjon.", "/jobs/1/people/5"),
    Screen("person-in-run", "Kjøringens boks", "Hvem som bestilte, og hvordan det gikk.", "/people/5", _open_box),
    Screen("jobs-preview", "Hvem det gjelder", "Hvem som ville vært med, og hvorfor ikke de andre.", "/jobs/preview"),
    Screen("jobs-force", "Tvangskjør", "Først hvor mange det er, så knappen.", "/jobs/force/confirm?kind=full"),
    Screen("log", "Eksternresultat-logg", "Hva som ble av hvert resultat, når og av hvem.", "/log"),
    Screen("trace", "Sporing", "Hvem som har gjort hva, og om hvem.", "/trace"),
    Screen("person-looks", "Hvem har sett", "Svaret til den som spør, også som PDF.", "/people/1/looks", dark=True),
    Screen("person-file", "Innsyn", "Alt som er lagret om personen, som fil.", "/people/1/file"),
    Screen("person-erase", "Slett personen", "Hva som går, og hva som blir.", "/people/150/erase"),
    Screen("consents", "Samtykke", "Hva som er gitt, trukket, eller ikke aktuelt.", "/people/1/consents"),
    Screen("withdrawal", "Samtykket er trukket", "Dagen, og hvordan dere fikk vite det.", WITHDRAWAL),
    Screen("legal-basis", "Rettslig grunnlag", "Hva det spørres på, og hvor mange som har samtykket.", LEGAL_BASIS),
    Screen("privacy", "Sletting", "Hva som slettes i natt, og hvorfor resten blir.", "/privacy"),
    Screen("condition", "Tilstand", "Hva som bør ses til, og hvordan det rettes.", "/condition"),
    Screen("users", "Brukere", "Hvem som slipper inn, og som hva.", "/users"),
    Screen("api-tokens", "API-nøkler", "Hva hvert program får gjøre, og hvor lenge.", "/api-tokens"),
    Screen("person-orders", "Bestillinger", "Alle bestillinger om personen.", "/people/1/orders"),
    Screen("evidence", "Kildebevis", "Hva som ble spurt om, og hva hver svarte.", "/people/1/evidence"),
    Screen("by-hand", "Registrer for hånd", "En rad som ingen kilde oppgir.", "/people/1/results/new"),
    Screen("person-feed", "Fra FS", "Hva vårt eget FS visste om personen.", "/people/150", _feed),
    Screen("sources", "Kilder", "Hvordan hver kilde står, og hva som snart går ut.", "/sources", dark=True),
    Screen("source", "En kilde", "Hvordan den har svart, og hva som er gjort med den.", f"/sources/{PICTURED}", _try),
    Screen("source-form", "Oppsettet av en kilde", "Hvert felt sier hva som går.", "/sources/new/database", _save),
    Screen("source-files", "Filer fra en institusjon", "Hvem hver fil gjelder, og hvordan den står.", FILES, dark=True),
    Screen("upload", "Last opp fil", "Hva filen inneholder, før noe tas inn.", FILES, _show_file),
    Screen("invitations", "Be studenten levere", "Lenkene, og hva som kom.", "/people/3/invitations"),
    Screen("invitation", "En ny invitasjon", "Lenken vises bare nå.", "/people/4/invitations", _invite),
    Screen("deliver", "Studenten velger portal", "Uten meny; bare fornavnet vises.", f"/deliver/{LINK}?country=SE"),
    Screen("deliver-go", "Studenten går til portalen", "Hva som skjer der.", f"/deliver/{LINK}", _set_out),
    Screen("imports", "Les inn søkere og opptak", "En fil, og hva som ble av de siste.", "/imports"),
    Screen("import", "En fil med feil", "Linje, kolonne og hva som er galt.", "/imports/1"),
    Screen("api", "API", "Beskrivelsen av API-et.", "/api"),
    Screen("preferences", "Innstillinger", "Språk, farger og hurtigtaster.", "/preferences"),
)


@contextmanager
def _served(house: House) -> Iterator[str]:
    server = create_server(create_app(house), host="127.0.0.1", port=0)
    threading.Thread(target=server.run, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.close()


def _asking(house: House) -> House:
    """The same house, whose screens ask who is there."""
    (house.settings.instance / "secret").write_text("s" * 32, encoding="utf-8")
    settings = house.settings.settings.model_copy(update={"sign_in": SignIn(local=True, secret_file=Path("secret"))})
    return replace(house, settings=house.settings.model_copy(update={"settings": settings}))


def _take(browser: Browser, address: str, screen: Screen, width: int, scheme: str) -> None:
    """Take one picture."""
    with browser.new_context(viewport={"width": width, "height": 800}, locale="nb-NO") as context:
        context.add_cookies([{"name": preferences.SCHEME_COOKIE, "value": scheme, "url": address}])
        page = context.new_page()
        page.goto(address + screen.path)
        if screen.do:
            screen.do(page)
        page.wait_for_timeout(300)
        tall = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST[width] * width)
        page.set_viewport_size({"width": width, "height": max(tall, 300)})
        picture = Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    few = picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(PICTURES / screen.picture(width, scheme), optimize=True)


def _page() -> str:
    parts = ["# The screens", "Made by `make screenshots`; everybody in them is synthetic."]
    for screen in SCREENS:
        parts += [f"## {screen.title}", screen.sentence]
        parts += [f"![{screen.title}](screenshots/{screen.picture(*look)})" for look in screen.looks]
    return "\n\n".join(parts) + "\n"


def main(names: list[str]) -> None:
    """Take all of them anew, or those that are named."""
    wanted = [screen for screen in SCREENS if not names or screen.name in names]
    if unknown := set(names) - {screen.name for screen in wanted}:
        sys.exit(f"There is no screen {', '.join(sorted(unknown))}.")
    if not names:
        shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True, exist_ok=True)
    # The pictures show a caseworker, not who happens to take them.
    os.environ["LOGNAME"] = CASEWORKER
    with (
        TemporaryDirectory() as folder,
        synthetic_world(Path(folder)) as house,
        _served(house) as address,
        _served(_asking(house)) as asking,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium-headless-shell"), args=FLAGS)
        for screen in wanted:
            for look in screen.looks:
                _take(browser, asking if screen.signs_in else address, screen, *look)
        browser.close()
    (ROOT / "docs" / "screens.md").write_text(_page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
