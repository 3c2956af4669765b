"""Files that hold what nobody else on the machine may read: made for their owner alone, and kept so."""

import os
import stat
from contextlib import suppress
from pathlib import Path

import structlog

FOR_THE_OWNER = stat.S_IRUSR | stat.S_IWUSR
BESIDE = ("", "-wal", "-shm", "-journal", ".lock")
"""What belongs to a SQLite file: SQLite makes its own with the rights of the database."""

log = structlog.get_logger(__name__)


def for_the_owner(path: str, flags: int) -> int:
    """Open the file as `os.open` does; one that is made is for its owner alone, whatever the umask lets through."""
    return os.open(path, flags, FOR_THE_OWNER)


def make_private(database: str) -> None:
    """Make the SQLite file, if it is not there, and take from everybody what is open to everybody.

    The owner is given nothing that it had not: who may only read its own file has a reason.

    What is open to a group alone stays: that is somebody's choice, and no umask's. Where nothing can be made, SQLite
    says why.
    """
    with suppress(OSError):
        os.close(for_the_owner(database, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    for suffix in BESIDE:
        _tighten(Path(f"{database}{suffix}"))


def _tighten(path: Path) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return
    if not mode & stat.S_IRWXO:
        return
    was, now = {"file": path.name, "mode": f"{mode:04o}"}, mode & FOR_THE_OWNER
    try:
        path.chmod(now)
    except OSError as error:
        log.warning("file_is_open_to_everybody", **was, error=error.strerror)
    else:
        log.info("file_was_open_to_everybody", **was, now=f"{now:04o}")
