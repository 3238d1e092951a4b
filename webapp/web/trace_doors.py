"""What each door that concerns people leaves in the trace: the table beside DOORS. A test fails for a door that shows
or changes people and is neither here nor, with its reason, among those that leave nothing."""

from collections.abc import Mapping

from webapp.model import Act

_LOOKED = (
    *("start.show", "person.show", "invitations.of_person", "uploads.new", "uploads.show", "consents.of_person"),
    *("applications.listing", "applications.nom", "applications.show", "consents.ask_withdrawal"),
    *("cases.listing", "cases.show", "cases.studies", "case_extent.show", "case_form.edit", "case_form.new"),
    *("changes.listing", "changes.seen", "log.listing", "log.of_person", "log.of_study"),
    *("asked.of_person", "asked.of_study", "asked.order", "asked.answer_of_study", "order.show", "setaside.show"),
    *("evidence.latest", "evidence.of_study", "evidence.show", "by_hand.new", "by_hand.edit", "by_hand.note"),
    *("run_log.ordered", "run_log.left_out", "run_log.person", "run_preview.show", "run_preview.ask"),
    *("api_applications.listing", "api_applications.show", "api_cases.listing", "api_cases.show", "api_cases.included"),
    *("api_changes.listing", "api_log.listing", "api_orders.listing", "api_orders.show", "api_people.show"),
    *("api_studies.listing", "api_reports.listing", "api_reports.show", "api_rows.show", "api_set_aside.show"),
    *("api_runs.ordered", "api_runs.left_out", "source_files.listing"),
    *("trace.listing", "trace.of_person", "person_trace.show"),
    *("person_file.show", "erasing.ask", "retention.people_of"),
)
_SEARCHED = ("search.search", "case_form.find", "api_people.search")
_ORDERED = (
    *("applications.order", "cases.order", "person.order", "order.retry", "reports.report", "source_try.tried"),
    *("api_orders.order", "api_orders.retry", "api_reports.report"),
)
_CHANGED = (
    "admitted.tell",
    *("applications.finish", "cases.status", "case_extent.save", "case_extent.tick", "case_form.change"),
    *("case_form.create", "changes.mark", "search.register", "setaside.accepted", "setaside.rejected"),
    *("by_hand.write", "by_hand.change", "by_hand.remove", "by_hand.write_note", "reports.withdraw", "feed.complete"),
    *("uploads.send", "uploads.take", "uploads.discard", "invitations.invite", "invitations.withdraw", "imports.send"),
    *("source_files.show",),
    *("api_applications.put", "api_applications.put_many", "api_applications.finish", "api_cases.create"),
    *("api_cases.change", "api_cases.set_included", "api_changes.mark", "api_people.register"),
    *("api_reports.take_back", "api_rows.note", "api_rows.write", "api_rows.change", "api_rows.remove"),
    *("api_set_aside.accepted", "api_set_aside.rejected"),
)
_EXPORTED = (
    *("applications.listing_export", "applications.nom_export", "cases.listing_export", "changes.listing_export"),
    *("changes.seen_export", "log.listing_export", "log.of_person_export", "log.of_study_export"),
    *("run_log.ordered_export", "run_log.left_out_export", "asked.answer_file"),
    *("person_file.as_values", "person_file.with_documents"),
    *("trace.listing_export", "trace.of_person_export", "person_trace.export"),
)

_ADMINISTERED = (
    *("runs.stop", "sources.put_off", "sources.put_on", "sources.remove", "sources.use"),
    *("source_edit.create", "source_edit.change"),
)

#: What is done at each door.
TRACED: Mapping[str, Act] = {
    endpoint: act
    for act, endpoints in (
        (Act.LOOKED, _LOOKED),
        (Act.SEARCHED, _SEARCHED),
        (Act.ORDERED, _ORDERED),
        (Act.CHANGED, _CHANGED),
        (Act.EXPORTED, _EXPORTED),
        (Act.PRINTED, ("evidence.pdf", "person_file.as_document")),
        (Act.ADMINISTERED, _ADMINISTERED),
    )
    for endpoint in endpoints
}

#: What a page asks for by itself about the person whom it shows. It leaves nothing for who has just looked at that
#: person, and is a look for anybody else: it cannot be used to look unseen.
POLLS = frozenset({"order.news", "applications.handling", "invitations.news"})

#: Doors that show or change nobody, each with why it leaves nothing.
UNTRACED: Mapping[str, str] = {
    "search.start": "an empty form",
    "consents.withdrawal": "a withdrawal leaves an entry of its own, with how it reached us",
    "evidence.pdf_with_numbers": "leaves an entry of its own, before the number is printed",
    "numbers.show": "whoever is shown a number leaves an entry of its own",
    "case_form.pick": "an empty form",
    "case_extent.arrived": "says only that something has come",
    "erasing.carry_out": "the erasure leaves an entry itself, in the transaction that erases",
    "erasing.done": "says that somebody was erased, and not who",
    "imports.start": "tells of files and not whom they are about",
    "imports.show": "tells of a file and not whom it is about",
    "imports.news": "tells of a file and not whom it is about",
    "retention.compute": "numbers only",
    "run_force.choose": "numbers only",
    "run_force.confirm": "numbers only",
    "run_force.start": "the run that is placed leaves an entry itself",
    "runs.ask_stop": "asks whether a run is to be stopped",
    "api_admissions.listing": "admissions",
    "api_admissions.show": "an admission",
    "api_admissions.put": "an admission",
}
