"""The page on which somebody signs in, whichever door has sent them there."""

from flask import render_template

from webapp.web.current import house


def sign_in_page(
    back_to: str = "", refusal: str = "", notice: str = "", name: str = "", as_another: bool = False
) -> str:
    """The page with the ways in that the settings offer. `back_to`: the path of our own that is shown afterwards;
    `as_another`: the OpenID provider is to ask for another user than the last."""
    sign_in = house().settings.settings.sign_in
    return render_template(
        "sign_in.html",
        local=sign_in is not None and sign_in.local,
        oidc=sign_in.oidc if sign_in else None,
        back_to=back_to,
        refusal=refusal,
        notice=notice,
        name=name,
        as_another=as_another,
    )
