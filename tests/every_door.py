"""A small world with something behind every door, and the addresses that lead there."""

from collections.abc import Iterator, Mapping
from concurrent.futures import wait
from datetime import date, timedelta
from urllib.parse import quote

from flask import Flask
from werkzeug.routing import Rule

from runs import planned
from webapp.fetching.by_hand import write_by_hand
from webapp.fetching.ordering import place
from webapp.fetching.reporting import register
from webapp.house import House
from webapp.intake.applying import take_in_admission, take_in_application
from webapp.model import (
    AdmissionRecord,
    ApplicationRecord,
    Case,
    CaseStatus,
    CaseType,
    IntakeKind,
    Invitation,
    Origin,
    Outcome,
    Person,
    Purpose,
    Reply,
    Right,
    RowByHand,
)
from webapp.recognition.cases import open_case
from webapp.sources.elmo import write
from webapp.store import api_tokens, deliveries, imports, invitations, orders
from world import KARI_NUMBER, NOW, OLA_NUMBER, UIO, UIT, FakeSource, bachelor, course, found

ADMISSION = "2027-HØST-NOM"
APPLICATION = "NOM1001"
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")


def fill(house: House, person: Person, sources: Mapping[int, FakeSource]) -> dict[str, object]:
    """Let there be one of everything, most of it about a person: results, a row by hand, an answer set aside, an
    application, a case, a report, a run, an upload, an invitation, an import, a token. Returns what stands in the
    addresses, by its name there."""
    store, settings, origin = house.store, house.settings, Origin("kberg", "person", reason="Hun ringte")
    sources[UIO].answer = found(bachelor(), course("MAT1100"))
    other = found(course("MAT1110"), number=OLA_NUMBER).transcript
    assert other
    sources[UIT].answer = Reply(Outcome.FOUND, other, payload=write(other, NOW))
    take_in_admission(store, settings, AdmissionRecord(ADMISSION, "Samordna opptak", "J"), NOW)
    applied = ApplicationRecord(APPLICATION, KARI_NUMBER, ADMISSION, consent_given_at="2026-11-01T12:00")
    take_in_application(store, settings, applied, NOW)
    case = Case(0, person.id, next(iter(CaseType)), CaseStatus.BEING_TREATED, date(2026, 11, 20), responsible="kberg")
    case_id = open_case(store, settings, case, "kberg", NOW)
    report, _ = register(store, person, origin, NOW)
    order_id = place(store, settings, person, Purpose.RECOGNITION, origin, NOW)
    wait(house.fanout.start(order_id), timeout=10)
    aside = next(line.fetch.id for line in orders.lines_of(store.db, order_id) if line.fetch.institution == UIT)
    row = write_by_hand(store, person.id, RowByHand(UIO, course("EXPHIL03", credit_scheme="studiepoeng")), "kberg", NOW)
    run = planned(store, settings)
    tomorrow = NOW + timedelta(days=1)
    with store.write() as db:
        upload = deliveries.put(db, person.id, "kari.xml", write(other, NOW), "kberg", NOW)
        invited = Invitation(0, person.id, UIO, Purpose.RECOGNITION, NOW, "kberg", tomorrow)
        invitation = invitations.add(db, invited, "secret")
        file_import = imports.begin(db, IntakeKind.APPLICATIONS, "søkere.csv", True, "kberg", NOW)
        api_tokens.add(db, "studentweb", [Right.SEE], tomorrow, "kberg", NOW)
        token = api_tokens.token_named(db, "studentweb")
    assert token
    return {
        "person_id": person.id,
        "applicant_number": APPLICATION,
        "case_id": case_id,
        "order_id": order_id,
        "fetch_id": aside,
        "report_id": report.id,
        "result_id": row,
        "upload_id": upload,
        "invitation_id": invitation,
        "import_id": file_import,
        "run_id": run.id,
        "token_id": token.id,
        "institution": UIO,
        "code": ADMISSION,
        "form": "csv",
        "protocol": "file",
    }


def routes_of(app: Flask) -> Iterator[tuple[str, Rule]]:
    """Each method of each route."""
    for rule in app.url_map.iter_rules():
        yield from ((method, rule) for method in METHODS if method in (rule.methods or ()))


def address_of(rule: Rule, there: Mapping[str, object]) -> str:
    """The address of a route in the small world; what is unknown there stands as 1, which any kind of part can be."""
    address = rule.rule
    for name in rule.arguments:
        part = next(part for part in rule.rule.split("<")[1:] if part.split(">")[0].split(":")[-1] == name)
        address = address.replace(f"<{part.split('>')[0]}>", quote(str(there.get(name, 1))))
    return address
