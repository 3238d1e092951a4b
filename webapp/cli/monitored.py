"""What a program that goes on by itself tells: its log as the settings want it, and its faults to Sentry."""

from webapp import logs, sentry
from webapp.config import Settings


def monitored(settings: Settings) -> None:
    """Have this process tell those who look after the machine. Raises Refusal where Sentry is set and not installed."""
    monitoring = settings.settings.monitoring
    logs.go_on(monitoring.logs)
    if monitoring.sentry_dsn:
        sentry.begin(monitoring.sentry_dsn.get_secret_value(), settings.settings.network.proxy)
