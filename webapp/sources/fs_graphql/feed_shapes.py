"""What FS says to a feed, in the shapes of its schema."""

from datetime import datetime

from webapp.sources.fs_graphql.shapes import Coded, Listed, Profile, Term, shape


@shape
class Requirement:
    """Samtykkekrav."""

    aktiv: bool | None = None


@shape
class Consent:
    """Samtykke: what a student answered, and when."""

    gittSamtykke: bool | None = None
    svartidspunkt: datetime | None = None
    samtykkekrav: Requirement | None = None


@shape
class AdmissionKind:
    """FsOpptak, as far as it names an admission."""

    opptakstype: Coded | None = None
    termin: Term | None = None


@shape
class Applied:
    """FsSoknad."""

    sokernummer: str | None = None
    opptak: AdmissionKind | None = None


@shape
class PageInfo:
    """Where a page ends."""

    hasNextPage: bool | None = None


@shape
class AppliedPage:
    """A connection of FsSoknad."""

    nodes: Listed[Applied] = None
    pageInfo: PageInfo | None = None


@shape
class FedProfile(Profile):
    """PersonProfil with its applications."""

    fsSoknader: AppliedPage | None = None


@shape
class ConsentingStudent:
    """StudentVedLarested, as far as consents go."""

    samtykker: Listed[Consent] = None


@shape
class Fed:
    """The answer about a known person."""

    personProfilerGittFodselsnumre: tuple[FedProfile | None, ...]
    studenterGittFodselsnumre: tuple[ConsentingStudent | None, ...]
