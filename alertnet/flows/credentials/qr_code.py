"""A text as a QR code, which a telephone reads with its camera."""

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import segno

_WHITE_ON_BLACK, _AS_BEFORE = "\x1b[40;97m", "\x1b[0m"


def in_svg(text: str) -> str:
    """The code as an SVG element, with a light ground on a dark page too."""
    return _code_of(text).svg_inline(scale=4, border=4, light="#fff")


def in_terminal(text: str) -> str:
    """The code in half blocks, whatever the colours of the terminal are."""
    drawn = io.StringIO()
    _code_of(text).terminal(out=drawn, border=2, compact=True)
    return "\n".join(f"{_WHITE_ON_BLACK}{line}{_AS_BEFORE}" for line in drawn.getvalue().splitlines())


def _code_of(text: str) -> "segno.QRCode":
    import segno

    return segno.make_qr(text, error="l")
