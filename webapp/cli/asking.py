"""Questions at a terminal, asked again until the answer can be used."""

import sys
from collections.abc import Callable, Mapping
from typing import TypeVar

import click

from webapp.errors import Refusal

Answer = TypeVar("Answer")


def ask(
    option: str,
    question: str,
    check: Callable[[str], Answer],
    given: str | None = None,
    default: str | None = None,
    is_secret: bool = False,
) -> Answer:
    """What `check` makes of an answer: of the `given` one, or of one that is asked for. `default` is that of Enter.

    `check` raises Refusal for an answer that cannot be; that of a given one goes on to the caller. Raises Refusal with
    the option where nobody is there to answer.
    """
    if given is not None:
        return check(given.strip())
    is_terminal = sys.stdin.isatty()
    while True:
        try:
            text = click.prompt(
                question, default=default, show_default=bool(default), hide_input=is_secret and is_terminal
            )
        except click.Abort:
            if is_terminal:
                raise
            raise Refusal(
                "«%(question)s» fikk ikke noe svar. Gi det med %(option)s.", question=question, option=option
            ) from None
        try:
            return check(text.strip())
        except Refusal as refusal:
            click.echo(f"  {refusal}")


def choose(
    option: str, question: str, choices: Mapping[str, str], given: str | None = None, default: str | None = None
) -> str:
    """One of the choices, answered by its name or its place; each is told with its meaning. Raises Refusal as ask."""
    names = list(choices)

    def check(text: str) -> str:
        if text in names:
            return text
        if text.isdecimal() and 1 <= int(text) <= len(names):
            return names[int(text) - 1]
        raise Refusal("Svar med %(allowed)s, eller tallet foran.", allowed=", ".join(names))

    if given is None:
        click.echo(f"\n{question}")
        for place, (name, meaning) in enumerate(choices.items(), 1):
            click.echo(f"  {place}  {name:<11} {meaning}")
    return ask(option, "Valg", check, given, default)
