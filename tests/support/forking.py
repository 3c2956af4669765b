"""Processes that begin with the program imported, forked from one that has done it: a start takes milliseconds.

Python has one such server for each process of the tests: whoever else named what it imports would do so for all.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from alertnet.cli import main as alertnet

FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(
    [
        "alembic.command",
        "alertnet.channels.twilio",
        "alertnet.cli.admin.actions",
        "alertnet.cli.call_sheet.pdf",
        "alertnet.cli.call_sheet.sources",
        "alertnet.cli.server.web_server",
        "alertnet.cli.server.working",
        "alertnet.cli.startup",
        "alertnet.cli.trees.night_page",
        "alertnet.messages.call_sheet",
        "alertnet.runtime.outlets",
        "alertnet.store.upgrade",
        "tests.crashes.program",
        # The last, since it keeps all that was imported before from the garbage collector.
        "tests.support.warm",
    ]
)


def run(
    words: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    out: Path,
    err: Path,
    keyboard: Path = Path(os.devnull),
    program: Callable[[], object] = alertnet,
) -> None:
    """Run a program as if typed with those words, in that folder and environment; with those files it reads and says.

    To be run in a process of its own, which is that program from then on. Its terminal may close, though the tests may
    have been told to go on without theirs.
    """
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    for file, number in ((out, 1), (err, 2)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    sys.stdin = keyboard.open()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["alertnet", *words]
    program()
