"""What went wrong, as application/problem+json (RFC 9457) in the reader's language."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from apiflask import HTTPError
from flask import Response, json, request
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import HTTPException, Unauthorized

from webapp.errors import Refusal
from webapp.intake.complaints import NotTakenIn
from webapp.model import Complaint
from webapp.web.access import NotAllowed
from webapp.web.api.shapes import Maybe, Shape
from webapp.web.language import gettext, said
from webapp.web.protection import ProtectedPerson

MEDIA_TYPE = "application/problem+json"
#: What sort of problem it is where a program can do something about it: its token is not valid, has not the scope, or
#: would have to be that of a case administrator.
NOT_SIGNED_IN = "/api#not-signed-in"
NOT_ALLOWED = "/api#not-allowed"
PROTECTED = "/api#protected-person"


class FieldProblem(Shape):
    """What is wrong in one place: of the body (a JSON pointer) or of the address (the parameter's name)."""

    detail: str
    pointer: Maybe[str] = None
    parameter: Maybe[str] = None


class Problem(Shape):
    """Why a request was not granted. `errors` tells of each field that is wrong."""

    type: str
    title: str
    status: int
    detail: str
    errors: Maybe[list[FieldProblem]] = None


class Unprocessable(Refusal):
    """A refusal that concerns fields of the body: each refusal with its field's JSON pointer, as "#/number"."""

    def __init__(self, *wrong: tuple[Refusal, str]) -> None:
        super().__init__(wrong[0][0].sentence, **wrong[0][0].values)
        self.wrong = wrong


def below_api() -> bool:
    """Whether a program asks, and is answered in JSON whatever happens."""
    return request.path.startswith("/api/")


def problem(status: int, detail: str = "", errors: Sequence[FieldProblem] = (), kind: str = "about:blank") -> Response:
    """The answer that says what went wrong; without a detail, what that status always means."""
    title, usual = _words(status)
    fields = {"errors": list(errors)} if errors else {}
    told = Problem(type=kind, title=title, status=status, detail=detail or usual, **fields)
    return Response(json.dumps(told.model_dump(exclude_unset=True)), status, mimetype=MEDIA_TYPE)


def of_http_error(error: HTTPException) -> Response:
    """The answer to an HTTP error that no handler saw coming; what it tells in headers is kept."""
    if isinstance(error, Unauthorized):
        answer = problem(401, kind=NOT_SIGNED_IN)
        wrong = ', error="invalid_token"' if "Authorization" in request.headers else ""
        answer.headers["WWW-Authenticate"] = f'Bearer realm="Eksternstudium"{wrong}'
        return answer
    if isinstance(error, ProtectedPerson):
        return problem(403, gettext("Personen er skjermet."), kind=PROTECTED)
    if isinstance(error, NotAllowed):
        return problem(403, gettext("Nøkkelen eller rollen åpner ikke for dette."), kind=NOT_ALLOWED)
    answer = problem(error.code or 500)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def of_refusal(refusal: Refusal) -> Response:
    """The answer to a wish that cannot be granted."""
    errors: list[FieldProblem] = []
    if isinstance(refusal, NotTakenIn):
        errors = [of_complaint(complaint) for complaint in refusal.complaints]
    elif isinstance(refusal, Unprocessable):
        errors = [FieldProblem(detail=said(each), pointer=pointer) for each, pointer in refusal.wrong]
    return problem(422, said(refusal), errors)


def of_complaint(complaint: Complaint, within: str = "#") -> FieldProblem:
    """What is wrong in a record; `within`: the pointer to the record."""
    field = f"/{complaint.field}" if complaint.field else ""
    return FieldProblem(detail=gettext(complaint.sentence, **complaint.values), pointer=f"{within}{field}")


def of_validation(error: HTTPError) -> Response:
    """The answer to a body or an address that is not as the specification says. What was sent is not repeated."""
    location = next(iter(error.detail), "json")
    cause = error.__cause__
    wrong = cause.errors(include_url=False, include_input=False) if isinstance(cause, ValidationError) else []
    return problem(422, gettext("Noe i forespørselen er ikke riktig utfylt."), list(_fields(location, wrong)))


def _fields(location: str, wrong: Iterable[ErrorDetails]) -> Iterable[FieldProblem]:
    for each in wrong:
        path = [str(part) for part in each["loc"]]
        if location == "json":
            escaped = (part.replace("~", "~0").replace("/", "~1") for part in path)
            yield FieldProblem(detail=_sentence(each), pointer="/".join(("#", *escaped)))
        else:
            yield FieldProblem(detail=_sentence(each), parameter=".".join(path))


def _sentence(wrong: ErrorDetails) -> str:
    told: Mapping[str, Any] = wrong.get("ctx", {})
    most, least = told.get("max_length", told.get("le")), told.get("ge")
    sentences = {
        "refused": gettext(told.get("sentence", "")),
        "missing": gettext("Feltet mangler."),
        "extra_forbidden": gettext("Feltet er ikke kjent."),
        "enum": gettext("Tillatt: %(allowed)s.", allowed=str(told.get("expected")).replace(" or ", ", ")),
        "string_too_long": gettext("Teksten kan ha høyst %(most)s tegn.", most=most),
        "string_too_short": gettext("Teksten mangler."),
        "string_pattern_mismatch": gettext("Teksten er ikke slik den skal være, eller har tegn som ikke kan stå her."),
        "string_unicode": gettext("Teksten har tegn som ikke kan stå her."),
        "too_long": gettext("Listen kan ha høyst %(most)s rader.", most=most),
        "too_short": gettext("Listen er tom."),
        "greater_than_equal": gettext("Minst %(least)s.", least=least),
        "less_than_equal": gettext("Høyst %(most)s.", most=most),
    }
    return sentences.get(wrong["type"], gettext("Verdien er av feil slag."))


def _words(status: int) -> tuple[str, str]:
    words = {
        400: (gettext("Forespørselen kan ikke tydes"), gettext("Send gyldig JSON, kodet i UTF-8.")),
        401: (gettext("Ikke logget inn"), gettext("Send en gyldig API-nøkkel i hodet Authorization, eller logg inn.")),
        403: (gettext("Forespørselen ble avvist"), gettext("Den kom fra et annet nettsteds side.")),
        404: (gettext("Fins ikke"), gettext("Det er ingenting på denne adressen.")),
        405: (
            gettext("Metoden kan ikke brukes her"),
            gettext("Hodet Allow sier hvilke metoder som kan brukes."),
        ),
        409: (gettext("Endret av en annen"), gettext("Hent den på nytt, og gjør endringen i den.")),
        413: (gettext("For mye på én gang"), gettext("Del det opp i flere forespørsler.")),
        415: (gettext("Innholdet er ikke JSON"), gettext("Send JSON med Content-Type: application/json.")),
        429: (gettext("For mange forespørsler"), gettext("Hodet Retry-After sier hvor mange sekunder du må vente.")),
        503: (
            gettext("Går ikke akkurat nå"),
            gettext("Hodet Retry-After sier hvor mange sekunder du bør vente."),
        ),
        422: (gettext("Kan ikke utføres"), gettext("Noe i forespørselen er ikke riktig utfylt.")),
    }
    ours = (gettext("Noe gikk galt hos oss"), gettext("Prøv igjen om litt. Drift finner årsaken i loggen."))
    refused = (gettext("Forespørselen ble avvist"), gettext("Beskrivelsen av grensesnittet står på /api."))
    return words.get(status, refused if status < 500 else ours)
