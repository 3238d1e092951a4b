"""Small documents of our own, the real files beside the checkout, and the schema without a network."""

from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from webapp.sources.elmo import read

SHARED = Path(__file__).parents[4] / "shared" / "elmo"
NAMESPACE = "https://github.com/emrex-eu/elmo-schemas/tree/v1"
LEARNER = """<learner><citizenship>NO</citizenship>
  <identifier type="nationalIdentifier">01819012345</identifier>
  <givenNames>Kari</givenNames><familyName>Nordmann</familyName><bday>1990-01-01</bday></learner>"""
ISSUER = """<issuer><country>NO</country><identifier type="local">185</identifier>
  <identifier type="schac">uio.no</identifier><title xml:lang="no">Universitetet i Oslo</title></issuer>"""
#: What the schema imports, by the end of its address.
SCHEMA_FILES = {
    "xml.xsd": "xml.xsd",
    "xmldsig-core-schema.xsd": "xmldsig-core-schema.xsd",
    "EUROPASS_ISOCountries_V1.1.xsd": "EUROPASS_ISOCountries_V1.1.xsd",
    "ewp-specs-types-address/stable-v1/schema.xsd": "ewp-types-address.xsd",
    "common-types.xsd": "ewp-common-types.xsd",
}


class Offline(etree.Resolver):
    """Finds the schema's imports beside it."""

    def resolve(self, system_url, public_id, context):
        for end, name in SCHEMA_FILES.items():
            if system_url.endswith(end):
                return self.resolve_filename(str(SHARED / "xsd" / name), context)
        return self.resolve_string("", context) if system_url.endswith(".dtd") else None


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real files."""
    if not SHARED.is_dir():
        pytest.skip(f"the real files are not at {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def schema(shared: Path) -> etree.XMLSchema:
    """ELMO 1.7."""
    parser = etree.XMLParser(load_dtd=True, no_network=True)
    parser.resolvers.add(Offline())
    return etree.XMLSchema(etree.parse(str(shared / "xsd" / "elmo-1.7.0.xsd"), parser))


@pytest.fixture(scope="session")
def document() -> Callable[..., bytes]:
    """Makes an ELMO document of the specifications given, by default of Kari Nordmann's from Oslo."""

    def make(rows: str = "", learner: str = LEARNER, issuer: str = ISSUER, namespace: str = NAMESPACE) -> bytes:
        report = f"<report>{issuer}{rows}<issueDate>2026-01-01T12:00:00Z</issueDate></report>"
        return f'<elmo xmlns="{namespace}">{learner}{report}</elmo>'.encode()

    return make


@pytest.fixture(scope="session")
def row() -> Callable[..., str]:
    """Makes a specification: `what` it is, what was `done`, and its `parts`."""

    def make(what: str = "", done: str = "", parts: tuple[str, ...] = ()) -> str:
        name = "learningOpportunitySpecification"
        instance = f"<learningOpportunityInstance>{done}</learningOpportunityInstance>"
        below = "".join(f"<hasPart>{part}</hasPart>" for part in parts)
        return f"<{name}>{what}<specifies>{instance}</specifies>{below}</{name}>"

    return make


@pytest.fixture(scope="session")
def result_of(document, row):
    """Reads a document with one row and gives its result."""

    def make(what: str = "", done: str = "", **around: str):
        return read(document(row(what, done), **around)).studies[0].results[0]

    return make
