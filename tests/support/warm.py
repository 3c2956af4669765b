"""Imported before anything is forked, and nowhere else: what is read here no forked process reads anew."""

import gc
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

from alertnet.cli import commands
from alertnet.cli.server.system import lay_in_large_pages
from alertnet.messages.checks.fitting import read_fitted
from alertnet.runtime.wiring import wire
from alertnet.store.tables import metadata
from alertnet.store.upgrade import known_revisions
from alertnet.trees import read_folder
from alertnet.web.app import load_api, load_console
from tests.support.program import example_trees, settings_on

REPOSITORY = Path(__file__).parents[2]

read_folder(REPOSITORY / "contact_trees")
commands()
known_revisions()
load_api()
load_console(settings_on("sqlite:///never opened.db"))
with TemporaryDirectory() as folder:
    # What is loaded and worked out at the first use of a database took a sixth of most commands.
    templates = read_fitted(REPOSITORY / "message_templates", REPOSITORY / "message_templates").templates
    runtime = wire(settings_on(f"sqlite:///{folder}/warm.db"), example_trees(), templates)
    metadata.create_all(runtime.engine)
    runtime.edition  # noqa: B018 - the first look writes and reads trees and templates
    runtime.close()
lay_in_large_pages(threading.Event(), pause=0)
# Else every process would look through all that for garbage.
gc.freeze()
