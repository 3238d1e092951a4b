"""What each door asks of who wants through: the one table of the screens and the API. A door that is not in it stays
shut; docs/roles.md says the same, and a test walks it."""

from collections.abc import Mapping

from webapp.model import Right

_OPEN = (
    *("static", "deliver.choose", "deliver.set_out", "deliver.receipt", "deliver.come_back"),
    *("sign_in.show", "sign_in.enter", "sign_in.leave", "set_up.show", "set_up.finish"),
    *("session_end.left", "session_end.go_on"),
    *("oidc.begin", "oidc.come_back", "oidc.signed_out"),
    *("monitoring.lives", "monitoring.ready"),
    *("help.start", "help.page"),
)
_SIGNED_IN = (
    *("start.show", "preferences.show", "preferences.save", "preferences.columns", "api.show", "openapi.spec"),
    *("password.show", "password.change"),
)
_SEE = (
    *("search.start", "search.search"),
    *("applications.listing", "applications.nom", "applications.show", "applications.handling"),
    *("cases.listing", "cases.show", "cases.studies", "case_extent.show", "case_extent.arrived"),
    *("changes.listing", "changes.seen"),
    *("log.listing", "log.of_person", "log.of_study"),
    *("person.show", "asked.of_person", "asked.of_study", "asked.order", "order.show", "order.news"),
    *("evidence.latest", "evidence.of_study", "evidence.show", "evidence.pdf"),
    *("numbers.show", "consents.of_person"),
    *("invitations.of_person", "invitations.news"),
    *("run_log.ordered", "run_log.left_out", "run_log.person", "run_preview.show", "run_preview.ask"),
    *("api_admissions.listing", "api_admissions.show", "api_applications.listing", "api_applications.show"),
    *("api_cases.listing", "api_cases.show", "api_cases.included", "api_changes.listing", "api_log.listing"),
    *("api_orders.listing", "api_orders.show", "api_people.show", "api_people.search", "api_studies.listing"),
    *("api_reports.listing", "api_reports.show", "api_rows.show", "api_runs.ordered", "api_runs.left_out"),
)
_WORK = (
    "admitted.tell",
    *("applications.listing_export", "applications.nom_export", "applications.finish", "applications.order"),
    *("cases.listing_export", "cases.order", "cases.status", "case_extent.save", "case_extent.tick"),
    *("case_form.edit", "case_form.change", "case_form.pick", "case_form.find", "case_form.new", "case_form.create"),
    *("changes.listing_export", "changes.seen_export", "changes.mark"),
    *("log.listing_export", "log.of_person_export", "log.of_study_export"),
    *("search.register", "person.order", "order.retry", "feed.complete", "reports.report", "reports.withdraw"),
    *("evidence.pdf_with_numbers", "consents.ask_withdrawal", "consents.withdrawal"),
    *("asked.answer_file", "asked.answer_of_study", "setaside.show", "setaside.accepted", "setaside.rejected"),
    *("by_hand.new", "by_hand.write", "by_hand.edit", "by_hand.change", "by_hand.remove"),
    *("by_hand.note", "by_hand.write_note"),
    *("uploads.new", "uploads.send", "uploads.show", "uploads.take", "uploads.discard"),
    *("invitations.invite", "invitations.withdraw"),
    *("imports.start", "imports.send", "imports.show", "imports.news"),
    *("source_files.listing", "source_files.show"),
    *("run_log.ordered_export", "run_log.left_out_export"),
    *("api_admissions.put", "api_applications.put", "api_applications.put_many", "api_applications.finish"),
    *("api_cases.create", "api_cases.change", "api_cases.set_included", "api_changes.mark"),
    *("api_orders.order", "api_orders.retry", "api_people.register", "api_reports.report", "api_reports.take_back"),
    *("api_rows.note", "api_rows.write", "api_rows.change", "api_rows.remove"),
    *("api_set_aside.show", "api_set_aside.accepted", "api_set_aside.rejected"),
)
_ADMINISTER_CASES = (
    *("person_file.show", "person_file.as_values", "person_file.with_documents", "person_file.as_document"),
    *("erasing.ask", "erasing.carry_out", "erasing.done", "retention.people_of"),
    *("run_force.choose", "run_force.confirm", "run_force.start", "runs.ask_stop", "runs.stop"),
    *("person_trace.show", "person_trace.export"),
)
_AUDIT = ("trace.listing", "trace.listing_export", "trace.show", "trace.of_person", "trace.of_person_export")
_SEE_OPERATION = (
    *("retention.show", "retention.compute"),
    *("runs.overview", "runs.show", "runs.news", "runs.history", "runs.history_export", "run_preview.next_numbers"),
    *("legal_basis.show", "monitoring.metrics"),
    *("sources.listing", "sources.show", "api_runs.listing", "api_runs.show", "api_sources.listing"),
)
_ADMINISTER_SYSTEM = (
    "condition.show",
    *("sources.ask_off", "sources.put_off", "sources.put_on", "sources.ask_remove", "sources.remove", "sources.use"),
    *("source_edit.choose", "source_edit.new", "source_edit.create", "source_edit.edit", "source_edit.change"),
    *("source_edit.choose_other", "source_try.tried"),
    *("users.listing", "users.add", "users.show", "users.roles", "users.put_off", "users.put_on"),
    *("users.sign_out", "users.unlock", "users.link"),
    *("api_tokens.listing", "api_tokens.make", "api_tokens.ask_revoke", "api_tokens.revoke"),
)

#: The right that each endpoint asks for.
DOORS: Mapping[str, Right] = {
    endpoint: right
    for right, endpoints in (
        (Right.OPEN, _OPEN),
        (Right.SIGNED_IN, _SIGNED_IN),
        (Right.SEE, _SEE),
        (Right.WORK, _WORK),
        (Right.ADMINISTER_CASES, _ADMINISTER_CASES),
        (Right.SEE_OPERATION, _SEE_OPERATION),
        (Right.ADMINISTER_SYSTEM, _ADMINISTER_SYSTEM),
        (Right.AUDIT, _AUDIT),
    )
    for endpoint in endpoints
}

#: What pages ask for by themselves. It is no use of a session: a page that nobody sits at does not keep one alive.
UNATTENDED = frozenset(
    {"order.news", "runs.news", "imports.news", "invitations.news", "applications.handling", "case_extent.arrived"}
    | {"run_preview.next_numbers", "session_end.left"}
)
