"""The schema, step by step; a step that was released is not edited, and a new one comes last: see
tests/store/test_steps.py. The order of these imports is that of the steps."""

from webapp.store.schema.fetching import people_and_institutions  # isort: skip
from webapp.store.schema.caseworker import applications_and_cases  # isort: skip
from webapp.store.schema.running import runs  # isort: skip
from webapp.store.schema.health import source_health  # isort: skip
from webapp.store.schema.sources import source_changes  # isort: skip
from webapp.store.schema.bringing import uploads  # isort: skip
from webapp.store.schema.inviting import invitations  # isort: skip
from webapp.store.schema.access import users_and_sessions  # isort: skip
from webapp.store.schema.tracing import trace  # isort: skip
from webapp.store.schema.reasons import reasons_and_legal_text  # isort: skip
from webapp.store.schema.verifying import trace_verifications  # isort: skip
from webapp.store.schema.tokens import api_tokens  # isort: skip
from webapp.store.schema.retention import retention  # isort: skip
from webapp.store.schema.accounts import local_accounts  # isort: skip
from webapp.store.schema.withdrawing import withdrawn_consents  # isort: skip
from webapp.store.schema.openid import openid_visits  # isort: skip
from webapp.store.schema.previewing import purge_preview  # isort: skip
from webapp.store.schema.finding import single_orders_by_end  # isort: skip
from webapp.store.schema.upgrading import upgrades  # isort: skip
from webapp.store.schema.steps import migrations

__all__ = [
    "api_tokens",
    "applications_and_cases",
    "invitations",
    "local_accounts",
    "migrations",
    "openid_visits",
    "people_and_institutions",
    "purge_preview",
    "reasons_and_legal_text",
    "retention",
    "runs",
    "single_orders_by_end",
    "source_changes",
    "source_health",
    "trace",
    "trace_verifications",
    "upgrades",
    "uploads",
    "users_and_sessions",
    "withdrawn_consents",
]
