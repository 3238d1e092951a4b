"""A fuzz of the whole API: what its specification promises, it keeps, whatever is sent."""

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import NonFatalError, ScenarioFinished

from webapp.house import House
from webapp.web.factory import create_app

#: The same requests in every run. A number may have the form that the specification asks for and wrong check digits:
#: then a request that fits the schema is refused all the same (422).
CONFIG = {
    "seed": 1,
    "generation": {"max-examples": 20, "deterministic": True, "database": "none"},
    "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "404", "409", "422"]}},
}


@pytest.mark.slow
def test_the_api_keeps_what_its_specification_promises(house: House, world: int) -> None:
    schema = schemathesis.openapi.from_wsgi(
        "/api/openapi.json", create_app(house), config=SchemathesisConfig.from_dict(CONFIG)
    )
    tried, faults = 0, dict[str, str]()
    for event in from_schema(schema).execute():
        if isinstance(event, ScenarioFinished):
            tried += len(event.recorder.interactions)
            wrong = (check.failure_info for checks in event.recorder.checks.values() for check in checks)
            for each in filter(None, wrong):
                faults[f"{event.recorder.label}: {each.failure.title}"] = f"{each.failure.message}\n{each.code_sample}"
        elif isinstance(event, NonFatalError):
            faults[event.label] = str(event.info)
    assert not faults, "\n".join(f"{title}\n{told}\n" for title, told in faults.items())
    assert tried > 500
