"""National portals that do not exist, and invitations in every state, for the pictures of the screens."""

import base64
import json
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from webapp.fetching.inviting import come_back, invite, opened, portal_source, set_out, withdraw
from webapp.house import House
from webapp.model import Origin, Purpose, Signature, SignatureState, VisitEnd, VisitOutcome
from webapp.source_settings import EmrexSettings
from webapp.store import invitations, people

#: The link that the pictures of the student's pages open.
LINK = "lenke"
_NUMBER = 9900
_PORTALS = {
    "NO": ("Vitnemålsportalen", "https://vitnemal.example/init", []),
    "FI": ("Opintopolku", "https://opintopolku.example/emrex", []),
    "SE": ("Ladok", "https://ladok.example/emrex", ["Umeå universitet", "Lunds universitet", "Uppsala universitet"]),
}
SOURCE = f"""
[[source]]
institution = {_NUMBER}
name = "Utenlandske institusjoner"
protocol = "emrex"
registry = "registry.json"
"""


def write_registry(instance: Path) -> None:
    """Write the portals' registry into an instance folder."""
    der = (
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    key = base64.b64encode(der).decode()
    emps = [
        {"acronym": name, "countryCode": country, "url": url, "institutions": institutions, "pubKey": key}
        for country, (name, url, institutions) in _PORTALS.items()
    ]
    (instance / "registry.json").write_text(json.dumps({"emps": emps}), encoding="utf-8")


def make_invitations(house: House, person_id: int, by: str, now: datetime) -> None:
    """Invite a person often, each time with another end; the last one is `LINK` and has not been opened."""
    person, store = people.person(house.store.db, person_id), house.store
    assert person is not None
    portal = next(iter(house.registers.of(_source(house), house.settings).portals(now).portals))
    signature = Signature(
        SignatureState.VALID, f"CN={portal.url.split('/')[2]}", "rsa-sha256", now + timedelta(days=90)
    )
    ends = (
        VisitOutcome(VisitEnd.DELIVERED, None, signature, 0, (), None, 12, 2),
        VisitOutcome(VisitEnd.PORTAL_FAILED, "Innloggingen svarer ikke akkurat nå."),
        None,
        VisitOutcome(VisitEnd.CANCELLED),
    )
    for days, end in enumerate(ends):
        at = now - timedelta(days=9 - 2 * days)
        number, token = invite(store, house.settings, person, Purpose.RECOGNITION, Origin(by, "person"), at)
        invitation = opened(store, token, at + timedelta(hours=2))
        if end is None or invitation is None:
            withdraw(store, number, person.id, by, at + timedelta(hours=3))
            continue
        session = set_out(store, invitation, portal, at + timedelta(hours=2))
        come_back(store, house.settings, {"sessionId": session, "returnCode": "EMP_CANCEL"}, at + timedelta(hours=2.2))
        with store.write() as db:
            visit = (invitations.by_session(db, session) or invitation).visit
            assert visit is not None
            invitations.end_visit(db, visit.id, end)
    number, _ = invite(store, house.settings, person, Purpose.RECOGNITION, Origin(by, "person"), now)
    with store.write() as db:
        db.execute("UPDATE invitations SET token = ? WHERE id = ?", [invitations.hashed(LINK), number])


def _source(house: House) -> EmrexSettings:
    source = portal_source(house.settings)
    assert source is not None
    return source
