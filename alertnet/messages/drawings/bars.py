"""Lengths of time as bars beneath one another, as an SVG: half of them by the strong part, nine of ten by the pale."""

from collections.abc import Sequence
from html import escape

from alertnet.core.codec import value

ROW, NAME, BAR, WIDTH = 40, 16, 14, 640
"""In pixels."""


@value
class Bar:
    """A row: its name, the strong and the pale length in minutes, and what is written beside them."""

    name: str
    strong: float | None
    pale: float | None
    words: str


def as_bars(title: str, description: str, bars: Sequence[Bar]) -> str:
    """The picture; a page's stylesheet colours it. Where there is no length, the words stand alone."""
    longest = max((each.pale or each.strong or 0 for each in bars), default=0) or 1
    scale, height = (WIDTH - 230) / longest, ROW * len(bars) + 4
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="axis bars" role="img" aria-label="{escape(title)}"'
        f' viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">',
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>",
    ]
    for place, each in enumerate(bars):
        y = ROW * place
        end = scale * (each.pale or each.strong or 0)
        lines.append(f'<text x="2" y="{y + 13}">{escape(each.name)}</text>')
        for kind, length in (("pale", each.pale), ("strong", each.strong)):
            if length is not None:
                lines.append(
                    f'<rect class="{kind}" x="2" y="{y + NAME + 2}" width="{scale * length + 1:.0f}" height="{BAR}"/>'
                )
        lines.append(f'<text class="when" x="{end + 10:.0f}" y="{y + NAME + 13}">{escape(each.words)}</text>')
    return "\n".join([*lines, "</svg>"])
