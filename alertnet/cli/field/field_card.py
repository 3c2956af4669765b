"""`alertnet field-card`: a wallet card that tells members of the field what to write."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from alertnet.cli.arguments import TEMPLATES, TREES, Templates, Trees, renderer_of
from alertnet.cli.output import write_confidential
from alertnet.core.directory.contact_tree import Network
from alertnet.core.errors import BadInput

if TYPE_CHECKING:
    from alertnet.messages.field_card import Panel

MOST_LANGUAGES = 3
"""How many columns fit on the page."""
DPI = 300

Format = Literal["pdf", "png"]

Team = Annotated[
    str | None,
    typer.Option(metavar="TEAM", help="The team whose number to call is put on the card; unless given, none is."),
]
Languages = Annotated[
    str, typer.Option(metavar="LANGUAGES", help="The languages of the card, at most three, with commas between them.")
]
Discreet = Annotated[
    bool, typer.Option("--discreet", help="Leave out every name and word that gives away what the card is for.")
]
As = Annotated[
    Format | None,
    typer.Option(help="pdf is for printing on A4, png a picture; unless given, as --output ends, else pdf."),
]
Output = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="The file to write; unless given, `card.pdf` or `card.png` in this folder. `-` prints it."
    ),
]


def field_card(
    trees: Trees = TREES,
    templates: Templates = TEMPLATES,
    team: Team = None,
    languages: Languages = "en,fr,es",
    discreet: Discreet = False,
    format: As = None,
    output: Output = None,
) -> None:
    """Make the card that a member carries: one page of A4, to be cut and folded to the size of a bank card."""
    from alertnet.messages.field_card import panels_of
    from alertnet.runtime.settings.settings import examine
    from alertnet.trees import read_network

    renderer = renderer_of(templates)
    chosen = _chosen(languages, renderer.languages)
    callback = _callback(read_network(trees), team) if team else None
    number = next(iter(examine().settings.twilio_from), None)
    columns = [panels_of(renderer, each, number, callback, discreet=discreet) for each in chosen]
    is_picture = (format or (output.suffix.lower() if output else "")) in ("png", ".png")
    form: Format = "png" if is_picture else "pdf"
    path = output or Path(f"card.{form}")
    write_confidential(path, drawn(columns, form), f"{path}: cut along the outer line, fold along the others.")
    if number is None:
        typer.echo("ALERTNET_TWILIO_FROM: missing, so the card names no number to text to", err=True)


def drawn(columns: "list[list[Panel]]", form: Format) -> bytes:
    """The page with a column for each language; it names no author."""
    from alertnet.messages.drawings import typeset

    return typeset.compiled("field_card.typ", [list(map(asdict, panels)) for panels in columns], format=form, ppi=DPI)


def _chosen(languages: str, known: tuple[str, ...]) -> list[str]:
    chosen = [each.strip() for each in languages.split(",") if each.strip()]
    if not chosen or len(chosen) > MOST_LANGUAGES or not set(chosen) <= set(known):
        raise BadInput("--languages", languages, f"one to three of {', '.join(known)}")
    return chosen


def _callback(network: Network, team: str) -> str:
    from alertnet.cli.admin.actions import check_team
    from alertnet.flows.credentials.known_numbers import member_of

    check_team(network, team)
    found = member_of(network, team, None)
    if not found:
        raise BadInput("--team", team, "a team with members")
    return found[0].words.callback
