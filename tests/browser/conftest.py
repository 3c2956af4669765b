"""A real browser, and an evening of the demo under its page. Without a browser these tests are skipped, loudly."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from alertnet.cli.demo.evening import Evening
from alertnet.cli.demo.play import page_over
from tests.browser.chromium import ARGUMENTS, UNSEEN, Missing, find
from tests.browser.console import Console, SitDown
from tests.browser.sandbox_page import SandboxPage
from tests.database import migrate

PATIENCE = 30_000
"""Milliseconds, on a machine that does much else."""


@pytest.fixture(scope="session")
def chromium() -> str:
    try:
        return find()
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def browser(chromium: str) -> Browser:
    """One for the whole folder: to start it and its driver takes two seconds of a processor."""
    expect.set_options(timeout=PATIENCE)
    return _running(chromium)


@cache
def _running(chromium: str) -> Browser:
    playwright = _open.enter_context(sync_playwright())
    browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS + UNSEEN)
    _open.callback(browser.close)
    return browser


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Iterator[None]:
    """Close it before another folder: an event loop of its driver runs in this thread as long as it is there."""
    yield
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        _running.cache_clear()
        _open.close()


_open = ExitStack()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def evening() -> Iterator[Evening]:
    with Evening(migrate=migrate) as evening:
        yield evening


@pytest.fixture
def sit_down(browser: Browser, evening: Evening) -> Iterator[SitDown]:
    """Opens the console by the sandbox's link, on a browser of its own, and notes which hosts that asks."""
    with ExitStack() as stack:
        url = stack.enter_context(page_over(evening, 0))

        def sit_down(**options: Any) -> Console:
            context = browser.new_context(**options)
            stack.callback(context.close)
            context.set_default_timeout(PATIENCE)
            hosts: set[str] = set()
            context.on("request", lambda request: hosts.add(request.url.split("/")[2].partition(":")[0]))
            page = context.new_page()
            page.goto(f"{url}desk")
            return Console(page, hosts)

        yield sit_down


@pytest.fixture
def desk(sit_down: SitDown) -> Console:
    """The coordinator of the evening, on a browser that has everything."""
    return sit_down()


@pytest.fixture
def sandbox(evening: Evening, context: BrowserContext) -> Iterator[SandboxPage]:
    with page_over(evening, 0) as url:
        page = context.new_page()
        page.goto(url)
        yield SandboxPage(page)
        page.close()
