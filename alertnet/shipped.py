"""What comes with the program besides its code: migrations, message templates, and the trees of the example."""

from pathlib import Path

TREES, TEMPLATES, MIGRATIONS = "contact_trees", "message_templates", "migrations"

_CODE = Path(__file__).parent
_INSTALLED = "share/alertnet"
"""Where a wheel puts them, below whatever it is installed in: an environment, a user's folder, the system."""


def shipped(name: str) -> Path:
    """The folder of that name as it ships: of a checkout, of what was installed, or beside the package."""
    if (_CODE.parent / "pyproject.toml").is_file():
        return _CODE.parent / name
    installed = (parent / _INSTALLED / name for parent in _CODE.parents)
    return next((folder for folder in installed if folder.is_dir()), _CODE.parent / name)


def default_folder(name: str) -> Path:
    """The working folder's own, where there is one; else the one that ships."""
    own = Path(name)
    return own if own.exists() or not shipped(name).is_dir() else shipped(name)
