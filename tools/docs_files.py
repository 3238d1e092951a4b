"""A hook of MkDocs: files beside docs/ that a page points at, as `../deploy/Containerfile`, come along into the site,
so that the same link is good in the checkout and there."""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

#: A link to a file above docs/ that is no page, from a page in docs/ itself.
_BESIDE = re.compile(r"\]\(\.\./([\w./-]+)(?<!\.md)\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the files that pages point at. One that is not there is left to the check of links."""
    root = Path(config.docs_dir).parent
    for page in list(files.documentation_pages()):
        for name in _BESIDE.findall(page.content_string) if _is_at_the_top(page) else ():
            if (root / name).is_file() and files.get_file_from_path(name) is None:
                files.append(File.generated(config, name, abs_src_path=str(root / name)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Point at them where they lie in the site."""
    return _BESIDE.sub(r"](\1)", markdown) if _is_at_the_top(page.file) else markdown


def _is_at_the_top(page: File) -> bool:
    return "/" not in page.src_uri
