"""Admissions of the demo network's institutions, and who has applied in them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from webapp.demo.chance import chance
from webapp.demo.people import SEED, DemoPerson, demo_people
from webapp.model import AdmissionRecord, Alternative, ApplicationRecord

APPLICANTS = 500
#: Of 100 applicants, how many have never given their consent, and how many took it back.
WITHOUT_CONSENT_PERCENT, WITHDRAWN_PERCENT = 8, 3
#: How far back consents go, in hours.
CONSENT_HOURS = 60 * 24

_PROGRAMMES = {
    "MASTER": (
        ("MASTER-INF", "Master i informatikk"),
        ("MASTER-HELSE", "Master i helsefag"),
        ("MASTER-HIST", "Master i historie"),
    ),
    "NOM": (("LÆRER-5", "Lektorutdanning"), ("SYKEPL", "Bachelor i sykepleie"), ("JUS", "Master i rettsvitenskap")),
    "LOK": (("PPU", "Praktisk-pedagogisk utdanning"), ("ÅRS-MAT", "Årsstudium i matematikk")),
}


def demo_admissions(now: datetime) -> tuple[AdmissionRecord, ...]:
    """Three admissions of next year that are being processed."""
    year = now.year + 1
    return (
        AdmissionRecord(f"{year}-VÅR-MASTER", f"Masteropptak vår {year}", "J", f"{year - 1}-11-01"),
        AdmissionRecord(f"{year}-HØST-NOM", f"Samordna opptak {year}", "J", f"{year}-04-15"),
        AdmissionRecord(f"{year}-HØST-LOK", f"Lokalt opptak høst {year}", "J", f"{year}-04-15"),
    )


def demo_applications(now: datetime, seed: int = SEED) -> Iterator[ApplicationRecord]:
    """The applications of the first people in the network, each with one, some with two; the demo person has a
    consent in hers. The same seed and hour give the same ones."""
    for place, person in enumerate(islice(demo_people(seed), APPLICANTS)):
        random = chance(f"application {place}", seed)
        kinds = random.sample(sorted(_PROGRAMMES), 2 if random.random() < 0.1 else 1) if place else ["MASTER"]
        for kind in kinds:
            given = now - timedelta(hours=1 + random.randrange(CONSENT_HOURS))
            drawn = random.randrange(100) if place else 99
            yield _application(person, kind, place, now.year + 1, _consent(given, now, drawn))


def _consent(given: datetime, now: datetime, drawn: int) -> tuple[str, str]:
    """When a consent was given and withdrawn; `drawn` is from 0 to 99."""
    if drawn < WITHOUT_CONSENT_PERCENT:
        return "", ""
    withdrawn = drawn < WITHOUT_CONSENT_PERCENT + WITHDRAWN_PERCENT
    return given.isoformat(), (given + (now - given) / 2).isoformat() if withdrawn else ""


def _application(person: DemoPerson, kind: str, place: int, year: int, consent: tuple[str, str]) -> ApplicationRecord:
    random = chance(f"alternatives {kind} {place}", SEED)
    programmes = random.sample(_PROGRAMMES[kind], random.randint(1, len(_PROGRAMMES[kind])))
    given, withdrawn = consent
    return ApplicationRecord(
        applicant_number=f"{kind}{10_000 + place}",
        number=person.number,
        admission=f"{year}-{'VÅR' if kind == 'MASTER' else 'HØST'}-{kind}",
        family_name=person.family_name,
        given_names=person.given_names,
        consent_given_at=given,
        consent_withdrawn_at=withdrawn,
        alternatives=tuple(Alternative(priority, *each) for priority, each in enumerate(programmes, 1)),
    )
