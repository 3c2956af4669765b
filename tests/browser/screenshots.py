"""Photographs the pages as README and docs show them.

make screenshots
"""

import io
import logging
import sys
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from alertnet.cli.demo.evening import Evening
from alertnet.cli.demo.play import page_over
from alertnet.runtime.logging import configure
from tests.browser.chromium import ARGUMENTS, Missing, find
from tests.browser.sights import Sight

FOLDER = Path(__file__).parents[2] / "docs/screenshots"
SHOWN = {
    "alarm": "sandbox in alarm",
    "coordinator": "coordinator's page",
    "sandbox": "sandbox as the alarm spreads",
    "contact": "contact's page",
    "console": "console's board",
    "incident": "console's incident as it comes",
}
"""File names, each with its sight, in an order in which these can follow from one another."""
SIZES = {320: 640, 768: 960, 1440: 960}
"""Widths with their heights, in pixels."""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
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
        for name, sight in SHOWN.items():
            _photograph(sights.open(sight), name)
        browser.close()


def _photograph(page: Page, name: str) -> None:
    for width, height in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            _save(page.screenshot(), FOLDER / f"{name}-{width}-{scheme}.png")


def _save(picture: bytes, path: Path) -> None:
    """With few colours, which is small."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
