"""Questions to a provider about Kari and Ola, and what their answers are."""

import json
import uuid
from typing import Any

from werkzeug.test import TestResponse

from world import KARI_NUMBER, OLA_NUMBER

TERMS = {"purpose": "admission", "basis": "consent", "request": str(uuid.uuid4())}
KARI = {"identifiers": [KARI_NUMBER], **TERMS}
OLA = {"identifiers": [OLA_NUMBER], **TERMS}


def batch_of(*people: dict[str, Any]) -> dict[str, Any]:
    return {"people": list(people), **TERMS}


def kind(response: TestResponse) -> tuple[int, str]:
    """Status and problem of an answer."""
    assert response.content_type == "application/problem+json"
    problem = json.loads(response.data)
    assert problem["status"] == response.status_code
    return response.status_code, problem["type"].rpartition("/")[2]
