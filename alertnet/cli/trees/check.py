"""`alertnet trees check`: lists faults and advice as text, JSON or GitHub annotations."""

import gc
import json
from collections.abc import Iterable
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from alertnet.cli.arguments import TEMPLATES, TREES, Templates, TreesFolder
from alertnet.cli.connection import connected
from alertnet.core.directory.contact_tree import Network
from alertnet.core.errors import AlertnetError
from alertnet.runtime.clock import system_clock
from alertnet.shipped import shipped

if TYPE_CHECKING:
    from alertnet.trees import Fault, Survey

Strict = Annotated[bool, typer.Option("--strict", help="End with exit code 1 where something is unwise.")]

Format = Literal["text", "json", "github"]

As = Annotated[Format, typer.Option(help="text is for reading, json for programs, github for GitHub Actions.")]


def check(
    folder: TreesFolder = TREES, strict: Strict = False, format: As = "text", templates: Templates = TEMPLATES
) -> None:
    """Report every fault of every file, with its line and what is allowed, and what is legal but unwise.

    Exit code 2 where there is a fault, 1 with --strict where something is unwise, else 0.
    """
    from alertnet.trees import survey

    # The trees are read once and then the process ends; the garbage collector would take a third of the time.
    gc.disable()
    found = survey(folder, system_clock().date(), _spoken(templates), _tested)
    faults, unwise = found.faults, found.unwise
    match format:
        case "json":
            listed = [*_plain("error", faults), *_plain("warning", unwise)]
            typer.echo(json.dumps(listed, indent=1, ensure_ascii=False))
        case "github":
            typer.echo("\n".join([*_annotations("error", folder, faults), *_annotations("warning", folder, unwise)]))
        case "text":
            _write(folder, found)
    raise typer.Exit(2 if faults else 1 if strict and unwise else 0)


def _spoken(templates: Path) -> list[str] | None:
    """The languages with messages; None where there is no folder of templates."""
    from alertnet.messages.checks.lint import languages_of
    from alertnet.messages.templates.load import Templates, read_files

    folders = [folder for folder in (templates, shipped("message_templates")) if folder.is_dir()]
    files = [read_files(folder)[0] for folder in folders]
    return sorted({tag for each in files for tag in languages_of(Templates(each))}) if files else None


def _tested(network: Network) -> dict[tuple[str, str], date | None]:
    """When tests were last answered, by the database if there is one."""
    from alertnet.flows.notifications.number_tests import shown_to_work

    try:
        with connected() as runtime:
            return runtime.read(shown_to_work, network)
    except AlertnetError:
        return {}


def _write(folder: Path, found: "Survey") -> None:
    for fault in found.faults:
        typer.echo(fault, err=True)
    for first, *more in _alike(found.unwise):
        typer.echo(f"warning: {first}")
        if more:
            typer.echo(f"    the same of {len(more)} more: {_listed(_apart(each, first) for each in more)}")
    if found.network is not None:
        typer.echo(f"{folder}: no faults. Trees: {_listed(found.files)}. Teams: {_listed(found.network.teams)}.")


def _alike(found: Iterable["Fault"]) -> list[list["Fault"]]:
    """The findings, those together that say the same in one file."""
    groups: dict[object, list[Fault]] = {}
    for each in found:
        groups.setdefault((each.file, str(each.message)), []).append(each)
    return [*groups.values()]


def _apart(one: "Fault", other: "Fault") -> str:
    """What tells its place from that of the other: its line, and where its path differs, as `14 duty-ranchi`."""
    pairs = zip_longest(one.path.split("."), other.path.split("."))
    return " ".join([str(one.line), *(own for own, theirs in pairs if own and own != theirs)])


def _plain(severity: str, found: Iterable["Fault"]) -> list[dict[str, object]]:
    return [
        {
            "severity": severity,
            "file": each.file,
            "line": each.line,
            "column": each.column,
            "path": each.path,
            "value": each.value,
            "message": str(each.message),
            "allowed": list(map(str, each.allowed)),
        }
        for each in found
    ]


def _annotations(severity: str, folder: Path, found: Iterable["Fault"]) -> list[str]:
    """Findings as workflow commands: https://docs.github.com/actions/reference/workflow-commands-for-github-actions."""
    from alertnet.trees.folder_files import path_of

    return [
        f"::{severity} file={_escaped(str(path_of(folder, each.file)))},"
        f"line={max(each.line, 1)},col={max(each.column, 1)}::{_escaped(str(each))}"
        for each in found
    ]


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
