"""Arguments and options that several commands share: folders, who decided, and moments."""

from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from alertnet import shipped
from alertnet.core.errors import BadInput
from alertnet.core.limits import is_instant

TREES, TEMPLATES = Path(shipped.TREES), Path(shipped.TEMPLATES)

TREES_HELP = "The folder with the trees and the field; several, one's own first, as own:shared."


def or_shipped(ctx: typer.Context, param: typer.CallbackParam, value: Path) -> Path:
    """The folder that was typed or set; if nobody named one, the shipped folder may take its place."""
    source = ctx.get_parameter_source(param.name or "")
    return shipped.default_folder(str(value)) if source is not None and source.name == "DEFAULT" else value


TreesFolder = Annotated[Path, typer.Argument(envvar="ALERTNET_CONTACT_TREES", callback=or_shipped, help=TREES_HELP)]
Trees = Annotated[Path, typer.Option(envvar="ALERTNET_CONTACT_TREES", callback=or_shipped, help=TREES_HELP)]
Templates = Annotated[
    Path,
    typer.Option(
        envvar="ALERTNET_MESSAGE_TEMPLATES", callback=or_shipped, help="The folder with the words of the messages."
    ),
]
By = Annotated[str, typer.Option(help="Who decided; who is signed in here unless given.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]


def decider(by: str) -> str:
    """Who decided: as typed, else the user of the operating system."""
    return by.strip() or getuser()


def typed_moment(option: str, text: str, zone: ZoneInfo, *allowed: str) -> datetime:
    """Read a moment; without a zone it is in `zone`.

    Raises:
        BadInput: it is no moment of the years 2000 to 2100; says what is allowed.
    """
    try:
        at = datetime.fromisoformat(text)
        moment = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or not is_instant(moment):
        raise BadInput(option, text, (*allowed, "within the years 2000 to 2100"))
    return moment
