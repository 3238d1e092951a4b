"""What was brought to us: which orders were made of a document, and the documents that wait to be taken in."""

import zlib
from datetime import datetime, timedelta
from typing import Any

from sqlite_utils import Database

from webapp.model import Delivered, Signature, SignatureState, Upload
from webapp.store import Store, as_instant, as_text

#: How long an uploaded document waits for somebody to take it in.
WAITS = timedelta(days=1)


def note(db: Database, order_id: int, delivered: Delivered) -> None:
    """Note of an order that a document was brought for it."""
    signature = delivered.signature
    until = as_text(signature.certificate_until) if signature.certificate_until else None
    db.execute(
        "INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            order_id,
            delivered.is_selection,
            delivered.under,
            signature.state.value,
            signature.signer,
            signature.algorithm,
            until,
        ],
    )


def delivered(db: Database, order_id: int) -> Delivered | None:
    """What is noted of the document that an order was made of, None for one that asked."""
    rows = db.query("SELECT * FROM deliveries WHERE order_id = ?", [order_id])
    return next((_delivered_of(row) for row in rows), None)


def _delivered_of(row: dict[str, Any]) -> Delivered:
    signature = Signature(
        SignatureState(row["signature"]), row["signer"], row["algorithm"], as_instant(row["certificate_until"])
    )
    return Delivered(bool(row["is_selection"]), row["under"], signature)


def fetched_at(db: Database, institution: int, payload: str) -> datetime | None:
    """When an institution last answered with the document of this hash, or None."""
    rows = db.query(
        """SELECT max(answered_at) AS at FROM answers JOIN fetches ON fetches.id = fetch_id
        WHERE payload = ? AND institution = ?""",
        [payload, institution],
    )
    return as_instant(next(iter(rows))["at"])


def put(db: Database, person_id: int, name: str, body: bytes, by: str, now: datetime) -> int:
    """Keep a document until somebody takes it in; returns its id."""
    cursor = db.execute(
        "INSERT INTO uploads (person_id, name, body, uploaded_by, uploaded_at) VALUES (?, ?, ?, ?, ?)",
        [person_id, name, zlib.compress(body), by, as_text(now)],
    )
    return int(cursor.lastrowid or 0)


def upload(db: Database, upload_id: int, person_id: int, now: datetime) -> Upload | None:
    """The document that waits under this id to be taken in on a person, or None."""
    rows = db.query(
        "SELECT * FROM uploads WHERE id = ? AND person_id = ? AND uploaded_at >= ?",
        [upload_id, person_id, as_text(now - WAITS)],
    )
    return next(
        (
            Upload(row["id"], row["person_id"], row["name"], zlib.decompress(row["body"]), row["uploaded_by"])
            for row in rows
        ),
        None,
    )


def discard_old(store: Store, now: datetime) -> None:
    """Forget the documents that have waited too long."""
    values = [as_text(now - WAITS)]
    if any(True for _ in store.db.query("SELECT 1 FROM uploads WHERE uploaded_at < ? LIMIT 1", values)):
        with store.write() as db:
            db.execute("DELETE FROM uploads WHERE uploaded_at < ?", values)


def discard(db: Database, upload_id: int) -> None:
    """Forget a document that waited."""
    db.execute("DELETE FROM uploads WHERE id = ?", [upload_id])
