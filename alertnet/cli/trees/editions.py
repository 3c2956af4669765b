"""`alertnet trees history` and `export`: lists the editions, and writes the files of one into a folder."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alertnet.cli.connection import connected
from alertnet.core.errors import BadInput

if TYPE_CHECKING:
    from alertnet.runtime.wiring import Runtime
    from alertnet.store.records.editions import Publication

Which = Annotated[
    str, typer.Argument(metavar="@12", help="The edition, by the number that `alertnet trees history` shows.")
]
Into = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="Where its files go: a new folder, or one of an earlier edition.")
]


def history() -> None:
    """List every edition, newest first: number, time, author and reason; the first line is in force."""
    with connected() as runtime:
        published = runtime.watched.history()
    for each in reversed(published):
        typer.echo(written(each))
    if not published:
        typer.echo("No edition yet: `alertnet serve` puts the folder in force as the first, or `trees publish` does.")


def export(edition: Which, folder: Into) -> None:
    """Write the files of an edition, comments included, into a folder to edit and publish from.

    A folder with changes that are in no edition is refused, because they would be lost.
    """
    from alertnet.runtime.tree_editing import packed
    from alertnet.trees.folder_files import mark_edition, of_own, own_folder, unpack

    with connected() as runtime:
        found = named(runtime, edition)
        files, latest = packed(runtime, found), runtime.watched.latest
        _require_nothing_lost(runtime, folder)
        is_watched = folder.resolve() == own_folder(runtime.settings.contact_trees).resolve()
    if is_watched and not found.content.is_like(latest.content):
        back = f"`alertnet trees rollback @{found.number}`"
        raise BadInput("FOLDER", str(folder), f"another folder, since this one is watched; {back} puts it in force")
    try:
        unpack(files, folder)
        mark_edition(folder, found.number)
    except OSError as error:
        raise BadInput("FOLDER", str(folder), f"a folder that can be written ({error.strerror})") from None
    shared = "" if of_own(files) == files else ", without what it shares with other installations"
    typer.echo(f"{folder} holds @{found.number}{shared}.")


def named(runtime: "Runtime", text: str) -> "Publication":
    """The edition of that number; raises `BadInput` where it is not `@` and a number, `Unknown` where there is none."""
    from alertnet.runtime.tree_editing import edition_named

    number = text.removeprefix("@")
    if not (number.isascii() and number.isdigit()):
        raise BadInput("edition", text, "@ and a number of `alertnet trees history`")
    return edition_named(runtime, int(number))


def written(edition: "Publication") -> str:
    """An edition on one line: number, time, author and reason."""
    why = edition.why or ("the folder was edited" if edition.by else "as it was read at a start")
    return f"@{edition.number}  {edition.since:%Y-%m-%d %H:%M} UTC  {edition.by or '-'}: {why}"


def _require_nothing_lost(runtime: "Runtime", folder: Path) -> None:
    """Refuse (`BadInput`) a folder with a tree file that is in no edition.

    One that holds files of several is no loss: an export that was cut short is repeated.
    """
    from alertnet.runtime.tree_editing import packed
    from alertnet.trees.folder_files import pack

    left = json.loads(pack(folder))
    for edition in reversed(runtime.watched.history()):
        if not left:
            return
        kept = json.loads(packed(runtime, edition)) if edition.files else {}
        left = {file: content for file, content in left.items() if kept.get(file) != content}
    if left:
        raise BadInput("FOLDER", str(folder), "a new folder: this one holds files that are in no edition")
