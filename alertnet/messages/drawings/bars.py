"""A bar chart of durations as SVG: the strong part of a bar is the median, the pale part the 90th percentile."""

from collections.abc import Sequence
from html import escape

from alertnet.core.codec import value

ROW, NAME, BAR, WIDTH = 40, 16, 14, 640
"""Pixels."""


@value
class Bar:
    """A row: its name, the strong and the pale length in minutes, and the text beside them."""

    name: str
    strong: float | None
    pale: float | None
    words: str


def as_bars(title: str, description: str, bars: Sequence[Bar]) -> str:
    """Draw the chart; the page's stylesheet colours it. A row without lengths shows only its text."""
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
