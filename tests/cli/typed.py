"""One command as if typed at a terminal, in a process forked from one that has imported all that commands need.

The one that is forked has also read the templates that ship with the program, as every other command does first.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from alertnet.cli import main
from alertnet.messages.checks.fitting import read_fitted

SHIPPED = Path(__file__).parents[2] / "message_templates"
read_fitted(SHIPPED, SHIPPED)


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
