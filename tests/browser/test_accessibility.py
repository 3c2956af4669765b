"""axe-core finds nothing on any page, in light and dark, on a small telephone, a tablet and a desk (WCAG 2.2 AA)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page

from alertnet.cli.demo.evening import Evening
from alertnet.cli.demo.play import page_over
from tests.browser.sights import SIGHTS, Sight
from tests.database import migrate

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent / "axe/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
Scheme = Literal["light", "dark"]
QUICK: tuple[tuple[Scheme, int], ...] = (("light", 320), ("dark", 1440))
LOOKS: list[Any] = [
    pytest.param(name, scheme, width, marks=() if (scheme, width) == QUICK[place % 2] else pytest.mark.long)
    for place, name in enumerate(SIGHTS)
    for scheme in ("light", "dark")
    for width in (320, 768, 1440)
]
"""Most wait for `make long`: of two pages beside each other one is seen small and light, the other wide and dark."""


@dataclass(frozen=True)
class Opened:
    """Every page there is, each in a tab."""

    pages: dict[str, Page]


TOO_WIDE = """() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    return [...document.body.querySelectorAll("*")]
        .filter((each) => each.getBoundingClientRect().right > root.clientWidth + 1 && !each.closest("svg"))
        .map((each) => `${each.tagName}.${each.className}: ${each.textContent.trim().slice(0, 40)}`);
}"""
"""What makes a page wider than its window; nothing where it is not."""


@pytest.fixture(scope="module")
def opened(browser: Browser) -> Iterator[Opened]:
    context = browser.new_context(reduced_motion="reduce")
    with Evening(migrate=migrate) as evening, page_over(evening, 0) as url:
        sights = Sight(evening, context, url)
        yield Opened({name: covered(sights.open(name)) for name in SIGHTS})
        context.close()


def covered(page: Page) -> Page:
    """The page as a tab behind others: it gives its stream up, since a browser has six connections to a server."""
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    return page


@pytest.mark.parametrize(("name", "scheme", "width"), LOOKS)
def test_axe_finds_nothing(opened: Opened, name: str, scheme: Scheme, width: int) -> None:
    """And nobody has to scroll sideways (WCAG 1.4.10)."""
    page = opened.pages[name]
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)

    faults = violations(page)

    assert not faults, "\n".join(faults)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", SIGHTS)
def test_with_letters_twice_as_big_nobody_scrolls_sideways_on_a_telephone(opened: Opened, name: str) -> None:
    """WCAG 1.4.4: as somebody has set them who left the glasses at home."""
    page = opened.pages[name]
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate("document.documentElement.style.fontSize = '200%'")

    size, wide = page.evaluate("getComputedStyle(document.documentElement).fontSize"), page.evaluate(TOO_WIDE)

    page.evaluate("document.documentElement.style.fontSize = ''")
    assert size == "32px"
    assert not wide, "\n".join(wide)


def violations(page: Page) -> list[str]:
    """Each with its rule, place and reason."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"], "iframes": False}
    found: list[dict[str, Any]] = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']} {node['html'][:160]}"
        for fault in found
        for node in fault["nodes"]
    ]
