"""A time axis as SVG: a lane per row, a mark per event, a column per moment.

Columns are at least a mark apart, however close the moments are, and marks of one moment are stacked. So no mark hides
another. Colours are CSS classes: a page styles them, a standalone file contains the styles.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from html import escape
from itertools import groupby

from alertnet.core.codec import value

MARK, NAME, AIR, HEADING = 20, 18, 6, 44
"""Pixels: a mark with its margin, a lane's name, the space below it, and the heading of a standalone picture."""
NARROWEST, A_MINUTE, BETWEEN_LABELS = 22, 4, 28
"""Pixels: the smallest gap, the width of a minute, and the smallest distance between labels below."""
LETTER = 7
NOT_IN_XML = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0xFFFE, 0xFFFF), " ") | {
    ord(each): each for each in "\n\t"
}
"""Replacements for control characters, which XML forbids and fonts lack."""
STEPS = tuple(timedelta(seconds=seconds) for seconds in (0, 20, 60, 300, 900, 3600, 4 * 3600, 24 * 3600, 7 * 24 * 3600))

STYLE = """
.axis{font:12px sans-serif;background:#fff}
.axis text{fill:#111}
.axis .when{fill:#444;font-size:11px}
.axis line{stroke:#d9d5c8}
.axis .now{stroke:#a8320a}
.axis .mark circle,.axis .mark rect{fill:#565656}
.axis .alarm circle,.axis .alarm rect,.axis .trouble circle,.axis .trouble rect{fill:#a8320a}
.axis .told circle,.axis .told rect{fill:#7a5200}
.axis .asked circle,.axis .asked rect{fill:#5b3a9e}
.axis .answered circle,.axis .answered rect{fill:#12663c}
.axis .mark text{fill:#fff;font-size:10px;text-anchor:middle}
.axis .planned circle,.axis .planned rect{fill:#fff;stroke:#6b6b6b;stroke-dasharray:3 2}
.axis .planned text{fill:#565656}
"""
"""Styles of a standalone picture."""


@value
class Mark:
    """An event in a row. `sign`: one or two letters; `tone`: its colour class; `answers`: it is drawn as a square."""

    at: datetime
    row: str
    sign: str
    tone: str
    words: str
    answers: bool = False
    planned: bool = False


@value
class TimeAxis:
    """What to draw. `when` labels a moment; `now` labels the line between past and planned events.

    `most`: the most columns; beyond that, moments that are close share one. `widest`: the widest gap, in pixels.
    """

    title: str
    description: str
    marks: Sequence[Mark]
    when: Callable[[datetime], str]
    now: str = ""
    most: int = 10_000
    widest: int = 80


@value
class Figure:
    """An SVG and its size in pixels."""

    svg: str
    width: int
    height: int


def as_svg(axis: TimeAxis) -> str:
    """The picture for a page, whose stylesheet colours it, with title, description and text for each mark.

    The names of its lanes are a second SVG on top, so that they stay visible while the picture is scrolled. On paper,
    where it is made to fit, they stand in the picture itself.
    """
    layout = _layout(axis, 0)
    names = f'<g class="lanes">{"".join(_names(layout.lanes))}</g>'
    width = LETTER * max(map(len, layout.lanes), default=0)
    size = f'width="{width}" height="{layout.bottom}"'
    return f'{_drawn(axis, layout, (names,))}<svg class="axis names" aria-hidden="true" {size}>{names}</svg>'


def as_file(axis: TimeAxis) -> str:
    """The picture as a standalone file, with colours, title and description."""
    layout = _layout(axis, HEADING, LETTER * max(len(axis.title), len(axis.description)))
    title = f'<text x="2" y="16" font-size="15">{_escaped(axis.title)}</text>'
    description = f'<text class="when" x="2" y="34">{_escaped(axis.description)}</text>'
    return _drawn(axis, layout, (f"<style>{STYLE}</style>", title, description, *_names(layout.lanes)))


def as_figure(axis: TimeAxis) -> Figure:
    """The picture with its own styles, for a page that shows it below a title."""
    layout = _layout(axis, 0)
    return Figure(_drawn(axis, layout, (f"<style>{STYLE}</style>", *_names(layout.lanes))), layout.width, layout.height)


@value
class _Layout:
    """The positions of everything. `bottom`: where the last lane ends; `labels`: by their x position."""

    marks: Sequence[Mark]
    columns: Mapping[datetime, float]
    lanes: Mapping[str, int]
    labels: Mapping[float, str]
    width: int
    bottom: int

    @property
    def height(self) -> int:
        """The height, including the labels below the lanes and the word for now."""
        return self.bottom + LETTER * max(map(len, self.labels.values()), default=0) + MARK


def _layout(axis: TimeAxis, top: int, width: int = 0) -> _Layout:
    columns = _columns(axis)
    marks = _joined(axis.marks, columns)
    lanes, bottom = _lanes(marks, columns, top)
    labels: dict[float, str] = {}
    for x, these in groupby(columns.items(), key=lambda each: each[1]):
        label = axis.when(next(these)[0])
        is_apart = not labels or x - max(labels) >= BETWEEN_LABELS
        labels |= {x: label} if is_apart and label not in labels.values() else {}
    widest = max([width, *(LETTER * len(row) for row in lanes), *columns.values()])
    return _Layout(marks, columns, lanes, labels, round(widest) + MARK + AIR, bottom)


