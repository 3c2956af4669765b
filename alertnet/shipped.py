"""What ships beside the program: in a checkout next to the package, else in `<prefix>/share/alertnet`."""

import sys
from pathlib import Path

BESIDE, INSTALLED = Path(__file__).parents[1], Path(sys.prefix) / "share/alertnet"


def shipped(name: str) -> Path:
    """The folder of that name as it ships."""
    is_checkout = (BESIDE / "pyproject.toml").is_file()
    # An operator's own folder may be mounted beside the package, and a checkout's environment hold an older copy.
    return BESIDE / name if is_checkout or not (INSTALLED / name).is_dir() else INSTALLED / name
