"""Write the tables of docs/roles.md anew: python tools/role_table.py. The sentences between them are kept."""

import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from webapp.config import Settings, SettingsFile
from webapp.fetching.fanout import Fanout
from webapp.house import House
from webapp.model import RIGHTS, SCOPES, Right, Role
from webapp.store import Store
from webapp.web.api_access import is_for_programs
from webapp.web.doors import DOORS
from webapp.web.factory import create_app

DOCUMENT = Path(__file__).parents[1] / "docs" / "roles.md"
#: The columns with a yes or a no: the roles, and who has not signed in.
ROLES = tuple(Role)
_HEAD = ("Method", "Path", "Endpoint", *ROLES, "stranger", "token")
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")


def routes_of(app: object) -> Iterator[tuple[str, str, str]]:
    """Method, path and endpoint of each route, by path."""
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)  # type: ignore[attr-defined]
    for rule in rules:
        for method in _METHODS:
            if method in (rule.methods or ()):
                yield method, rule.rule, rule.endpoint


def tables(app: object) -> Mapping[Right, str]:
    """The table of each right, as Markdown."""
    lines: dict[Right, list[str]] = defaultdict(list)
    for method, path, endpoint in routes_of(app):
        right = DOORS[endpoint]
        opens = [right is Right.OPEN or right in RIGHTS[role] for role in ROLES]
        by_token = is_for_programs(path) and (right in SCOPES or right is Right.SIGNED_IN)
        scope = "yes" if right is Right.OPEN else ("any" if right is Right.SIGNED_IN else right) if by_token else "–"
        cells = (f"`{path}`", f"`{endpoint}`", *map(_word, [*opens, right is Right.OPEN]), scope)
        lines[right].append("| " + " | ".join((method, *cells)) + " |")
    head = ["| " + " | ".join(_HEAD) + " |", "|" + "---|" * len(_HEAD)]
    return {right: "\n".join([*head, *lines[right]]) for right in Right}


def written(document: str, app: object) -> str:
    """The document with the tables as they are by now. A right's table stands below the heading that ends with its
    name, as "## To see (`see`)"."""
    for right, table in tables(app).items():
        begun = re.compile(rf"(^## [^\n]*\(`{right}`\)\n.*?\n)(\|[^\n]*\n)+", re.DOTALL | re.MULTILINE)
        document, times = begun.subn(lambda found, table=table: f"{found[1]}{table}\n", document, count=1)
        if not times:
            sys.exit(f"docs/roles.md has no table for {right}")
    return document


def _word(opens: bool) -> str:
    return "yes" if opens else "–"


def main() -> None:
    """Write the document."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(instance=Path(folder), settings=SettingsFile(test_instance=True), sources=())
        store = Store(settings.database)
        house = House(settings, store, Fanout(store, settings))
        DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8"), create_app(house)), encoding="utf-8")
        house.close()
        store.close()


if __name__ == "__main__":
    main()
