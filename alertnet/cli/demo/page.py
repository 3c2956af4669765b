"""The page over the evening: up on loopback, opened in a browser where there is one, its news in the terminal too."""

import os
import sys
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager

from alertnet.cli.demo.evening import Evening
from alertnet.cli.demo.stage import LOOPBACK
from alertnet.cli.server.processes import answering, listen
from alertnet.sandbox.page import make_page

GRACE_SECONDS = 5


@contextmanager
def page_over(evening: Evening, port: int) -> Iterator[str]:
    """The address of the page, which answers there while inside; port 0 means any that is free.

    Raises:
        BadInput: the port is taken.
    """
    listening = listen(LOOPBACK, port)
    port = listening.getsockname()[1]
    closing = threading.Event()
    with listening, answering(make_page(evening, port, closing), listening, threading.Event(), GRACE_SECONDS):
        try:
            yield f"http://{LOOPBACK}:{port}/"
        finally:
            closing.set()


def open_browser(url: str) -> bool:
    """Whether a browser was asked to open it: only where somebody sits before a screen."""
    on_screen = sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    return on_screen and sys.stdout.isatty() and webbrowser.open(url)
