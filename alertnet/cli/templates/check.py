"""`alertnet templates`: what is wrong with the message templates, before they are needed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alertnet.cli.columns import aligned
from alertnet.cli.folders import TEMPLATES, or_shipped
from alertnet.cli.templates.preview import preview
from alertnet.core.directory.languages import fallbacks
from alertnet.core.errors import Misconfigured

if TYPE_CHECKING:
    from alertnet.core.delivery.sms_encoding import SmsSize

LONGEST_URL = f"https://{'m' * 32}"
"""What every SMS must leave room for (B4: a public URL of up to 40 characters)."""

app = typer.Typer(help="The message templates.", epilog="Example: alertnet templates check", no_args_is_help=True)
Folder = Annotated[
    Path,
    typer.Argument(
        envvar="ALERTNET_MESSAGE_TEMPLATES",
        callback=or_shipped,
        help="The folder with a folder for each kind of message.",
    ),
]
PublicUrl = Annotated[
    str,
    typer.Option(envvar="ALERTNET_PUBLIC_URL", help="The address that links begin with.", show_default="40 characters"),
]


app.command(epilog="Example: alertnet templates preview alert --language fr --type arrest --method sms")(preview)


@app.command(epilog="Example: alertnet templates check message_templates")
def check(folder: Folder = TEMPLATES, public_url: PublicUrl = LONGEST_URL) -> None:
    """Report every fault, by file and line; exit code 2 if there is one.

    What a language lacks, names that are not there, what would come out too early or to the wrong people, SMS that do
    not fit. Without faults: how long each SMS becomes, which is what it costs.
    """
    from alertnet.messages.checks.glossary import find_mixed_terms
    from alertnet.messages.checks.lint import find_faults, languages_of
    from alertnet.messages.checks.trial import try_all
    from alertnet.messages.message import METHODS
    from alertnet.messages.renderer import Renderer
    from alertnet.messages.templates.load import read_templates

    templates = read_templates(folder)
    faults = find_faults(templates, public_url) or find_mixed_terms(folder, Renderer(templates))
    if faults:
        raise Misconfigured(f"{folder}/{fault}" for fault in faults)
    languages = languages_of(templates)
    trial = try_all(Renderer(templates), public_url)
    tried = ", ".join(f"{number} by {method}" for method, number in sorted(trial.messages.items()))
    typer.echo(f"{folder}: no faults. Messages tried: {tried}.")
    typer.echo("The longest SMS of each kind, in septets of 160 (or units of 70) and the segments that are billed:")
    rows = [[kind, *(size_of(trial.longest.get((kind, each))) for each in languages)] for kind in METHODS]
    typer.echo("\n".join(aligned([["", *languages], *rows])))
    chain = " > ".join(fallbacks("fr-CA", "es"))
    typer.echo(f"Languages: {', '.join(languages)}. Any other falls back step by step, in a tree of es: {chain}.")


def size_of(size: "SmsSize | None") -> str:
    """As in `152/1`."""
    return f"{size.units}/{size.segments}" if size else ""
