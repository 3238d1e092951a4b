"""Our own FS as a feed: what it knows of a person whom we know, beside results."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from webapp.sources.elmo.nodes import clean
from webapp.sources.fs_graphql import shapes
from webapp.sources.fs_graphql.asking import Endpoint, not_understood
from webapp.sources.fs_graphql.reading import FICTIVE, term_of
from webapp.sources.fs_graphql.shapes import each_of
from webapp.sources.http import DIRECT, WarmSession, Way

DOCUMENT = "feed.graphql"
_FED = TypeAdapter(shapes.Fed)


@dataclass(frozen=True)
class FedApplication:
    """An active application: its applicant number, and the code of its admission as it is written here."""

    applicant_number: str
    admission: str


@dataclass(frozen=True)
class FedConsent:
    """What a student answered last to the active requirements of consent: given only if given to all of them."""

    given: bool
    answered_at: datetime


@dataclass(frozen=True)
class Fed:
    """What FS knows of a person. `numbers`: 11 digits each, the current one first, without those that FS made up;
    `consent` is None where nothing was answered."""

    numbers: tuple[str, ...] = field(repr=False)
    given_names: str | None
    family_name: str | None
    applications: tuple[FedApplication, ...]
    consent: FedConsent | None


class FsFeed:
    """Our own FS, at an endpoint, by the organisation's code in it."""

    def __init__(self, url: str, organisation: str, timeout_seconds: float, way: Way = DIRECT) -> None:
        self._endpoint = Endpoint(WarmSession(url, timeout_seconds, way=way), url, DOCUMENT)
        self._organisation = organisation

    def close(self) -> None:
        """Closes the connections."""
        self._endpoint.close()

    def known(self, numbers: Sequence[str]) -> Fed | None:
        """What FS knows of the person with these numbers, None when it knows nobody. Raises SourceError, also when a
        part of the answer is wrong: half of it would be written as if it were all."""
        variables = {"organisation": self._organisation, "numbers": list(numbers)}
        data, faults = self._endpoint.ask("Known", variables)
        for fault in faults:
            raise fault.as_error()
        try:
            said = _FED.validate_python(data)
        except ValidationError:
            # From None: what did not fit may be a name.
            raise not_understood("a person is not what was agreed") from None
        profiles = [each for each in each_of(said.personProfilerGittFodselsnumre) if set(each.numbers) & set(numbers)]
        if not profiles:
            return None
        if len({each.fodselsnummer for each in profiles}) > 1:
            raise not_understood("the numbers belong to several people")
        return _fed(profiles[0], _consent(said))


def _fed(profile: shapes.FedProfile, consent: FedConsent | None) -> Fed:
    made_up = profile.fodselsnummer if profile.fodselsnummertype == FICTIVE else None
    name = profile.navn
    return Fed(
        tuple(each for each in profile.numbers if each != made_up),
        clean(name.fornavn) if name else None,
        clean(name.etternavn) if name else None,
        tuple(_applications(profile)),
        consent,
    )


def _applications(profile: shapes.FedProfile) -> Sequence[FedApplication]:
    listed = profile.fsSoknader
    if listed is None:
        raise not_understood("a person without a list of applications")
    if listed.pageInfo and listed.pageInfo.hasNextPage:
        raise not_understood("more applications than on one page")
    found = []
    for each in each_of(listed.nodes):
        number, admission = clean(each.sokernummer), _admission(each.opptak)
        if number and admission:
            found.append(FedApplication(number, admission))
    return found


def _admission(admission: shapes.AdmissionKind | None) -> str | None:
    """The code of an admission, as 2027-HØST-NOM."""
    term = term_of(admission.termin) if admission else None
    kind = clean(admission.opptakstype.kode) if admission and admission.opptakstype else None
    return f"{term.year}-{term.season}-{kind.upper()}" if term and kind else None


def _consent(said: shapes.Fed) -> FedConsent | None:
    """The answers to active requirements. FS does not tell here what each is about: one that was refused stands."""
    answers = [
        (each.svartidspunkt, each.gittSamtykke)
        for student in each_of(said.studenterGittFodselsnumre)
        for each in each_of(student.samtykker)
        if each.svartidspunkt and each.gittSamtykke is not None and each.samtykkekrav and each.samtykkekrav.aktiv
    ]
    refused = [at for at, given in answers if not given]
    if not answers:
        return None
    return FedConsent(not refused, max(refused or [at for at, _ in answers]))
