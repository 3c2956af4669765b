"""A rehearsal as a picture: a line for each contact, a mark for each message, a column for each moment.

Columns stand apart by at least a mark, however close the moments are; marks of one moment stand one below the other:
so no mark hides another.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from html import escape

from alertnet.cli.trees.scenes import is_prompt
from alertnet.cli.trees.written import head_of, moment
from alertnet.core.forecast.simulation import Told
from alertnet.core.notification import Kind
from alertnet.flows.incidents.preview import Played

MARKS = {"sms": "S", "call": "C", "email": "M", "task": "T"}
COLOURS = {
    Kind.ALERT: "#b3261e",
    Kind.REMINDER: "#8a5a00",
    Kind.DECISION: "#1d4ed8",
    Kind.ALARM: "#6d28d9",
    Kind.TASK: "#0b5134",
}
OTHER = "#374151"
MARK, LETTER, TOP, MOMENTS = 20, 7.5, 64, 110
"""In pixels: a mark with the room around it, a letter, and what stands above the first line and below the last."""
NARROWEST, WIDEST = 22, 80
A_MINUTE = 4

Row = tuple[str, str]


def as_svg(played: Played) -> str:
    """An SVG that stands alone, with a title and a line of text for each mark."""
    told = _without_repeats(played.rehearsal.told)
    rows = list(dict.fromkeys((each.tree, each.contact.id) for each in told))
    left = 40 + LETTER * max((len(f"{tree} · {contact}") for tree, contact in rows), default=0)
    columns = _columns(left, sorted({each.at for each in told}))
    tops, bottom = _tops(rows, told)
    width = max([900, *(x + 3 * MARK for x in columns.values())])
    title, *more = head_of(played)
    box = f"0 0 {width:.0f} {bottom + MOMENTS}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width:.0f}" height="{bottom + MOMENTS}" fill="#fff"/>',
        f'<text x="16" y="22" font-size="15" font-weight="bold" fill="#111">{escape(title)}</text>',
        f'<text x="16" y="40" fill="#444">{escape("; ".join(more))}</text>',
        _legend(),
    ]
    for (tree, contact), top in tops.items():
        line = f'x1="{left}" x2="{width - MARK:.0f}" y1="{top - 2}" y2="{top - 2}"'
        parts.append(f'<line {line} stroke="#ddd"/>')
        parts.append(f'<text x="16" y="{top + 13}" fill="#111">{escape(f"{tree} · {contact}")}</text>')
    parts += _marks(played, told, columns, tops)
    parts += (_label(played, at, x, bottom) for at, x in columns.items())
    return "\n".join([*parts, "</svg>"])


def _without_repeats(told: Sequence[Told]) -> list[Told]:
    """Alarms, questions and tasks are drawn when they are raised, and not each time they ring again."""
    first: dict[tuple[object, ...], datetime] = {}
    shown = []
    for each in told:
        key = (each.trees, each.level, each.kind, each.round)
        if not is_prompt(each) or first.setdefault(key, each.at) == each.at:
            shown.append(each)
    return shown


def _columns(left: float, moments: Sequence[datetime]) -> dict[datetime, float]:
    """Where each moment is: the longer the pause before it, the wider the gap, within bounds."""
    x, columns = left + MARK, dict[datetime, float]()
    for before, at in zip([None, *moments], moments, strict=False):
        minutes = (at - before) / timedelta(minutes=1) if before else 0
        x += min(WIDEST, max(NARROWEST, A_MINUTE * minutes)) if before else 0
        columns[at] = x
    return columns


def _tops(rows: Sequence[Row], told: Sequence[Told]) -> tuple[dict[Row, int], int]:
    """Where each line begins, as high as its fullest moment; and where the last ends."""
    heights: dict[Row, dict[datetime, int]] = {row: {} for row in rows}
    for each in told:
        of_row = heights[each.tree, each.contact.id]
        of_row[each.at] = of_row.get(each.at, 0) + 1
    tops, y = dict[Row, int](), TOP + MARK
    for row in rows:
        tops[row] = y
        y += MARK * max(heights[row].values()) + 6
    return tops, y


def _marks(played: Played, told: Sequence[Told], columns: dict[datetime, float], tops: dict[Row, int]) -> Iterator[str]:
    stacked: dict[tuple[Row, datetime], int] = {}
    for each in told:
        row = each.tree, each.contact.id
        place = stacked.get((row, each.at), 0)
        stacked[row, each.at] = place + 1
        yield _mark(played, each, columns[each.at], tops[row] + MARK * place + 9)


def _mark(played: Played, told: Told, x: float, y: int) -> str:
    fails = "" if told.arrives else ", fails"
    words = f"{told.kind} by {told.method.kind} to {told.contact.id}, {told.level}, {played.local(told):%a %H:%M} there"
    colour, letter = COLOURS.get(told.kind, OTHER), MARKS[told.method.kind]
    return (
        f'<g><title>{escape(words + fails)}</title><circle cx="{x:.1f}" cy="{y}" r="8" fill="{colour}"/>'
        f'<text x="{x:.1f}" y="{y + 4}" fill="#fff" text-anchor="middle" font-size="10">{letter}</text></g>'
    )


def _label(played: Played, at: datetime, x: float, bottom: int) -> str:
    place = f'transform="translate({x + 4:.1f} {bottom + 8}) rotate(-90)"'
    return f'<text {place} text-anchor="end" font-size="11" fill="#444">{escape(moment(played, at).strip())}</text>'


def _legend() -> str:
    spans = "".join(f'<tspan dx="14" fill="{colour}">{kind}</tspan>' for kind, colour in COLOURS.items())
    return f'<text x="16" y="58" fill="#444">S SMS, C call, M mail, T task{spans}</text>'
