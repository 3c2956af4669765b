"""The call sheet as plain text, for a screen or any printer."""

import textwrap
from collections.abc import Iterator

from alertnet.messages.call_sheet import Boxes, Group, Line, Style

WIDTH = 78
MARGINS = {
    Style.TITLE: ("", ""),
    Style.NOTE: ("", "   "),
    Style.WARNING: ("!! ", "   "),
    Style.TREE: ("", ""),
    Style.LEVEL: ("", "  "),
    Style.CONTACT: ("  * ", "    "),
    Style.DETAIL: ("    ", "      "),
    Style.SAY: ("    ", "       "),
}
"""The indents of a line's first and further rows."""

RULES = {Style.TITLE: "=", Style.TREE: "=", Style.LEVEL: "-"}
"""The character that underlines a heading."""


def as_text(groups: tuple[Group, ...]) -> str:
    """The sheet as text, with an empty line between groups."""
    return "\n\n".join("\n".join(line for part in group for line in _lines(part)) for group in groups) + "\n"


def _lines(part: Line | Boxes) -> Iterator[str]:
    if isinstance(part, Boxes):
        ticks = "  ".join(f"[ ] {tick}" for tick in part.ticks)
        yield f"    {part.time} __:__  {ticks}  {part.note} ".ljust(WIDTH, "_")
        return
    first, others = MARGINS[part.style]
    # Don't break ids and numbers: people read them out and search for them.
    yield from textwrap.wrap(part.text, WIDTH, initial_indent=first, subsequent_indent=others, break_on_hyphens=False)
    if part.style in RULES:
        yield RULES[part.style] * WIDTH
