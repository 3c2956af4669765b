"""A folder of contact trees to write into, with the smallest whole tree in it."""

from pathlib import Path
from shutil import copy

import pytest

VALLEY = Path(__file__).parent / "valley.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy(VALLEY, tmp_path)
    return tmp_path
