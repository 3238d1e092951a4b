"""Indexes for what pages look for, found missing by tests/web/test_queries.py."""

from sqlite_utils import Database

from webapp.store.schema.steps import migrations, run


@migrations()
def single_orders_by_end(db: Database) -> None:
    """Start shows the day's answers to single orders: those that ended today, or have not."""
    run(db, "CREATE INDEX orders_single_by_end ON orders (finished_at) WHERE run_id IS NULL")
