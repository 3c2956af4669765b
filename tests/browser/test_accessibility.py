"""axe-core finds nothing on any page, in light and dark, on a small telephone, a tablet and a desk (WCAG 2.2 AA)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from alertnet.cli.demo.evening import Evening
from alertnet.cli.demo.play import page_over
from tests.browser.conftest import PATIENCE
from tests.browser.sights import SIGHTS, Sight
from tests.database import migrate

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent / "axe/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
Scheme = Literal["light", "dark"]
Look = tuple[Scheme, int]
QUICK: tuple[Look, Look] = (("light", 320), ("dark", 1440))
"""Of two pages beside each other one is seen small and light, the other wide and dark; more waits for `make long`."""
LOOKS: list[Look] = [(scheme, width) for scheme in ("light", "dark") for width in (320, 768, 1440)]

NAMES = [*SIGHTS]
SEEN_LATER = (
    "sandbox at rest",
    "sandbox with everything open",
    "sandbox as the alarm spreads",
    "sandbox at the end",
    "console's incident as it comes",
    "console's journeys",
    "console's people",
    *NAMES[NAMES.index("console's duty") :],
)
"""Sights with nothing that no other has, and pages on which no alarm waits; `make long` sees them."""

TOO_WIDE = """() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    return [...document.body.querySelectorAll("*")]
        .filter((each) => each.getBoundingClientRect().right > root.clientWidth + 1 && !each.closest("svg"))
        .map((each) => `${each.tagName}.${each.className}: ${each.textContent.trim().slice(0, 40)}`);
}"""
"""What makes a page wider than its window; nothing where it is not."""


class Walk:
    """An evening seen in one tab, from sight to sight: a tab for each took a third more."""

    def __init__(self, evening: Evening, context: BrowserContext, url: str) -> None:
        self._sight = Sight(evening, context, url)
        self._page = context.new_page()
        self._left = [*NAMES]

    def leads_to(self, name: str) -> Page:
        """That sight, which lies ahead."""
        while name in self._left:
            self._page.set_viewport_size({"width": 1280, "height": 720})
            SIGHTS[self._left.pop(0)](self._sight, self._page)
        return at_rest(self._page)


@pytest.fixture(scope="module")
def walk(browser: Browser) -> Iterator[Walk]:
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    with Evening(migrate=migrate) as evening, page_over(evening, 0) as url:
        yield Walk(evening, context, url)
        context.close()


@dataclass(frozen=True)
class Shown:
    """A sight, and how it is seen where once is enough."""

    page: Page
    look: Look


@pytest.fixture(
    scope="module", params=[pytest.param(each, marks=[pytest.mark.long] * (each in SEEN_LATER)) for each in NAMES]
)
def shown(request: pytest.FixtureRequest, walk: Walk) -> Shown:
    """All that is tried of one comes before the next."""
    return Shown(walk.leads_to(request.param), QUICK[NAMES.index(request.param) % 2])


def at_rest(page: Page) -> Page:
    """The page as a tab behind others: nothing moves on it while it is looked at."""
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    return page


def test_axe_finds_nothing(shown: Shown) -> None:
    """And nobody has to scroll sideways (WCAG 1.4.10)."""
    held, faults = judged(shown.page, *shown.look)

    assert len(held) > 10
    assert not faults, "\n".join(faults)


@pytest.mark.long
@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_axe_finds_nothing_however_it_is_seen(shown: Shown, scheme: Scheme, width: int) -> None:
    held, faults = judged(shown.page, scheme, width)

    assert len(held) > 10
    assert not faults, "\n".join(faults)


def test_with_letters_twice_as_big_nobody_scrolls_sideways_on_a_telephone(shown: Shown) -> None:
    """WCAG 1.4.4: as somebody has set them who left the glasses at home."""
    page = shown.page
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate("document.documentElement.style.fontSize = '200%'")

    size, wide = page.evaluate("getComputedStyle(document.documentElement).fontSize"), page.evaluate(TOO_WIDE)

    page.evaluate("document.documentElement.style.fontSize = ''")
    assert size == "32px"
    assert not wide, "\n".join(wide)


def judged(page: Page, scheme: Scheme, width: int) -> tuple[list[str], list[str]]:
    """The rules that hold on a page that is seen so, and its faults: what axe finds, and a width of more than that."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    scrolled = page.evaluate("document.documentElement.scrollWidth")
    held, violations = run_axe(page)
    return held, violations + ([f"{scrolled} pixels wide"] if scrolled > width else [])


def run_axe(page: Page) -> tuple[list[str], list[str]]:
    """The rules that hold of something on the page, and violations, each with its rule, place and reason."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"], "iframes": False}
    found: dict[str, list[dict[str, Any]]] = page.evaluate("options => axe.run(document, options)", options)
    violations = [
        f"{fault['id']}: {node['target']} {node['failureSummary']} {node['html'][:160]}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]
    return [rule["id"] for rule in found["passes"]], violations
