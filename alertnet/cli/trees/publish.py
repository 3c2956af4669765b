"""`alertnet trees publish` and `rollback`: put an edition in force after showing what it changes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alertnet.cli.arguments import TREES_HELP, By, Yes, confirm, decider
from alertnet.cli.connection import connected
from alertnet.cli.trees.editions import Which, named, written
from alertnet.core.directory.contact_tree import Network
from alertnet.core.errors import BadInput, Misconfigured, WrongState
from alertnet.runtime.clock import system_clock

if TYPE_CHECKING:
    from alertnet.runtime.wiring import Runtime
    from alertnet.store.records.editions import Publication

Edited = Annotated[Path, typer.Argument(metavar="FOLDER", help=TREES_HELP)]
Author = Annotated[str, typer.Option(metavar="NAME", help="Who publishes it, for the history.")]
Why = Annotated[str, typer.Option(metavar="TEXT", help="Why, in a few words, for the history.")]
MadeFrom = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="@12", help="The edition that the folder was made from, where the folder names none."
    ),
]
Reason = Annotated[
    str, typer.Option(metavar="TEXT", help="Why, for the history; unless given, that it is a step back.")
]


def publish(folder: Edited, by: Author, why: Why, made_from: MadeFrom = None, yes: Yes = False) -> None:
    """Check a folder, show what it changes, ask, and put it in force everywhere. Open incidents go on as before.

    It is refused if another edition was published since the one that the folder was made from, so nothing is
    overwritten.
    """
    from alertnet.runtime import tree_editing
    from alertnet.store.records.editions import Authorship, content_of
    from alertnet.trees.folder_files import beside_shared, edition_marked, pack

    by, why = _said("--by", by), _said("--why", why)
    with connected() as runtime:
        whole = beside_shared(folder, runtime.settings.contact_trees)
        files, network = pack(whole), _checked(whole)
        history = runtime.watched.history()
        latest = history[-1] if history else None
        if latest is not None and content_of(network, files).is_like(latest.content):
            typer.echo(f"No difference from @{latest.number}, which is in force: nothing to publish.")
            _mark(folder, latest.number)
            return
        if latest is not None:
            _require_made_from(runtime, history, latest, made_from or edition_marked(folder), folder)
        _ask(runtime, network, latest, f"by {by}: {why}", yes)
        number = tree_editing.put_in_force(runtime, network, latest, Authorship(by, why, "publish", files)).number
        _mark(folder, number)
        _tell(runtime, number)


def rollback(edition: Which, by: By = "", why: Reason = "", yes: Yes = False) -> None:
    """Put an earlier edition in force again, as a new one; those in between stay in the history."""
    from alertnet.runtime import tree_editing

    with connected() as runtime:
        earlier, latest = named(runtime, edition), runtime.watched.latest
        if earlier.content.is_like(latest.content):
            typer.echo(f"No difference: @{latest.number}, which is in force, says the same as @{earlier.number}.")
            return
        by, why = decider(by), why.strip() or f"back to @{earlier.number}"
        _ask(runtime, tree_editing.network_of(runtime, earlier), latest, f"by {by}: {why}", yes)
        number = tree_editing.put_back(runtime, earlier, latest, by, why).number
        _tell(runtime, number)


def _ask(runtime: "Runtime", network: Network, latest: "Publication | None", authorship: str, yes: bool) -> None:
    """Show what the network changes of what is in force, and ask whether it shall be."""
    from alertnet.core.replan.describe_tree_diff import differences
    from alertnet.runtime.settings.settings import check_methods
    from alertnet.runtime.tree_editing import network_of

    check_methods(runtime.settings, network.methods)
    for line in differences(network_of(runtime, latest), network):
        typer.echo(line)
    confirm(f"Put this in force, {authorship}?", yes)


def _require_made_from(
    runtime: "Runtime", history: "tuple[Publication, ...]", latest: "Publication", marked: str | None, folder: Path
) -> None:
    """Refuse a folder that was made from another edition than the one in force; `WrongState` says what came since."""
    from alertnet.runtime.tree_editing import changes_between

    if marked is None:
        allowed = f"the edition that {folder} was made from; @{latest.number} is in force"
        raise BadInput("--from", marked, f"{allowed}, and `alertnet trees export @{latest.number} FOLDER` notes it")
    base = named(runtime, marked)
    if base.content.is_like(latest.content):
        return
    lines = [
        f"{folder} was made from @{base.number}. Since then:",
        *(f"  {written(each)}" for each in history if each.number > base.number),
        "That changed:",
        *(f"  {line}" for line in changes_between(runtime, base, latest)),
        f"Make your change in a folder of `alertnet trees export @{latest.number} NEW`, and publish that; "
        "yours is as it was, and nothing was published",
    ]
    raise WrongState("the edition in force", f"@{latest.number}", "\n".join(lines))


def _checked(folder: Path) -> Network:
    """The network of a folder; raises `Misconfigured` where it has faults, and prints advice."""
    from alertnet.trees import survey

    found = survey(folder, system_clock().date())
    if found.network is None:
        raise Misconfigured(map(str, found.faults))
    for warning in found.unwise:
        typer.echo(f"warning: {warning}", err=True)
    return found.network


def _mark(folder: Path, number: int) -> None:
    """Note the edition in the folder, also where a command that published it was cut short before that."""
    from alertnet.trees.folder_files import mark_edition

    try:
        mark_edition(folder, number)
    except OSError:
        typer.echo(f"{folder} can't be written: next time say --from @{number}.", err=True)


def _said(option: str, text: str) -> str:
    if not text.strip():
        raise BadInput(option, text, "a few words")
    return text.strip()


def _tell(runtime: "Runtime", number: int) -> None:
    """Say what is in force, and whether the watched folder holds other files: edits there would be refused."""
    from alertnet.store.records.documents import hash_of
    from alertnet.trees.folder_files import own_folder, pack

    typer.echo(f"@{number} is in force. Incidents that are open go on by the trees that they opened on.")
    folder, watched = runtime.watched.folder, own_folder(runtime.watched.folder)
    files = runtime.watched.latest.files
    if not runtime.watched.is_example and watched.is_dir() and hash_of(pack(folder)) != files:
        typer.echo(
            f"{watched}, which is watched, was left behind: `alertnet trees export @{number} {watched}` "
            "brings it up, and until then an edit there is refused."
        )
