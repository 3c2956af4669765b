"""Imported before anything is forked, and nowhere else: what is read here no forked process reads anew."""

import gc
import os
import sys
import threading
from contextlib import chdir, redirect_stderr, redirect_stdout, suppress
from io import StringIO
from tempfile import TemporaryDirectory

from alertnet.cli import main
from alertnet.cli.server.system import lay_in_large_pages
from alertnet.web.app import load_api, load_console
from tests.support.program import environment_on, settings_on

TYPED = (
    "db upgrade",
    "trees check",
    "keys create --scope read",
    "raise --country CO --type arrest",
    "incidents list",
    "duty show",
    "doctor --offline",
    "call-sheet --country CO --type arrest --format text --output sheet.txt",
    "audit verify",
)
"""What is loaded and worked out at the first use took a part of most commands; none that leaves threads behind."""


def _type(words: str) -> None:
    sys.argv = ["alertnet", *words.split()]
    with suppress(SystemExit), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        main()


load_api()
load_console(settings_on("sqlite:///never opened.db"))
before = dict(os.environ)
with TemporaryDirectory() as folder, chdir(folder):
    os.environ |= environment_on("sqlite:///warm.db")
    for words in TYPED:
        _type(words)
os.environ.clear()
os.environ |= before
lay_in_large_pages(threading.Event(), pause=0)
# Else every process would look through all that for garbage.
gc.freeze()
