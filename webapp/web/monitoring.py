"""What watches over the program from outside asks here: does it live, is it ready, how does it go. docs/monitoring.md
says which is for whom."""

from flask import Blueprint, Flask, current_app, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from webapp.house import House
from webapp.web.api_access import METRICS_PATH
from webapp.web.metrics import Metrics
from webapp.web.readiness import Readiness

routes = Blueprint("monitoring", __name__)


def watch_over(app: Flask, house: House) -> None:
    """Let an application know how a house fares."""
    app.extensions |= {"readiness": Readiness(house), "metrics": Metrics(house)}


@routes.get("/healthz")
def lives() -> ResponseReturnValue:
    """The process answers; nothing else is looked at, so that nobody restarts it over a database that is busy."""
    return jsonify(lives=True)


@routes.get("/readyz")
def ready() -> ResponseReturnValue:
    """Whether it can work; 503 and, in a word each, what stands in the way."""
    in_the_way = current_app.extensions["readiness"].in_the_way()
    return jsonify(ready=not in_the_way, in_the_way=in_the_way), 503 if in_the_way else 200


@routes.get(METRICS_PATH)
def metrics() -> ResponseReturnValue:
    """The figures, for Prometheus."""
    return current_app.extensions["metrics"].told(), {"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
