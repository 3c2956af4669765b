"""Every file in `faulty/` is named for its fault, and says in a comment on the faulty line what is reported there."""

from pathlib import Path
from shutil import copy

import pytest

from tests.trees.checking import check_folder

FAULTY = sorted((Path(__file__).parent / "faulty").glob("*.yaml"))


def expected(path: Path) -> list[tuple[int, str]]:
    """Line numbers and texts of the `# fault:` comments."""
    lines = enumerate(path.read_text().splitlines(), start=1)
    return [(number, line.split("# fault: ")[1]) for number, line in lines if "# fault: " in line]


@pytest.mark.parametrize("path", FAULTY, ids=lambda path: path.stem)
def test_every_fault_is_reported_at_its_line_and_nothing_else(path: Path, tmp_path: Path) -> None:
    copy(path, tmp_path)
    lines = [str(fault) for fault in check_folder(tmp_path)]
    wanted = expected(path)
    assert len(lines) == len(wanted), lines
    for line, (number, text) in zip(lines, wanted, strict=True):
        assert line.startswith(f"{path.name}:{number}:")
        assert text in line
