"""Somebody at the console in a real browser."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import BrowserContext, Page


@dataclass(frozen=True)
class Console:
    """Somebody's browser at the console of the evening."""

    page: Page
    hosts: set[str]

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    @property
    def base(self) -> str:
        return self.page.url.partition("/desk")[0]

    def opens(self, path: str = "") -> None:
        self.page.goto(f"{self.base}/desk{path}")

    def looks_at_the_incident(self) -> None:
        self.opens()
        self.page.locator("#open h3 a").first.click()

    def folds_out(self, summary: str) -> None:
        self.page.get_by_text(summary, exact=True).click()


SitDown = Callable[..., Console]
