"""Explains why the database can't be reached, or accepts nothing, in words that say what to check."""

import os
import re
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from alertnet.core.codec import value

FULL_BYTES = 2**20
"""Less free space than this counts as none; one commit may take as much."""

_SQLITE_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_SQLITE_TAKES_NOTHING = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "the file can only be read",
    sqlite3.SQLITE_PERM: "the file may not be used",
    sqlite3.SQLITE_AUTH: "the file may not be used",
    sqlite3.SQLITE_CANTOPEN: "the file can't be opened",
    sqlite3.SQLITE_IOERR: "the disk fails",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: restore it from a backup",
    sqlite3.SQLITE_NOTADB: "the file is no database, or damaged: restore it from a backup",
}
_ONLY_READ, _POOLED, _SILENT = "25006", "pooled", "silent"
_SERVER_TAKES_NOTHING = {
    _ONLY_READ: "the server can only be read: it is a standby, or set to read-only",
    "42501": "the server lets this user write nothing",
    "53100": "the disk of the server is full",
    _POOLED: "a pooler such as PgBouncer answers: ALERTNET_LISTEN_URL must lead to the server itself",
}
_SERVER_AWAY = {
    "28": "the server takes neither this user nor its password",
    "3D": "the server has no database of that name",
    "53": "the server has no connection or memory left",
    "55": "a lock was held for too long: the server is too busy, or a COMMIT waits for a standby that is away",
    "57014": "the server was too busy: a statement took too long",
    "57": "the server is starting or stopping",
    _SILENT: "the server has not answered in time: it hangs, or a COMMIT waits for a standby that is away",
}
"""By an error code or its beginning (appendix A of PostgreSQL's manual)."""
_SAID = (
    (r"unsupported startup parameter", _POOLED),
    (
        r"connection slots|(too many|trop de|zu viele|demasiad[oa]s|muit[oa]s) [cV]|conexiones restantes|verbleibenden|"
        r"emplacements de connexion|encaixes de conexão",
        "53",
    ),
    (
        r"(?i)auth?enti[cf].* (failed|échouée|falló|falhou)|Authentifizierung .*fehlgeschlagen|Échec de l'auth|"
        r"pg_hba\.conf|no password supplied|\b(role?|rôle|Rolle) [\"«»]",
        "28",
    ),
    (r"database system|sistema de ba|système de base|Datenbanksystem", "57"),
    (
        r"database .* not exist|no existe la base|base .*existe pas|Datenbank .* existiert nicht|dados .* não existe",
        "3D",
    ),
    (r"has not answered in time", _SILENT),
    (r"No space left on device|could not write init file", "53100"),
)
"""What a server says in its own language before there is a connection, without an error code. The first counts."""


@value
class Cause:
    """Why there is no answer; `lasts` is true where a person must fix it."""

    words: str
    lasts: bool = False
    is_of_session: bool = False
    """Whether another connection may be without it, since sessions keep a setting or lead to a server of before."""


def cause_of(error: DBAPIError | PoolTimeout, engine: Engine) -> Cause | None:
    """What prevents use of the database; None where the error is our own fault, which waiting doesn't cure."""
    if isinstance(error, PoolTimeout):
        return Cause("every connection is in use")
    if engine.dialect.name == "sqlite":
        return _in_file(error.orig, engine.url.database)
    reads = bool(engine.get_execution_options().get("postgresql_readonly"))
    return _on_server(error, engine, reads)


def _in_file(error: Any, path: str | None) -> Cause | None:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in _SQLITE_LOCKED:
        return Cause("another program holds the lock of the file")
    if code in _SQLITE_TAKES_NOTHING:
        where = f"{path}: " if path else ""
        seen = fault_of_file(Path(path), code) if path else None
        return Cause(f"{where}{seen or _SQLITE_TAKES_NOTHING[code]}", lasts=True)
    is_ours = code == sqlite3.SQLITE_ERROR or not isinstance(error, sqlite3.OperationalError)
    return None if is_ours else Cause(f"the file fails: {error}")


def fault_of_file(path: Path, code: int = sqlite3.SQLITE_CANTOPEN) -> str | None:
    """What is wrong with the database's file or its folder, as the system tells it; None where nothing can be seen."""
    folder = path.absolute().parent
    try:
        disk = os.statvfs(folder)
    except OSError:
        return f"the folder {folder} can't be reached"
    if path.is_dir():
        return "this is a folder"
    if disk.f_flag & os.ST_RDONLY:
        return f"the disk of {folder} is mounted read-only"
    for needed in (folder, path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        if needed.exists() and not os.access(needed, os.W_OK):
            return f"user id {os.geteuid()} may not write {needed}, which is of user id {needed.stat().st_uid}"
    if code == sqlite3.SQLITE_FULL or disk.f_bavail * disk.f_frsize < FULL_BYTES:
        return f"the disk of {folder} is full"
    return None


def _on_server(error: DBAPIError, engine: Engine, reads: bool) -> Cause | None:
    code = getattr(error.orig, "sqlstate", None) or _code_said(str(error.orig))
    # Writing where only reading was asked for is a programming error.
    if code in _SERVER_TAKES_NOTHING and not (reads and code == _ONLY_READ):
        return Cause(_SERVER_TAKES_NOTHING[code], lasts=True, is_of_session=code == _ONLY_READ)
    if not (error.connection_invalidated or isinstance(error, OperationalError)):
        return None
    known = (_SERVER_AWAY[start] for start in (code, code[:2]) if start in _SERVER_AWAY)
    lacks = "answers with a fault: its own log says which" if "FATAL" in str(error.orig) else "can't be reached"
    return Cause(next(known, f"the server{_address(engine)} {lacks}"))


def _address(engine: Engine) -> str:
    """Where the server should be, as in ` at host:5432`; nothing where its URL does not say."""
    host, port = engine.url.host, engine.url.port
    return f" at {host}:{port or 5432}" if host else ""


def _code_said(words: str) -> str:
    return next((code for pattern, code in _SAID if re.search(pattern, words)), "")
