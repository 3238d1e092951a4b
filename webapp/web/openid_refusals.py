"""Sign-ins by OpenID Connect that come to nothing: a sentence for whoever tried, and a cause for log and trace."""

from webapp.errors import SourceError
from webapp.oidc_settings import Oidc
from webapp.web.language import gettext
from webapp.web.openid_user import Welcome

#: How a provider says that whoever was to sign in did not want to (OAuth 2.0, 4.1.2.1).
GIVEN_UP = "access_denied"
#: What else it may say (the same, and OpenID Connect Core, 3.1.2.6), and the log repeats.
ERRORS = frozenset(
    {
        *("invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope", "server_error"),
        *("temporarily_unavailable", "interaction_required", "login_required", "account_selection_required"),
        "consent_required",
    }
)


class NotSignedIn(Exception):
    """Nobody was let in. The text is the cause, without a token; `sentence` says in the reader's language what to do,
    `status` is that of the page. `by`: the user, where that is known; `other`: whether another user may be let in."""

    def __init__(self, sentence: str, cause: str, status: int = 403, by: str = "", other: bool = False) -> None:
        super().__init__(cause)
        self.sentence, self.status, self.by, self.other = sentence, status, by, other


def not_on_the_way() -> NotSignedIn:
    """Somebody comes back who did not set out from here, or did long ago, or has been here before."""
    sentence = gettext("Innloggingen tok for lang tid, eller den er brukt før. Prøv igjen.")
    return NotSignedIn(sentence, "the state is not that of a visit of this browser", 400)


def turned_away(oidc: Oidc, error: str) -> NotSignedIn:
    """What the provider said in place of a code. Its own words go nowhere: whoever makes a link may choose them."""
    if error == GIVEN_UP:
        sentence = gettext("Innloggingen hos %(provider)s ble avbrutt. Prøv igjen når du vil.", provider=oidc.title)
        return NotSignedIn(sentence, f"the provider said {GIVEN_UP}")
    sentence = gettext("%(provider)s kunne ikke logge deg inn. Prøv igjen om litt.", provider=oidc.title)
    return NotSignedIn(sentence, f"the provider said {error if error in ERRORS else 'something unknown'}", 503)


def no_answer(oidc: Oidc, error: SourceError) -> NotSignedIn:
    """The provider did not answer, or its answer cannot be relied on."""
    if error.temporary:
        sentence = gettext("%(provider)s svarte ikke. Prøv igjen om litt.", provider=oidc.title)
        return NotSignedIn(sentence, str(error), 503)
    sentence = gettext(
        "Svaret fra %(provider)s kunne ikke godtas. Prøv igjen. Si fra til drift hvis det ikke hjelper.",
        provider=oidc.title,
    )
    return NotSignedIn(sentence, str(error))


def not_let_in(oidc: Oidc, found: Welcome) -> NotSignedIn:
    """The provider knows them, and we do not let them in."""
    if found.user is not None and not found.user.is_active:
        sentence = gettext("Brukeren din er stengt. Spør systemadministratoren hvis du trenger tilgang.")
        return NotSignedIn(sentence, "the user is disabled", by=found.user.name, other=True)
    sentence = gettext(
        "%(provider)s kjenner deg, men du har ingen rolle i Eksternstudium. Be om tilgang hos: %(contact)s.",
        provider=oidc.title,
        contact=oidc.contact or gettext("systemadministratoren hos dere"),
    )
    return NotSignedIn(sentence, "no role", by=found.user.name if found.user else "", other=True)
