"""The files that a folder of trees consists of: found, kept as one text, and written again as they were.

A folder may be several, `own:shared`: the installation's own, and behind it those that it shares with others.
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
"""The file that says from which edition a folder was made: `@` and its number."""

OF_OTHERS = ":"
"""How the names of kept files begin that are from a shared folder, before its place in the list."""


def folders_of(place: Path) -> tuple[Path, ...]:
    """The folders that `own:shared` names, the installation's own first; a folder of that very name is one."""
    names = [name for name in str(place).split(":") if name]
    return (place,) if place.exists() or not names else tuple(map(Path, names))


def own_folder(place: Path) -> Path:
    """The first of the folders, which is written and marked; the others are somebody else's too."""
    return folders_of(place)[0]


def beside_shared(folder: Path, settings: Path) -> Path:
    """A folder of one's own with what the installation shares; as it is where it names several by itself."""
    shared = folders_of(settings)[1:]
    return Path(":".join(map(str, (folder, *shared)))) if len(folders_of(folder)) == 1 else folder


def path_of(place: Path, file: str) -> Path:
    """Where the file lies that a fault names: one of a shared folder goes by the name of that."""
    own, *shared = folders_of(place)
    within = [(folder, f"{folder.resolve().name}/") for folder in shared]
    paths = [folder / file.removeprefix(name) for folder, name in within if file.startswith(name)]
    return next((path for path in paths if path.is_file()), own / file)


def files_in(place: Path) -> list[Path]:
    """The files of trees, teams and keys; hidden ones, such as those of git, are none."""
    return list(_by_name(place).values())


def leads_out(folder: Path, path: Path) -> bool:
    """Whether it is a link to what lies elsewhere: whoever may edit the folder must not read our secrets by it."""
    return path.is_symlink() and path.exists() and not path.resolve().is_relative_to(folder.resolve())


def pack(place: Path) -> str:
    """The files as one text, which is the same wherever they are: what `unpack` writes again."""
    kept: dict[str, object] = {}
    for name, path in _by_name(place).items():
        content = path.read_bytes()
        try:
            kept[name] = content.decode()
        except UnicodeDecodeError:
            kept[name] = {"base64": b64encode(content).decode()}
    return _text_of(kept)


def of_own(text: str) -> str:
    """What was packed, without the files of shared folders."""
    return _text_of({name: content for name, content in json.loads(text).items() if not name.startswith(OF_OTHERS)})


def texts_in(text: str) -> dict[str, str]:
    """The YAML files of one's own in what was packed, by their names."""
    own = json.loads(of_own(text)).items()
    return {name: content for name, content in own if isinstance(content, str) and name.endswith(YAML)}


def with_texts(text: str, edits: Mapping[str, str]) -> str:
    """What was packed, with these texts in place of the files of their names, or beside them; one without goes."""
    kept = json.loads(text) | dict(edits)
    return _text_of({name: content for name, content in kept.items() if content})


def unpack(text: str, folder: Path) -> None:
    """Make the folder hold exactly those files that are its own, each exchanged whole; what else lies in it stays."""
    wanted = {folder / name: content for name, content in json.loads(of_own(text)).items()}
    for path, content in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.new")
        new.write_bytes(b64decode(content["base64"]) if isinstance(content, dict) else content.encode())
        new.replace(path)
    for path in set(files_in(folder)) - set(wanted):
        path.unlink()


def newest_change(place: Path) -> datetime | None:
    """When something in the folder was changed last; None: the folder is away."""
    files = files_in(place)
    folders = {*folders_of(place), *(path.parent for path in files)}  # which tell of a file that was taken away
    try:
        return datetime.fromtimestamp(max(path.stat().st_mtime for path in (*files, *folders)), UTC)
    except OSError:
        return None


def last_editor(place: Path) -> str:
    """Who owns the file that was changed last."""
    try:
        return max(files_in(place), key=lambda path: path.stat().st_mtime).owner()
    except (KeyError, OSError, ValueError, NotImplementedError):  # No such user, file, files, or owners at all.
        return "somebody"


def edition_marked(place: Path) -> str | None:
    """What the folder's own marker says, such as `@12`; None: it has none."""
    try:
        return (own_folder(place) / MARKER).read_text().strip()
    except OSError:
        return None


def mark_edition(place: Path, number: int) -> None:
    """Let the folder say from which edition it was made."""
    (own_folder(place) / MARKER).write_text(f"@{number}\n")


def _by_name(place: Path) -> dict[str, Path]:
    """The files by the names under which they are kept, in that order."""
    found: dict[str, Path] = {}
    own, *others = folders_of(place)
    for at, folder in enumerate((own, *others)):
        prefix = f"{OF_OTHERS}{at}/" if at else ""
        for here, folders, names in os.walk(folder):
            # What git keeps is many times as much as what is kept in it, and this is asked twice a second.
            folders[:] = [name for name in folders if not _is_hidden(name)]
            if at > 0 or not any(Path(here).is_relative_to(other) for other in others):
                paths = [Path(here, name) for name in names if name.endswith(SUFFIXES) and not _is_hidden(name)]
                found |= {
                    prefix + path.relative_to(folder).as_posix(): path for path in paths if _is_kept(folder, path)
                }
    return dict(sorted(found.items()))


def _is_kept(folder: Path, path: Path) -> bool:
    return path.is_file() and not leads_out(folder, path)


def _text_of(kept: dict[str, Any]) -> str:
    return json.dumps(kept, sort_keys=True, ensure_ascii=False)


def _is_hidden(name: str) -> bool:
    return name.startswith(".")
