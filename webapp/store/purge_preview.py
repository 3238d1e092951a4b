"""What a purge would take, kept as it was computed last."""

import json
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from webapp.model import Due, Held, Hold, Preview, Purged
from webapp.store import as_text

_WHYS = {why.value: why for why in (*Due, *Hold)}


def keep(db: Database, preview: Preview) -> None:
    """Keep a preview in place of the one before."""
    content = asdict(preview)
    del content["at"]
    db.execute(
        "INSERT OR REPLACE INTO purge_preview (id, at, preview) VALUES (1, ?, ?)",
        [as_text(preview.at), json.dumps(content, default=date.isoformat)],
    )


def latest(db: Database) -> Preview | None:
    """The preview that was kept last; None when none was."""
    return next(map(_preview, db.query("SELECT at, preview FROM purge_preview")), None)


def _preview(row: dict[str, Any]) -> Preview:
    content = json.loads(row["preview"])
    return Preview(
        at=datetime.fromisoformat(row["at"]),
        purged=Purged(**content["purged"]),
        held=tuple(Held(Hold(each["hold"]), each["people"], _day(each["next_on"])) for each in content["held"]),
        who={_WHYS[why]: tuple((id, _day(until)) for id, until in people) for why, people in content["who"].items()},
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
