"""The document that the matrix is kept in: its lines by story, read and written."""

import re
from collections.abc import Mapping, Sequence

from tests.crashes.database import ROOT
from tests.crashes.stories import STORIES

DOCUMENT = ROOT / "docs" / "crash-matrix.md"
FIRST_LINE = re.compile(r"\| (?P<story>[^|]+) \| 0 \|")

HEAD = """\
# Crash matrix

What becomes of every flow when its process is killed (`kill -9`) at any point between two effects, and is started
again. An effect is what outlives the process: a commit, a request that the provider takes, its answer, our reply (of a
command: its exit code). Each row is a point: it was killed after the effect that it names, and before that of the next.
Made by `make crash-matrix`, which plays each story once for every point on SQLite and on PostgreSQL, through the real
web, worker and channels (`tests/crashes`); `make long` plays them all again and compares.

The measure is the story without a death. In every row its messages have arrived with the same words, the record says
the same, whoever asked and asked again has the same reply, and every hash chain holds. *Once more, marked*: the history
says `attempt_sent_again`.

| Flow | # | Killed after | Promise | What came |
|---|---|---|---|---|
"""


def read() -> dict[str, list[str]]:
    """The lines of the table as they are kept, by the name of their story."""
    kept: dict[str, list[str]] = {}
    story = ""
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if DOCUMENT.exists() else ():
        if first := FIRST_LINE.match(line):
            story = first["story"]
        if story:
            kept.setdefault(story, []).append(line)
    return kept


def write(lines: Mapping[str, Sequence[str]]) -> None:
    """Keep these lines, in the order of the stories; of stories that are no more, nothing is kept."""
    ordered = [line for story in STORIES for line in lines.get(story.name, ())]
    DOCUMENT.write_text(HEAD + "".join(f"{line}\n" for line in ordered), encoding="utf-8")
