"""What commands put out: rows in columns, and files that nobody else may read."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import typer

from alertnet.core.errors import BadInput


def aligned(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A line for each row, two spaces between its columns; `-` where there is nothing. All rows are equally long."""
    texts = [["-" if cell in (None, "") else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def print_rows(rows: Iterable[Sequence[object]], nothing: str) -> None:
    """A line for each row; that there is none is said on stderr, where no script takes it for one."""
    lines = [*aligned(rows)]
    for line in lines:
        typer.echo(line)
    if not lines:
        typer.echo(nothing, err=True)


def write_confidential(path: Path, content: bytes) -> None:
    """Put the content there with mode 600, in the place of what was there before.

    Raises:
        BadInput: nothing can be written there, with the system's reason.
    """
    try:
        # A file that is there keeps its mode when it is written to: a new one takes its place, readable by no other.
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except OSError as error:
        raise BadInput("--output", str(path), f"a file that can be written ({error.strerror})") from None
