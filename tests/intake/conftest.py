"""An admission to apply in, and a file of two applications in it."""

import pytest

from webapp.config import Settings
from webapp.intake.applying import take_in_admission
from webapp.model import AdmissionRecord
from webapp.store import Store
from world import KARI_NUMBER, NOW, OLA_NUMBER


@pytest.fixture
def admission(store: Store, settings: Settings) -> str:
    take_in_admission(store, settings, AdmissionRecord("2027-HØST-NOM", "Samordna opptak", "J"), NOW)
    return "2027-HØST-NOM"


@pytest.fixture
def two_applications(admission: str) -> bytes:
    heading = "sokernummer;fodselsnummer;etternavn;fornavn;opptak;samtykke_gitt"
    kari = f"1001;{KARI_NUMBER};Nordmann;Kari;{admission};2026-11-01T10:00:00+01:00"
    ola = f"1002;{OLA_NUMBER};Nordmann;Ola;{admission};"
    return "\n".join([heading, kari, ola, ""]).encode()
