"""The files that a folder of trees consists of: found, kept as one text, and written again as they were."""

import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from pathlib import Path

SUFFIXES = (".yaml", ".yml", ".asc", ".pgp", ".gpg")

MARKER = ".edition"
"""The file that says from which edition a folder was made: `@` and its number."""


def files_in(folder: Path) -> list[Path]:
    """The files of trees, teams and keys; hidden ones, such as those of git, are none."""
    found = (path for path in folder.rglob("*") if path.suffix in SUFFIXES)
    return sorted(path for path in found if not _is_hidden(path.relative_to(folder)) and path.is_file())


def pack(folder: Path) -> str:
    """The files as one text, which is the same where they are: what `unpack` writes again."""
    kept: dict[str, object] = {}
    for path in files_in(folder):
        content = path.read_bytes()
        try:
            kept[path.relative_to(folder).as_posix()] = content.decode()
        except UnicodeDecodeError:
            kept[path.relative_to(folder).as_posix()] = {"base64": b64encode(content).decode()}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False)


def unpack(text: str, folder: Path) -> None:
    """Make the folder hold exactly those files, each exchanged whole; what else lies in it stays."""
    wanted = {folder / name: content for name, content in json.loads(text).items()}
    for path, content in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.new")
        new.write_bytes(b64decode(content["base64"]) if isinstance(content, dict) else content.encode())
        new.replace(path)
    for path in set(files_in(folder)) - set(wanted):
        path.unlink()


def newest_change(folder: Path) -> datetime | None:
    """When something in the folder was changed last; None: the folder is away."""
    files = files_in(folder)
    folders = {folder, *(path.parent for path in files)}  # which tell of a file that was taken away
    try:
        return datetime.fromtimestamp(max(path.stat().st_mtime for path in (*files, *folders)), UTC)
    except OSError:
        return None


def last_editor(folder: Path) -> str:
    """Who owns the file that was changed last."""
    try:
        return max(files_in(folder), key=lambda path: path.stat().st_mtime).owner()
    except (KeyError, OSError, ValueError, NotImplementedError):
        return "somebody"


def edition_marked(folder: Path) -> str | None:
    """What the folder's own marker says, such as `@12`; None: it has none."""
    try:
        return (folder / MARKER).read_text().strip()
    except OSError:
        return None


def mark_edition(folder: Path, number: int) -> None:
    """Let the folder say from which edition it was made."""
    (folder / MARKER).write_text(f"@{number}\n")


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
