"""`python -m tests.crashes [STORY…]`: plays the matrix, all or the stories named, and keeps docs/crash-matrix.md.

Exit code 1 where a promise broke; that story's lines stay as they were.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.crashes import database, document
from tests.crashes.database import Original
from tests.crashes.matrix import Broken, section
from tests.crashes.stories import STORIES, Story
from tests.postgres import own_server


def main(names: Iterable[str]) -> int:
    """Play them; the exit code."""
    named = frozenset(names)
    stories = [story for story in STORIES if not named or story.name in named]
    kept, broken = document.read(), False
    with TemporaryDirectory() as folder, own_server() as server:
        originals = {
            "SQLite": database.sqlite(Path(folder)),
            "PostgreSQL": database.postgresql(Path(folder), server.url),
        }
        with ThreadPoolExecutor(os.cpu_count()) as players:
            for story, lines in zip(stories, players.map(lambda each: _played(originals, each), stories), strict=True):
                if lines:
                    kept[story.name] = lines
                    document.write(kept)
                broken = broken or not lines
    return int(broken)


def _played(originals: Mapping[str, Original], story: Story) -> list[str]:
    """The lines of a story; none where a promise broke, which is told."""
    try:
        lines = section(originals, story)
    except Broken as broken:
        sys.stderr.write(f"{broken}\n")
        return []
    sys.stdout.write(f"{story.name}: {len(lines)} points\n")
    sys.stdout.flush()
    return lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
