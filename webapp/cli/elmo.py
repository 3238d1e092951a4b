"""`eksternstudium elmo`: look into an ELMO file."""

import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text as Line

from webapp.errors import UnreadableElmo
from webapp.identity import mask
from webapp.model import Finding, Learner, LeftOut, LeftOutReason, Result, Study, Term, Text, Transcript
from webapp.sources.elmo import SENTENCES, FindingCode, read, transcript_json

EXIT_UNREADABLE = 2
#: Languages in the order in which a Norwegian caseworker would rather read them.
_LANGUAGES = ("nb", "nn", "en")
_REASONS = {
    LeftOutReason.FAILED: "ikke bestått",
    LeftOutReason.IN_PROGRESS: "pågår",
    LeftOutReason.UNCERTAIN: "usikkert om det er bestått",
}
#: Identifier types of national identity numbers; other countries' numbers are masked as ours are.
_NATIONAL_TYPES = frozenset({"nationalidentifier", "nationallearnerid", "ssn"})


@click.group()
def elmo() -> None:
    """Se på filer i ELMO-formatet."""


@elmo.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Skriv innholdet som JSON.")
@click.pass_context
def show(context: click.Context, file: Path, as_json: bool) -> None:
    """Vis hva som står i FILE: XML, eller XML i base64, med eller uten gzip."""
    try:
        transcript = read(file.read_bytes())
    except FileNotFoundError:
        _refuse(context, "Filen fins ikke.")
    except OSError:
        _refuse(context, "Filen lar seg ikke lese.")
    except UnreadableElmo as error:
        _refuse(context, str(error))
    else:
        if as_json:
            click.echo(json.dumps(transcript_json(transcript), ensure_ascii=False, indent=2))
        else:
            _print(Console(), transcript)


def _refuse(context: click.Context, sentence: str) -> None:
    click.echo(sentence, err=True)
    context.exit(EXIT_UNREADABLE)


def _print(console: Console, transcript: Transcript) -> None:
    console.print(_learner_line(transcript.learner), style="bold")
    for study in transcript.studies:
        console.print(_study_table(study))
    if not any(study.results for study in transcript.studies):
        console.print("Ingen resultater.")
    for title, lines in (
        ("Ikke tatt med", [_left_out_line(row) for row in transcript.left_out]),
        ("Ikke forstått", [_finding_line(found) for found in transcript.findings]),
    ):
        if lines:
            console.print(f"\n{title}", style="bold")
        for line in lines:
            # Text from a file is never markup.
            console.print(Line(f"  {line}"))


def _learner_line(learner: Learner) -> Line:
    names = " ".join(name for name in (learner.given_names, learner.family_name) if name) or "(uten navn)"
    born = f"født {learner.birth_date:%d.%m.%Y}" if learner.birth_date else None
    identifiers = (_masked(i.type, i.value) for i in learner.identifiers)
    return Line(", ".join(part for part in (names, born, *identifiers) if part))


def _masked(kind: str, value: str) -> str:
    hidden = f"{value[:6]} *****" if kind.casefold() in _NATIONAL_TYPES else mask(value)
    return f"{kind} {hidden}".strip()


def _study_table(study: Study) -> Table:
    institution = study.institution
    number = f" ({institution.number})" if institution.number is not None else ""
    name = _named(institution.name) or institution.schac or "Ukjent institusjon"
    table = Table(title=Line(f"{name}{number}"), title_justify="left", title_style="bold", box=None)
    for heading in ("Kode", "Navn", "Termin", "Omfang", "Resultat"):
        table.add_column(heading, justify="right" if heading == "Omfang" else "left")
    depths: list[int] = []
    for result in study.results:
        depths.append(0 if result.parent is None else depths[result.parent] + 1)
        table.add_row(*(Line(cell) for cell in _cells(result, "  " * depths[-1])))
    return table


def _cells(result: Result, indent: str) -> tuple[str, ...]:
    code = "-".join(part for part in (result.code, result.version) if part)
    thesis = f" «{_named(result.thesis_title)}»" if result.thesis_title else ""
    extent = (f"{result.credits:f}" if result.credits is not None else "", result.credit_scheme or "")
    return (
        indent + code,
        _named(result.name) + thesis,
        _term(result.term),
        " ".join(part for part in extent if part) if extent[0] else "",
        result.grade or "",
    )


def _named(name: Text) -> str:
    given = (name[language] for language in _LANGUAGES if language in name)
    return next(given, None) or next(iter(name.values()), "")


def _term(term: Term | None) -> str:
    if term is None:
        return ""
    return f"{term.year} {term.season}" + (" (avledet)" if term.derived else "")


def _left_out_line(row: LeftOut) -> str:
    return f"{' '.join(part for part in (row.code, _named(row.name)) if part)}: {_REASONS[row.reason]}"


def _finding_line(found: Finding) -> str:
    # A document of another version's writing may hold codes that are not ours.
    known = found.code in set(FindingCode)
    sentence = SENTENCES[FindingCode(found.code)] if known else found.code
    return f"{sentence} {found.path}: {mask(found.text)}"
