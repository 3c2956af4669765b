"""Draws route.svg from route.txt: the way of one SMS through the house, a step to a line.

python docs/route.py
"""

from html import escape
from pathlib import Path

FOLDER = Path(__file__).parent
COLUMNS = {"outside": "outside", "edge": "edges", "flows": "flows", "core": "core", "store": "store"}
WIDTH, BOX, STEP, TOP, LEFT = 1180, 330, 76, 54, 20
GAP = (WIDTH - 2 * LEFT - BOX) / (len(COLUMNS) - 1)
SIGN = 7.6
"""How wide a sign of the text is at most."""
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1d2733 } .module { font: 600 12px ui-monospace, monospace }
  .column { font-weight: 600; fill: #5b6b7c } rect { fill: #fff; stroke: #9fb0c0 }
  .core rect { fill: #eaf3ff; stroke: #4a86c5 }
  .way { stroke: #9fb0c0; fill: none; marker-end: url(#arrow) } .tip { fill: #9fb0c0 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .column { fill: #9fb0c0 } rect { fill: #1b232c; stroke: #5b6b7c }
    .core rect { fill: #17324d; stroke: #4a86c5 }
  }
"""


def steps(text: str) -> list[tuple[str, str, str]]:
    """(column, module, what happens) of each line that is no comment."""
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    parted = ([part.strip() for part in line.split("|")] for line in lines)
    return [(column, module, words) for column, module, words in parted]


def draw(text: str) -> str:
    """The picture as SVG."""
    found = steps(text)
    height = TOP + STEP * len(found)
    left = {name: LEFT + GAP * place for place, name in enumerate(COLUMNS)}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>The route of one SMS in {len(found)} steps</title><style>{STYLE}</style>",
        '<marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">',
        '<path class="tip" d="M0,0 L8,4 L0,8 z"/></marker>',
    ]
    parts += [f'<text class="column" x="{left[name]:.0f}" y="28">{title}</text>' for name, title in COLUMNS.items()]
    for place, (column, module, words) in enumerate(found):
        x, y = left[column], TOP + STEP * place
        width = max(180, SIGN * max(len(module) + 3, len(words)) + 20)
        if place:
            before = left[found[place - 1][0]]
            parts.append(f'<path class="way" d="M{before + 90:.0f},{y - STEP + 46} L{x + 90:.0f},{y - 2}"/>')
        parts += [
            f'<g class="{column}"><rect x="{x:.0f}" y="{y}" width="{width:.0f}" height="46" rx="6"/>',
            f'<text class="module" x="{x + 10:.0f}" y="{y + 18}">{place + 1} {escape(module)}</text>',
            f'<text x="{x + 10:.0f}" y="{y + 36}">{escape(words)}</text></g>',
        ]
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    (FOLDER / "route.svg").write_text(draw((FOLDER / "route.txt").read_text()))
