"""The two forms of a mail: plain text, and HTML that every mail program shows."""

from collections.abc import Sequence
from html import escape

from webapp.mailing.digest import Digest


def plain_text_of(digest: Digest) -> str:
    """The words as plain text."""
    parts = [
        digest.heading,
        "\n".join(digest.sentences),
        "\n".join(f"{name}: {value}" for name, value in digest.facts),
        *("\n".join([f"{x.heading}:", *(f"- {name}: {value}" for name, value in x.lines)]) for x in digest.listings),
        "\n".join(f"{name}: {url}" for name, url in digest.links),
        # "-- " begins a signature (RFC 3676, 4.3).
        f"-- \n{digest.footer}",
    ]
    return "\n\n".join(parts) + "\n"


def html_of(digest: Digest) -> str:
    """The words as a page of HTML. Mail programs know no style sheets: what little it needs stands in attributes."""
    parts = [
        f"<h1>{escape(digest.heading)}</h1>",
        *(f"<p>{escape(sentence)}</p>" for sentence in digest.sentences),
        _table(digest.facts),
        *(f"<h2>{escape(listing.heading)}</h2>{_table(listing.lines)}" for listing in digest.listings),
        *(f'<p><a href="{escape(url)}">{escape(name)}</a></p>' for name, url in digest.links),
        f"<p><small>{escape(digest.footer)}</small></p>",
    ]
    head = f'<head><meta charset="utf-8"><title>{escape(digest.subject)}</title></head>'
    return f'<!DOCTYPE html>\n<html lang="{digest.language}">{head}<body>\n' + "\n".join(parts) + "\n</body></html>\n"


def _table(lines: Sequence[tuple[str, str]]) -> str:
    rows = (
        f'<tr><th scope="row" align="left">{escape(name)}</th><td align="right">{escape(value)}</td></tr>'
        for name, value in lines
    )
    return f'<table cellpadding="4">{"".join(rows)}</table>'
