"""Reads the tables of this folder."""

import csv
from pathlib import Path


def rows(table: str) -> list[dict[str, str]]:
    """The rows of `<table>.csv`, by column name."""
    with Path(__file__).with_name(f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))
