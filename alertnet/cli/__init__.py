"""The command line (B7): each command hands its arguments to the program and prints the result.

Results go to stdout, everything else to stderr. Invalid input ends with exit code 2 and a message that names it.
Commands import what they need inside their function, so that `--help` answers at once.
"""

import errno
import os
import re
import sys
from collections.abc import Sequence
from functools import cache
from io import StringIO
from typing import Annotated, Any

import typer
from dotenv import load_dotenv
from typer.core import TyperGroup

from alertnet import __version__
from alertnet.cli import incidents, templates, trees
from alertnet.cli.admin import audit, duty, keys, pins, users
from alertnet.cli.admin.pause import pause
from alertnet.cli.admin.purge import purge
from alertnet.cli.admin.subject import subject
from alertnet.cli.call_sheet import call_sheet
from alertnet.cli.contacts import numbers
from alertnet.cli.contacts.letter import letter
from alertnet.cli.demo import demo
from alertnet.cli.field import quarantine
from alertnet.cli.field.field_card import field_card
from alertnet.cli.field.journeys import journeys
from alertnet.cli.field.roll_call import roll_call
from alertnet.cli.incidents import drill, raise_incident
from alertnet.cli.server import database
from alertnet.cli.server.doctor import doctor
from alertnet.cli.server.serve import leave_out_unwanted, serve, worker
from alertnet.core.errors import AlertnetError, BadInput, Misconfigured

ALLOWED = {
    "int_parsing": "a whole number",
    "float_parsing": "a number",
    "less_than_equal": "at most {le}",
    "greater_than_equal": "at least {ge}",
}
"""What is allowed where the typed value is something else, by the name that the library gives the fault."""

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""Why what a command says can't be written to the disk."""


class _Commands(TyperGroup):
    """All commands; a value that has the wrong form is refused like any other value that is not allowed."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.BadParameter as fault:
            raise _refused(fault) from None


def _refused(fault: typer.BadParameter) -> BadInput | typer.BadParameter:
    """The fault by option, value and what is allowed; unchanged if it is not about a value."""
    from pydantic import ValidationError

    if fault.param is None or not isinstance(fault.__cause__, ValidationError):
        return fault
    entry = fault.__cause__.errors()[0]
    context = entry.get("ctx", {})
    _, is_choice, choices = str(context.get("error", "")).partition(" is not one of ")
    allowed = ALLOWED.get(entry["type"], str(entry["msg"])).format(**context)
    option = (
        fault.param.metavar or fault.param.opts[0] if fault.param.param_type_name == "argument" else fault.param.opts[0]
    )
    return BadInput(option, entry["input"], re.findall(r"'([^']*)'", choices) if is_choice else allowed)


app = typer.Typer(
    name="alertnet",
    cls=_Commands,
    help="Raises the alarm for people under threat, and goes on until the right people have answered.",
    epilog="Example: alertnet demo",
    no_args_is_help=True,
    add_completion=False,
    # Boxes around the help take a tenth of a second to import.
    rich_markup_mode=None,
    context_settings={"max_content_width": 120},
    pretty_exceptions_enable=False,
)
app.command(epilog="Example: alertnet demo --tour")(demo)
app.command(epilog="Example: alertnet serve --host 0.0.0.0 --port 8000")(serve)
app.command(epilog="Example: alertnet worker")(worker)
app.command("raise", epilog="Example: alertnet raise --country CO --type arrest --consent national --person P7")(
    raise_incident
)
app.command(epilog="Example: alertnet drill --country CO --type arrest")(drill)
app.command(epilog="Example: alertnet call-sheet --country CO --type arrest --consent international")(call_sheet)
app.command(epilog="Example: alertnet journeys --team north")(journeys)
app.command(epilog="Example: alertnet roll-call --team north --raise")(roll_call)
app.command(epilog='Example: alertnet pause --method sms --for 30m --why "the provider loses texts"')(pause)
app.command(epilog='Example: alertnet purge --incident A-7K3M --why "she asked for it"')(purge)
app.command(epilog="Example: alertnet doctor")(doctor)
app.command(epilog="Example: alertnet subject north/ana --json")(subject)
app.command(epilog="Example: alertnet letter embassy-es --language es")(letter)
app.command(epilog="Example: alertnet field-card --team north --discreet --format png")(field_card)
app.add_typer(trees.app, name="trees")
app.add_typer(templates.app, name="templates")
app.add_typer(keys.app, name="keys")
app.add_typer(pins.app, name="pins")
app.add_typer(users.app, name="users")
app.add_typer(duty.app, name="duty")
app.add_typer(numbers.app, name="numbers")
app.add_typer(incidents.app, name="incidents")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(audit.app, name="audit")
app.add_typer(database.app, name="db")


def _version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"alertnet {__version__}")
        raise typer.Exit


@app.callback()
def begin(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """Options that are valid before every command."""
    # The tour of the demo prints in colours.
    if context.invoked_subcommand != "demo":
        leave_out_unwanted()


@cache
def commands() -> TyperGroup:
    """All commands, put together from the signatures of their functions."""
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    return root


def _check_text(arguments: Sequence[str]) -> None:
    """Refuse arguments that are no valid UTF-8: they could be neither encrypted nor shown.

    Raises:
        BadInput: names the first such argument.
    """
    for argument in arguments:
        if not argument.isascii() and any("\ud800" <= character <= "\udfff" for character in argument):
            raise BadInput("argument", argument.encode(errors="replace").decode(), "text in UTF-8")


def _load_env_file() -> None:
    """Take over the variables of `.env` that the environment does not set.

    Raises:
        Misconfigured: it can't be read, as where it belongs to the user of another installation.
    """
    try:
        load_dotenv(".env")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise Misconfigured((f".env: can't be read: {reason}",)) from None


def main() -> None:
    """Run the command from `sys.argv`, with the variables of `.env` in the current folder."""
    # None where it is closed, as by some schedulers: a command that reads it finds it empty.
    sys.stdin = sys.stdin or StringIO()
    try:
        _load_env_file()
        _check_text(sys.argv)
        commands()(prog_name="alertnet")
    except AlertnetError as error:
        typer.echo(error.for_operator, err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        if error.filename is not None or error.errno not in FULL:
            raise
        # What is left to be written would fail once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        typer.echo(f"standard output: {error.strerror}. What the command did is done, but not said in full", err=True)
        sys.exit(1)
