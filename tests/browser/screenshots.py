"""Photographs the pages as README and docs show them.

make screenshots
"""

import io
import logging
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from alertnet.cli.demo.evening import Evening
from alertnet.cli.demo.play import page_over
from alertnet.runtime.logging import configure
from tests.browser.chromium import ARGUMENTS, Missing, find
from tests.browser.sights import Sight

FOLDER = Path(__file__).parents[2] / "docs/screenshots"
WIDE, TABLET, TELEPHONE = (1440, 960), (768, 960), (320, 640)
"""Widths with their heights, in pixels."""
SHOWN = (
    ("alarm", "sandbox in alarm", WIDE, ("light", "dark")),
    ("console", "console's board", TABLET, ("light", "dark")),
    ("incident", "console's incident as it comes", TABLET, ("light",)),
    ("contact", "contact's page", TELEPHONE, ("light",)),
)
"""Names with their sights, sizes and schemes, in an order in which these can follow from one another."""
COLOURS = 256


def main() -> None:
    """Take every picture anew."""
    try:
        path = find()
    except Missing as missing:
        sys.exit(str(missing))
    configure(level=logging.ERROR)
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright, Evening() as evening, page_over(evening, 0) as url:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        sights = Sight(evening, browser.new_context(reduced_motion="reduce"), url)
        for name, sight, (width, height), schemes in SHOWN:
            page = sights.open(sight)
            page.set_viewport_size({"width": width, "height": height})
            for scheme in schemes:
                page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
                _save(page.screenshot(), FOLDER / f"{name}-{width}-{scheme}.png")
        browser.close()


def _save(picture: bytes, path: Path) -> None:
    """With few colours, which is small."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
