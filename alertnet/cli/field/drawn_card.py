"""Draws the field card on an A4 page, as PDF or PNG: a column per language, to fold to wallet size."""

from io import BytesIO
from pathlib import Path

import reportlab
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from alertnet.core.codec import value
from alertnet.messages.field_card import Panel
from alertnet.messages.words import NO_BREAK

PAGE = (297.0, 210.0)
PANEL = (85.0, 54.0)
"""Millimetres: an A4 page in landscape, and a bank card."""
MARGIN = ((PAGE[0] - 3 * PANEL[0]) / 2, 30.0)
INSET, LEADING = 3.0, 2.9
SIZE, SMALLEST = 6.6, 4.0  # points
PLAIN, BOLD = "Vera", "VeraBd"
DPI = 300
_FONTS = Path(reportlab.__file__).parent / "fonts"


@value
class Written:
    """A line of text; `x` and `y` are millimetres from the top left corner to its baseline."""

    x: float
    y: float
    text: str
    font: str
    size: float


Rule = tuple[float, float, float, float]


def lay_out(columns: list[list[Panel]]) -> tuple[list[Written], list[Rule]]:
    """All texts with their places, and the lines to cut and fold along."""
    for font in (PLAIN, BOLD):
        registerFont(TTFont(font, f"{font}.ttf"))
    written: list[Written] = []
    rows = max(map(len, columns))
    for column, panels in enumerate(columns):
        for row, panel in enumerate(panels):
            written += _panel(panel, MARGIN[0] + column * PANEL[0], MARGIN[1] + row * PANEL[1])
    right, bottom = MARGIN[0] + len(columns) * PANEL[0], MARGIN[1] + rows * PANEL[1]
    across = [(MARGIN[0], MARGIN[1] + row * PANEL[1], right, MARGIN[1] + row * PANEL[1]) for row in range(rows + 1)]
    down = [(MARGIN[0] + at * PANEL[0], MARGIN[1], MARGIN[0] + at * PANEL[0], bottom) for at in range(len(columns) + 1)]
    return written, [*across, *down]


def as_pdf(columns: list[list[Panel]]) -> bytes:
    """The page as a PDF without metadata about its author."""
    written, rules = lay_out(columns)
    out = BytesIO()
    canvas = Canvas(out, pagesize=(PAGE[0] * mm, PAGE[1] * mm), invariant=1)
    canvas.setLineWidth(0.3)
    canvas.setDash(2, 2)
    for x1, y1, x2, y2 in rules:
        canvas.line(x1 * mm, (PAGE[1] - y1) * mm, x2 * mm, (PAGE[1] - y2) * mm)
    for each in written:
        canvas.setFont(each.font, each.size)
        canvas.drawString(each.x * mm, (PAGE[1] - each.y) * mm, each.text)
    canvas.save()
    return out.getvalue()


def as_png(columns: list[list[Panel]]) -> bytes:
    """The page as a PNG, to send or to show on a phone."""
    written, rules = lay_out(columns)
    dots = DPI / 25.4
    image = Image.new("L", (round(PAGE[0] * dots), round(PAGE[1] * dots)), 255)
    draw = ImageDraw.Draw(image)
    for rule in rules:
        draw.line([value * dots for value in rule], fill=160, width=2)
    for each in written:
        font = ImageFont.truetype(str(_FONTS / f"{each.font}.ttf"), round(each.size * DPI / 72))
        draw.text((each.x * dots, each.y * dots), each.text, fill=0, font=font, anchor="ls")
    out = BytesIO()
    image.save(out, "PNG", dpi=(DPI, DPI))
    return out.getvalue()


def _panel(panel: Panel, left: float, top: float) -> list[Written]:
    width, y, written = PANEL[0] - 2 * INSET, top + INSET + LEADING, []
    for typed, means in panel.lines:
        if means:
            written.append(_fitted(typed, left + INSET, y, width * 0.45, BOLD))
            written.append(_fitted(means, left + INSET + width * 0.47, y, width * 0.53, PLAIN))
        else:
            written.append(_fitted(typed, left + INSET, y, width, PLAIN))
        y += LEADING
    half = (len(panel.listed) + 1) // 2
    for at, text in enumerate(panel.listed):
        column, row = divmod(at, half)
        x = left + INSET + column * width / 2
        written.append(_fitted(text, x, y + row * LEADING, width / 2 - INSET, PLAIN))
    return written


def _fitted(text: str, x: float, y: float, width: float, font: str) -> Written:
    """The text in the largest size that fits."""
    size = SIZE
    while size > SMALLEST and stringWidth(text, font, size) > width * mm:
        size -= 0.1
    return Written(x, y, text.replace(NO_BREAK, " "), font, size)
