"""A rehearsal as a picture: a line for each contact, a mark for each message, time from left to right."""

from datetime import datetime, timedelta
from html import escape

from alertnet.core.forecast.simulation import Told
from alertnet.core.notification import Kind
from alertnet.flows.incidents.preview import Played

WIDTH, LEFT, ROW, TOP = 1100, 300, 22, 64
MARKS = {"sms": "S", "call": "C", "email": "M", "task": "T"}
COLOURS = {
    Kind.ALERT: "#b3261e",
    Kind.REMINDER: "#8a5a00",
    Kind.DECISION: "#1d4ed8",
    Kind.ALARM: "#6d28d9",
    Kind.TASK: "#0b5134",
}
OTHER = "#374151"
SHORTEST = timedelta(minutes=1)


def as_svg(played: Played) -> str:
    """An SVG that stands alone, with a title and a line of text for each mark."""
    told = played.rehearsal.told
    rows = list(dict.fromkeys((each.tree, each.contact.id) for each in told))
    last = max((each.at for each in told), default=played.opened_at)
    scale = _Scale(played.opened_at, max(last - played.opened_at, SHORTEST))
    height = TOP + ROW * len(rows) + 40
    facts = played.facts
    title = f"{facts.type}, {facts.severity}, {facts.country}, opened {played.opened_at:%Y-%m-%d %H:%M} UTC"
    box = f"0 0 {WIDTH} {height}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="16" y="26" font-size="16" font-weight="bold" fill="#111">{escape(title)}</text>',
        _legend(),
    ]
    for place, (tree, contact) in enumerate(rows):
        y = TOP + ROW * place
        label = escape(f"{tree} · {contact}")
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - 20}" y1="{y}" y2="{y}" stroke="#ddd"/>')
        parts.append(f'<text x="16" y="{y + 4}" fill="#111">{label}</text>')
    parts += (_mark(played, each, scale, TOP + ROW * rows.index((each.tree, each.contact.id))) for each in told)
    parts += scale.labels(height - 14)
    return "\n".join([*parts, "</svg>"])


class _Scale:
    """Where on the picture a moment is."""

    def __init__(self, start: datetime, length: timedelta) -> None:
        self._start = start
        self._length = length

    def x(self, at: datetime) -> float:
        return LEFT + 10 + (WIDTH - LEFT - 40) * ((at - self._start) / self._length)

    def labels(self, y: int) -> list[str]:
        quarters = [self._length * part / 4 for part in range(5)]
        return [
            f'<text x="{self.x(self._start + span):.0f}" y="{y}" fill="#444" text-anchor="middle">'
            f"+{span.total_seconds() / 60:.0f} min</text>"
            for span in quarters
        ]


def _mark(played: Played, told: Told, scale: _Scale, y: int) -> str:
    local = played.local(told)
    words = f"{told.kind} by {told.method.kind} to {told.contact.id}, {told.level}, {local:%a %H:%M} there"
    colour = COLOURS.get(told.kind, OTHER)
    x, letter = scale.x(told.at), MARKS[told.method.kind]
    return (
        f'<g><title>{escape(words)}</title><circle cx="{x:.1f}" cy="{y}" r="8" fill="{colour}"/>'
        f'<text x="{x:.1f}" y="{y + 4}" fill="#fff" text-anchor="middle" font-size="10">{letter}</text></g>'
    )


def _legend() -> str:
    spans = "".join(f'<tspan dx="14" fill="{colour}">{kind}</tspan>' for kind, colour in COLOURS.items())
    return f'<text x="16" y="46" fill="#444">S SMS, C call, M mail, T task{spans}</text>'
