"""One command as if typed at a terminal, in a process forked from one that has imported all that commands need.

The one that is forked has also read the templates and trees that come with the program, as most commands do first.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from alertnet.cli import main
from alertnet.messages.checks.fitting import read_fitted
from alertnet.trees import read_folder

REPOSITORY = Path(__file__).parents[2]


def warm_up() -> None:
    """Read what each command would read anew."""
    read_fitted(REPOSITORY / "message_templates", REPOSITORY / "message_templates")
    read_folder(REPOSITORY / "contact_trees")


def run(words: Sequence[str], folder: Path, env: Mapping[str, str], keyboard: Path, out: Path, err: Path) -> None:
    """Run `alertnet` with those words, in that folder and environment, reading from and writing to those files."""
    for file, number in ((out, 1), (err, 2)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
    sys.stdin = keyboard.open()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["alertnet", *words]
    main()
