"""`alertnet templates`: what is wrong with the message templates, before they are needed."""

from pathlib import Path
from typing import Annotated

import typer

from alertnet.core.errors import Misconfigured

LONGEST_URL = f"https://{'m' * 32}"
"""What every SMS must leave room for (B4: a public URL of up to 40 characters)."""

app = typer.Typer(help="The message templates.", epilog="Example: alertnet templates check", no_args_is_help=True)
Folder = Annotated[
    Path, typer.Argument(envvar="ALERTNET_MESSAGE_TEMPLATES", help="The folder with a folder for each kind of message.")
]
PublicUrl = Annotated[
    str,
    typer.Option(envvar="ALERTNET_PUBLIC_URL", help="The address that links begin with.", show_default="40 characters"),
]


@app.callback()
def _group() -> None:
    """Keeps `check` a command of its own while it is the only one."""


@app.command(epilog="Example: alertnet templates check message_templates")
def check(folder: Folder = Path("message_templates"), public_url: PublicUrl = LONGEST_URL) -> None:
    """Report every fault: what is missing, what can't be rendered, what does not fit; exit code 2 if there is one."""
    from alertnet.messages.lint import find_faults, languages_of
    from alertnet.messages.message import fallbacks
    from alertnet.messages.templates import read_templates

    templates = read_templates(folder)
    faults = find_faults(templates, public_url)
    if faults:
        raise Misconfigured(f"{folder}/{fault}" for fault in faults)
    typer.echo(f"{folder}: no faults. Languages: {', '.join(languages_of(templates))}.")
    typer.echo(f"Any other falls back step by step, as in {' > '.join(fallbacks('fr-CA'))}.")
