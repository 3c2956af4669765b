"""Imported before anything is forked, and nowhere else: what is read here no forked process reads anew."""

import gc
from pathlib import Path

from alertnet.cli import commands
from alertnet.messages.checks.fitting import read_fitted
from alertnet.trees import read_folder
from alertnet.web.app import load_rest
from tests.support.program import settings_on

REPOSITORY = Path(__file__).parents[2]

read_fitted(REPOSITORY / "message_templates", REPOSITORY / "message_templates")
read_folder(REPOSITORY / "contact_trees")
commands()
load_rest(settings_on("sqlite:///never opened.db"))
# Else every process would look through all that for garbage.
gc.freeze()
