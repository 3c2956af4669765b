"""The call sheet as a PDF on A4, in black only, with boxes to fill in by pen."""

from collections.abc import Callable
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from anyascii import anyascii
from reportlab.lib.colors import black
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Table, TableStyle

from alertnet.messages.call_sheet import Boxes, Group, Line, Style

PLAIN, BOLD = "Vera", "VeraBd"
"""Fonts of the PDF library; they are embedded, so every reader and printer has them."""

SIZE = 8  # points
SMALL = 7
MARGIN = 11 * mm
BOX = 4 * mm

RUN_ON = (Style.CONTACT, Style.DETAIL)
"""Styles after which a detail continues the same paragraph."""

Footer = Callable[[int, int], str]
"""The footer of a page, by its number and the number of pages."""


def as_pdf(groups: tuple[Group, ...], footer: Footer) -> bytes:
    """The whole sheet as a PDF. Letters that the fonts lack are transliterated."""
    fonts = [TTFont(name, f"{name}.ttf") for name in (PLAIN, BOLD)]
    for font in fonts:
        registerFont(font)
    drawn = frozenset(fonts[0].face.charToGlyph) & frozenset(fonts[1].face.charToGlyph)
    pages = _build(groups, drawn, lambda _: "")[1]
    return _build(groups, drawn, lambda page: footer(page, pages))[0]


def _build(groups: tuple[Group, ...], drawn: frozenset[int], foot: Callable[[int], str]) -> tuple[bytes, int]:
    """The document and its number of pages, which is known only once it is laid out."""
    out = BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN
    )

    def finish(canvas: Canvas, _: SimpleDocTemplate) -> None:
        canvas.setFont(BOLD, SMALL)
        canvas.drawCentredString(A4[0] / 2, MARGIN / 2, _drawable(foot(canvas.getPageNumber()), drawn))

    story: list[Flowable] = [KeepTogether([_flowable(part, drawn) for part in _joined(group)]) for group in groups]
    document.build(story, onFirstPage=finish, onLaterPages=finish)
    return out.getvalue(), document.page


def _joined(group: Group) -> list[tuple[Line, ...] | Boxes]:
    """The parts of a group; a contact and its details become one paragraph, to save pages."""
    parts: list[tuple[Line, ...] | Boxes] = []
    for part in group:
        before = parts[-1] if parts else None
        if isinstance(part, Boxes):
            parts.append(part)
        elif part.style is Style.DETAIL and isinstance(before, tuple) and before[-1].style in RUN_ON:
            parts[-1] = (*before, part)
        else:
            parts.append((part,))
    return parts


def _drawable(text: str, drawn: frozenset[int]) -> str:
    return "".join(letter if ord(letter) in drawn else anyascii(letter) for letter in text)


def _flowable(part: tuple[Line, ...] | Boxes, drawn: frozenset[int]) -> Flowable:
    if isinstance(part, Boxes):
        return _row(part, drawn)
    texts = [(STYLES[each.style].fontName, escape(_drawable(each.text, drawn))) for each in part]
    written = " · ".join(f'<font name="{font}">{text}</font>' for font, text in texts)
    return Paragraph(written, STYLES[part[0].style])


def _style(
    size: float = SIZE, font: str = PLAIN, indent: float = 0, before: float = 0, hanging: float = 0
) -> ParagraphStyle:
    return ParagraphStyle(
        f"{font} {size}",
        fontName=font,
        fontSize=size,
        leading=size * 1.25,
        leftIndent=indent,
        firstLineIndent=-hanging,
        spaceBefore=before,
    )


STYLES = {
    Style.TITLE: _style(18, BOLD),
    Style.NOTE: _style(before=3),
    Style.WARNING: _style(font=BOLD, before=3),
    Style.TREE: _style(13, BOLD, before=8),
    Style.LEVEL: _style(10.5, BOLD, before=7),
    Style.CONTACT: _style(font=BOLD, indent=4 * mm, before=4, hanging=4 * mm),
    Style.DETAIL: _style(indent=4 * mm),
    Style.SAY: _style(indent=8 * mm, before=1),
}


def _row(boxes: Boxes, drawn: frozenset[int]) -> Flowable:
    """A row of labelled boxes, with a wide one for the note."""
    first: list[str] = []
    widths: list[float] = []
    for text, width in ((boxes.time, 3 * BOX), *((tick, BOX) for tick in boxes.ticks)):
        label = _drawable(text, drawn)
        first += ["", label]
        widths += [width, stringWidth(label, PLAIN, SMALL) + 5 * mm]
    first.append(_drawable(boxes.note, drawn))
    widths.append(A4[0] - 2 * MARGIN - sum(widths) - 4 * mm)
    frames = [("BOX", (place, 0), (place, 0), 0.7, black) for place in range(0, len(first), 2)]
    style: list[Any] = [
        ("FONT", (0, 0), (-1, -1), PLAIN, SMALL),
        ("VALIGN", (0, 0), (-2, 0), "MIDDLE"),
        ("VALIGN", (-1, 0), (-1, 0), "TOP"),
        *frames,
    ]
    return Table([first], colWidths=widths, rowHeights=[1.1 * BOX], style=TableStyle(style), spaceBefore=2)
