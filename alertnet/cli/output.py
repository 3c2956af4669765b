"""Output of commands: aligned rows, and files that only the user can read."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import typer

from alertnet.core.errors import BadInput


def one_line(text: str) -> str:
    """The text on one line, without what would steer the terminal: the database may hold what others have written."""
    from alertnet.runtime.logging import as_shown

    return text if text.isprintable() else " ".join(as_shown(text).split("\n"))


def aligned(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A line per row with aligned columns; `-` stands for empty cells. All rows must have the same length."""
    texts = [["-" if cell in (None, "") else one_line(str(cell)) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def print_rows(rows: Iterable[Sequence[object]], nothing: str = "") -> None:
    """Print the rows; `nothing`: what is said on stderr, where no script takes it for a row, if there are none."""
    lines = [*aligned(rows)]
    for line in lines:
        typer.echo(line)
    if nothing and not lines:
        typer.echo(nothing, err=True)


def write_confidential(path: Path, content: bytes, remark: str) -> None:
    """Write a file with mode 600 in place of any other, and print the remark.

    For `-` the content alone is printed, and what is no file, such as /dev/stdout, gets the content alone.
    """
    if str(path) == "-":
        typer.echo(content, nl=False)
        return
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
            return
        # Writing into an existing file would keep its mode, so a new one replaces it; a link still leads to it.
        place = path.resolve()
        handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).replace(place)
    except OSError as error:
        raise BadInput("--output", str(path), f"a file that can be written ({error.strerror})") from None
    typer.echo(remark)
