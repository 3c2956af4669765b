"""Rows of text as lines whose columns begin below one another."""

from collections.abc import Iterable, Iterator, Sequence


def aligned(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A line for each row, two spaces between its columns; `-` where there is nothing. All rows are equally long."""
    texts = [["-" if cell in (None, "") else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
