"""What `make audit` makes of what it is told: never a clean bill from somebody who was not asked."""

import importlib.util
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    place = Path(__file__).parents[1] / "tools" / "audit.py"
    spec = importlib.util.spec_from_file_location("audit", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TODAY = date(2026, 11, 28)
HELD = '[[exception]]\nid = "CVE-1"\nreason = "not reached"\nuntil = {}\n'


def test_weaknesses_are_told_by_all_their_names(audit: ModuleType) -> None:
    weak = {"name": "flask", "version": "1", "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": []}]}
    told = {"dependencies": [{"name": "lxml", "version": "6", "vulns": []}, weak]}
    assert list(audit.of_python(told)) == [audit.Weakness("flask", frozenset({"PYSEC-1", "CVE-1"}))]
    via = {"url": "https://example.org/advisories/GHSA-1"}
    told = {"vulnerabilities": {"htmx.org": {"via": [via]}, "beside": {"via": ["htmx.org"]}}}
    assert list(audit.of_browser(told)) == [audit.Weakness("htmx.org", frozenset({"GHSA-1"}))]


@pytest.mark.parametrize("told", [{"dependencies": []}, {"dependencies": [{"name": "flask", "skip_reason": "x"}]}])
def test_a_package_that_nobody_knows_is_not_a_safe_one(audit: ModuleType, told: dict[str, object]) -> None:
    with pytest.raises(audit.NotAskedError):
        list(audit.of_python(told))


@pytest.mark.parametrize("told", [{}, {"error": {"summary": "x"}}, {"message": "405", "statusCode": 405}])
def test_an_error_is_not_a_report(audit: ModuleType, told: dict[str, object]) -> None:
    with pytest.raises(audit.NotAskedError):
        list(audit.of_browser(told))


def test_an_exception_holds_until_its_day(audit: ModuleType) -> None:
    assert audit.exceptions(HELD.format("2026-11-28"), TODAY) == {"CVE-1"}
    assert audit.exceptions(HELD.format("2026-11-27"), TODAY) == frozenset()
    for wrong in (HELD.format("'soon'"), HELD.format("2026-12-01").replace("not reached", "")):
        with pytest.raises(ValueError, match=r"audit\.toml"):
            audit.exceptions(wrong, TODAY)


def test_what_is_passed_over_now_has_its_reasons(audit: ModuleType) -> None:
    audit.exceptions((Path(__file__).parents[1] / "audit.toml").read_text(encoding="utf-8"), TODAY)
