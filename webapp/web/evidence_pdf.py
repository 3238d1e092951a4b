"""A page as a tagged PDF (PDF/UA-1), made without asking the network for anything."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from webapp.config import program_folder
from webapp.errors import N_

try:
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse
except OSError:
    # WeasyPrint is there, but the libraries that it draws with come from Debian, not from PyPI.
    PDF_MISSING = N_(
        "Maskinen mangler biblioteket Pango (Debian-pakken libpangoft2-1.0-0). Be drift om å installere det, eller "
        "skriv ut siden i nettleseren."
    )
else:
    PDF_MISSING = ""

    class OwnFiles(URLFetcher):  # type: ignore[misc]
        """Fetches from our static folder and from nowhere else."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            """The file; whatever else is asked for stops the making, since nothing in the page may ask for it."""
            static = (program_folder() / "static").resolve()
            path = (static / url.removeprefix(_BASE)).resolve()
            if not (url.startswith(_BASE) and path.is_relative_to(static) and path.is_file()):
                raise FatalURLFetchingError(f"a page on its way to PDF asked for {url}")
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": "text/css"})


#: Where the page asks for its own files: a name that cannot be looked up (RFC 6761), and never is.
_BASE = "http://static.invalid/"
#: Draws one page after another: eight threads at once take a quarter longer, and each that has drawn keeps some 8 MB.
_drawer = ThreadPoolExecutor(1, thread_name_prefix="pdf")


def pdf_of(page: str) -> bytes:
    """The PDF of an HTML page whose styles are named relative to the static folder. Not to be called while
    PDF_MISSING says what the machine lacks."""
    return _drawer.submit(_drawn, page).result()


def _drawn(page: str) -> bytes:
    document = weasyprint.HTML(string=page, base_url=_BASE, url_fetcher=OwnFiles())
    made: bytes = document.write_pdf(font_config=_fonts(), pdf_variant="pdf/ua-1", pdf_tags=True)
    return made


@cache
def _fonts() -> Any:
    """The fonts of the machine, found once: found anew for each page, 0.25 MB is lost for good."""
    return FontConfiguration()
