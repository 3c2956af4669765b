"""Runs the demo: a tour that ends by itself, or a page to try things on until Ctrl-C."""

import logging
import os
import sys
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.text import Text

from alertnet.cli.demo.evening import Evening
from alertnet.cli.demo.page_content.names import DURESS_PIN, PIN
from alertnet.cli.demo.stage import LOOPBACK, Stage, stage
from alertnet.cli.demo.tour import Tour
from alertnet.cli.demo.watch import Missed, Watch
from alertnet.cli.server.process_end import until_signalled
from alertnet.cli.server.system import keep_what_is_loaded
from alertnet.cli.server.web_server import answering, listen
from alertnet.runtime.logging import configure
from alertnet.sandbox.page import make_page

STEP_SECONDS = 50.0
"""How long each step of the tour may take, on a machine that does much else."""
LOOK_SECONDS = 0.1

INVITATION = """\
The sandbox is at

    {page}

A whole network to try an alarm on: begin with a story, or write SOS on the telephone of {name}, answer for anybody
else, and let it ring. No message leaves this machine. The link at its top leads to the console, where a coordinator
sees the same evening, decides and acts.

{name} and each coordinator have the PIN {pin}, and {duress} for duress. A coordinator reads with it what people write.
What reaches the telephones is shown below. Ctrl-C ends it.
"""

FOR_PROGRAMS = """\
The API of this evening, until the page begins a new one:

    export KEY={key}
    curl -s {url}/v1/incidents -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
         -d '{{"type": "arrest", "country": "{country}", "consent": "international"}}'

All of it is at {url}/openapi.json
"""


@contextmanager
def page_over(evening: Evening, port: int) -> Iterator[str]:
    """Serve the page while inside and give its address; port 0 means any free one."""
    listening = listen(LOOPBACK, port)
    port = listening.getsockname()[1]
    closing = threading.Event()
    with listening, answering(make_page(evening, port, closing), listening, threading.Event()):
        try:
            yield f"http://{LOOPBACK}:{port}/"
        finally:
            closing.set()


def _open_browser(url: str) -> bool:
    """Open the address in a browser, but only on a terminal with a display. Says whether a browser was started."""
    on_screen = sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    return on_screen and sys.stdout.isatty() and webbrowser.open(url)


def play_tour() -> bool:
    configure(level=logging.ERROR)
    console = Console(highlight=False)
    with stage() as built:
        keep_what_is_loaded()
        try:
            Tour(built, Watch(built, console, STEP_SECONDS)).run()
        except Missed as missed:
            sys.stderr.write(f"The tour did not go as it should: no sign of {missed}.\n")
            return False
    console.print(Text("\nThe tour went as it should.\n", "bold green"))
    return True


def play_evening(port: int, trees: Path | None) -> None:
    """Serve the page at that port until a signal ends it; `trees`: the folder of the network, if not the example's."""
    configure(level=logging.ERROR)
    console = Console(highlight=False)
    with until_signalled() as ended, Evening(trees) as evening, page_over(evening, port) as url:
        keep_what_is_loaded()
        name = evening.stage.reporter.name
        console.print(Text(INVITATION.format(page=url, name=name, pin=PIN, duress=DURESS_PIN)), soft_wrap=True)
        _open_browser(url)
        watch = _watch(evening.stage, console)
        while not ended.wait(LOOK_SECONDS):
            if watch.stage is not evening.stage:
                watch = _watch(evening.stage, console)
            watch.look()


def _watch(stage: Stage, console: Console) -> Watch:
    words = FOR_PROGRAMS.format(url=stage.api.url, key=stage.api.key, country=stage.team.country)
    console.print(Text(words), soft_wrap=True)
    return Watch(stage, console, STEP_SECONDS)
