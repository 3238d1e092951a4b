"""A synthetic network of 50 institutions, for demonstration, measuring and tests; nobody in it is real."""

from webapp.demo.applicants import demo_admissions, demo_applications
from webapp.demo.beside import lay_beside
from webapp.demo.build import prepare_network
from webapp.demo.people import DEMO_PERSON, PEOPLE, SEED, DemoPerson, demo_people
from webapp.demo.serve import (
    DEAD_PORT,
    HOST,
    NETWORK_PORT,
    NETWORK_TOML,
    Addresses,
    feed_toml,
    running_network,
    serve_network,
    sources_toml,
)
from webapp.demo.taking_in import take_in_people

__all__ = [
    "DEAD_PORT",
    "DEMO_PERSON",
    "HOST",
    "NETWORK_PORT",
    "NETWORK_TOML",
    "PEOPLE",
    "SEED",
    "Addresses",
    "DemoPerson",
    "demo_admissions",
    "demo_applications",
    "demo_people",
    "feed_toml",
    "lay_beside",
    "prepare_network",
    "running_network",
    "serve_network",
    "sources_toml",
    "take_in_people",
]
