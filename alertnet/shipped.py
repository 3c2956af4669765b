"""What comes with the program besides its code: migrations, templates, the example's trees, and names of countries."""

from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

TREES, TEMPLATES, MIGRATIONS = "contact_trees", "message_templates", "migrations"

CALLBACKS = frozenset({"+573005550101", "+32470550101"})
"""Whom the example's trees ask to call: invented numbers, which may be somebody's all the same."""

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


@cache
def country_names() -> dict[str, dict[str, str]]:
    """Country names by country and language; `*en` refers to the name in another one.

    Read directly from one file of `phonenumbers`: importing its package would load geodata of the whole world (200 MB).
    """
    package = find_spec("phonenumbers")
    assert package is not None
    assert package.origin is not None
    path = Path(package.origin).with_name("geodata") / "locale.py"
    spec = spec_from_file_location("phonenumbers.geodata.locale", path)
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(locale := module_from_spec(spec))
    names: dict[str, dict[str, str]] = locale.LOCALE_DATA
    return names
