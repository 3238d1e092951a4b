"""A hook of MkDocs: what the theme writes into its pages becomes such that they do under a Content-Security-Policy that
lets nothing inline in, as that of the screens (webapp/web/guard.py), which serve them."""

import hashlib
import re
from pathlib import Path
from typing import Any

from mkdocs.utils import get_relative_url

#: A script that stands in the page; data for one has a type.
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_FOLDER = "assets/javascripts"
#: Pages of the theme that are for a site at the top of an address of its own.
_AT_THE_TOP = {"404.html", "sitemap.xml"}
#: Pages in Norwegian; what stands around them is in English.
_NORWEGIAN = re.compile(r"saksbehandler/|(dpia|tilgjengelighet)\.")


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Lay the scripts of a page into files, from where they run in their turn as before, and tell its language."""

    def in_a_file(script: re.Match[str]) -> str:
        name = f"{_FOLDER}/{hashlib.sha256(script[1].encode()).hexdigest()[:12]}.js"
        (Path(config.site_dir) / name).write_text(script[1], encoding="utf-8")
        return f'<script src="{get_relative_url(name, page.url)}"></script>'

    if _NORWEGIAN.match(page.url):
        output = output.replace("<article ", '<article lang="nb" ', 1)
    return _INLINE.sub(in_a_file, output)


def on_post_template(output: str, template_name: str, config: Any) -> str:
    """Leave out what has no place in a folder of somebody else's site."""
    return "" if template_name in _AT_THE_TOP else output
