"""Finds the files of a folder of trees, packs them into one text, and writes them back unchanged.

A place may be several folders, `own:shared`: the installation's own one, and those that it shares with others.
"""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

YAML = (".yaml", ".yml")
SUFFIXES = (*YAML, ".asc", ".pgp", ".gpg")

MARKER = ".edition"
"""The file that names the edition from which a folder was made, as `@12`."""

OF_OTHERS = ":"
"""Prefix of packed file names from a shared folder; its position in the list follows."""


def folders_of(place: Path) -> tuple[Path, ...]:
    """The folders in `own:shared`, the installation's own first. A path that exists is taken as one folder."""
    names = [name for name in str(place).split(":") if name]
    return (place,) if place.exists() or not names else tuple(map(Path, names))


def own_folder(place: Path) -> Path:
    """The first of the folders. Only this one is written to, since others share the rest."""
    return folders_of(place)[0]


def beside_shared(folder: Path, settings: Path) -> Path:
    """The folder together with the installation's shared ones, unless it names several itself."""
    shared = folders_of(settings)[1:]
    return Path(":".join(map(str, (folder, *shared)))) if len(folders_of(folder)) == 1 else folder


def path_of(place: Path, file: str) -> Path:
    """The path of a file named in a fault; files of a shared folder begin with that folder's name."""
    own, *shared = folders_of(place)
    within = [(folder, f"{folder.resolve().name}/") for folder in shared]
    paths = [folder / file.removeprefix(name) for folder, name in within if file.startswith(name)]
    return next((path for path in paths if path.is_file()), own / file)


def files_in(place: Path) -> list[Path]:
    """The files of trees, teams and keys, without hidden ones such as git's."""
    return list(_by_name(place).values())


def leads_out(folder: Path, path: Path) -> bool:
    """Whether it is a link to a file outside. Else an editor of the folder could make us read out secrets."""
    return path.is_symlink() and path.exists() and not path.resolve().is_relative_to(folder.resolve())


def pack(place: Path) -> str:
    """All files as one text, equal for equal content, for `unpack`."""
    kept: dict[str, object] = {}
    for name, path in _by_name(place).items():
        content = path.read_bytes()
        try:
            kept[name] = content.decode()
        except UnicodeDecodeError:
            kept[name] = {"base64": b64encode(content).decode()}
    return _text_of(kept)


def of_own(text: str) -> str:
    """A packed text without the files of shared folders."""
    return _text_of({name: content for name, content in json.loads(text).items() if not name.startswith(OF_OTHERS)})


def texts_in(text: str) -> dict[str, str]:
    """The installation's own YAML files in a packed text, by name."""
    own = json.loads(of_own(text)).items()
    return {name: content for name, content in own if isinstance(content, str) and name.endswith(YAML)}


def with_texts(text: str, edits: Mapping[str, str]) -> str:
    """A packed text with these files replaced or added; a file with an empty text is removed."""
    kept = json.loads(text) | dict(edits)
    return _text_of({name: content for name, content in kept.items() if content})


def unpack(text: str, folder: Path) -> None:
    """Make the folder hold exactly the packed files of its own. Each file is replaced atomically; other files stay."""
    wanted = {folder / name: content for name, content in json.loads(of_own(text)).items()}
    for path, content in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.new")
        new.write_bytes(b64decode(content["base64"]) if isinstance(content, dict) else content.encode())
        new.replace(path)
    for path in set(files_in(folder)) - set(wanted):
        path.unlink()


def newest_change(place: Path) -> datetime | None:
    """When anything in the folder last changed; None where the folder is gone."""
    files = files_in(place)
    folders = {*folders_of(place), *(path.parent for path in files)}  # a folder's own time tells of removed files
    try:
        return datetime.fromtimestamp(max(path.stat().st_mtime for path in (*files, *folders)), UTC)
    except OSError:
        return None


def last_editor(place: Path) -> str:
    """The owner of the file that was changed last."""
    try:
        return max(files_in(place), key=lambda path: path.stat().st_mtime).owner()
    except (KeyError, OSError, ValueError, NotImplementedError):  # No such user, file, files, or owners at all.
        return "somebody"


def edition_marked(place: Path) -> str | None:
    """The edition in the folder's marker, such as `@12`; None where there is none."""
    try:
        return (own_folder(place) / MARKER).read_text().strip()
    except OSError:
        return None


def mark_edition(place: Path, number: int) -> None:
    """Note in the folder from which edition it was made."""
    (own_folder(place) / MARKER).write_text(f"@{number}\n")


def _by_name(place: Path) -> dict[str, Path]:
    """The files by the names under which they are packed, in that order."""
    found: dict[str, Path] = {}
    own, *others = folders_of(place)
    for at, folder in enumerate((own, *others)):
        prefix = f"{OF_OTHERS}{at}/" if at else ""
        for here, folders, names in os.walk(folder):
            # Skip hidden folders: this runs twice a second, and git's own files are many times as many.
            folders[:] = [name for name in folders if not name.startswith(".")]
            if at > 0 or not any(Path(here).is_relative_to(other) for other in others):
                paths = [Path(here, name) for name in names if name.endswith(SUFFIXES) and not name.startswith(".")]
                kept = (path for path in paths if path.is_file() and not leads_out(folder, path))
                found |= {prefix + path.relative_to(folder).as_posix(): path for path in kept}
    return dict(sorted(found.items()))


def _text_of(kept: dict[str, Any]) -> str:
    return json.dumps(kept, sort_keys=True, ensure_ascii=False)