def _drawn(axis: TimeAxis, layout: _Layout, more: Iterable[str]) -> str:
    width, height, title = layout.width, layout.height, _escaped(axis.title)
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="axis" role="img" aria-label="{title}" {size}>',
        f"<title>{title}</title><desc>{_escaped(axis.description)}</desc>",
        *more,
        *(f'<line x1="0" x2="{width}" y1="{y + NAME}" y2="{y + NAME}"/>' for y in layout.lanes.values()),
        *_now(axis, layout),
        *_marks(layout),
        *_moments(layout),
    ]
    return "\n".join([*lines, "</svg>"])


def _escaped(text: str) -> str:
    return escape(text.translate(NOT_IN_XML))


def _names(lanes: Mapping[str, int]) -> Iterator[str]:
    return (f'<text x="2" y="{y + NAME - 5}">{_escaped(row)}</text>' for row, y in lanes.items())


def _columns(axis: TimeAxis) -> dict[datetime, float]:
    """The x position of each moment: a longer pause gives a wider gap, within limits."""
    past, planned = (sorted({each.at for each in axis.marks if each.planned is which}) for which in (False, True))
    shared: list[list[datetime]] = []
    for step in STEPS:
        shared = [*_together(past, step), *_together(planned, step)]
        if len(shared) <= axis.most:
            break
    x, columns = float(MARK), dict[datetime, float]()
    for before, these in zip([None, *shared], shared, strict=False):
        minutes = (these[0] - before[0]) / timedelta(minutes=1) if before else 0
        x += min(axis.widest, max(NARROWEST, A_MINUTE * minutes)) if before else 0
        columns |= dict.fromkeys(these, x)
    return columns


def _together(moments: Iterable[datetime], step: timedelta) -> Iterator[list[datetime]]:
    """Groups of moments that lie within one step of the group's first."""
    these: list[datetime] = []
    for at in moments:
        if these and at - these[0] > step:
            yield these
            these = []
        these.append(at)
    if these:
        yield these


def _joined(marks: Iterable[Mark], columns: dict[datetime, float]) -> list[Mark]:
    """Equal marks in one column joined into one mark with their number."""
    alike: dict[tuple[object, ...], list[Mark]] = {}
    for each in marks:
        key = (each.row, columns[each.at], each.sign, each.tone, each.planned)
        alike.setdefault(key, []).append(each)
    return [
        first if not more else replace(first, sign=f"{first.sign}{len(more) + 1}", words=f"{first.words}, …")
        for first, *more in alike.values()
    ]


def _lanes(marks: Sequence[Mark], columns: dict[datetime, float], top: int) -> tuple[dict[str, int], int]:
    """Where each lane begins (its height depends on its fullest column), and where the last ends."""
    heights: dict[str, dict[float, int]] = {}
    for each in marks:
        of_row = heights.setdefault(each.row, {})
        of_row[columns[each.at]] = of_row.get(columns[each.at], 0) + 1
    lanes, y = dict[str, int](), top
    for row, of_row in heights.items():
        lanes[row] = y
        y += NAME + AIR + MARK * max(of_row.values()) + AIR
    return lanes, y


def _marks(layout: _Layout) -> Iterator[str]:
    stacked: dict[tuple[str, float], int] = {}
    for each in layout.marks:
        x = layout.columns[each.at]
        place = stacked.get((each.row, x), 0)
        stacked[each.row, x] = place + 1
        y = layout.lanes[each.row] + NAME + AIR + MARK * place + 9
        shape = f'<rect x="{x - 8:.0f}" y="{y - 8}" width="16" height="16" rx="3"/>'
        shape = shape if each.answers else f'<circle cx="{x:.0f}" cy="{y}" r="8"/>'
        tone = f"{each.tone} planned" if each.planned else each.tone
        letters = f'<text x="{x:.0f}" y="{y + 4}">{_escaped(each.sign)}</text>'
        yield f'<g class="mark {tone}"><title>{_escaped(each.words)}</title>{shape}{letters}</g>'


def _now(axis: TimeAxis, layout: _Layout) -> Iterator[str]:
    planned = [layout.columns[each.at] for each in axis.marks if each.planned]
    if axis.now and planned:
        x, y = min(planned) - NARROWEST / 2, layout.height - 6
        yield f'<line class="now" x1="{x:.0f}" x2="{x:.0f}" y1="0" y2="{y - 12}"/>'
        yield f'<text class="when" x="{x:.0f}" y="{y}" text-anchor="middle">{_escaped(axis.now)}</text>'


def _moments(layout: _Layout) -> Iterator[str]:
    for x, label in layout.labels.items():
        place = f'transform="translate({x + 4:.0f} {layout.bottom + 6}) rotate(-90)" text-anchor="end"'
        yield f'<text class="when" {place}>{_escaped(label)}</text>'
