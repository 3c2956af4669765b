"""Re-encrypts everything stored with the newest secret, a few values at a time, while the program runs.

All encrypted columns are found by their type, so that no table is forgotten. A value is replaced only if it is still
the one that was read and nobody has locked its row. So no alarm waits, and nothing newer is overwritten.
"""

import json
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    LargeBinary,
    Text,
    bindparam,
    cast,
    func,
    select,
    tuple_,
    type_coerce,
    update,
)

from alertnet.core.codec import value
from alertnet.store.db.columns import SEALED, EncryptedBytes, EscalationState, Sealed, sealed_anew
from alertnet.store.db.tx import Tx
from alertnet.store.db.vault import KEY_ID_BYTES, Unreadable, Vault
from alertnet.store.erasure import overwrite
from alertnet.store.records.credentials import api_keys, users
from alertnet.store.tables import IS_OPEN, codes, incidents, metadata, pins

SEALED_COLUMNS: Sequence[Column[Any]] = [
    column
    for table in metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, Sealed | EscalationState)
]
"""Every encrypted column of every table."""

AT_ONCE = 100
_RECORDINGS_AT_ONCE = 4
"""Fewer, since each may have megabytes."""
CODES_LOOKED_AT = 2000
"""Of those that count, oldest first: a secret that was replaced made the oldest."""


@value
class Stale:
    """A value encrypted with an older secret, by the key of its row; `why`: the reason if it can't be decrypted."""

    key: tuple[Any, ...]
    old: Any
    new: Any = None
    why: str = ""


@value
class HeldByOlder:
    """Things known only by a keyed hash with an older secret, until somebody gives them again."""

    api_keys: Sequence[str]
    users: Sequence[str]
    pins: int
    """All PINs: a hash does not show which secret made it."""
    open_incidents: int


@value
class HeldByMissing:
    """Things known only by a keyed hash with no secret that is listed: they count no more until it is listed again."""

    incidents: Sequence[str]
    """References of open incidents with codes that nobody can answer by."""
    api_keys: Sequence[str]
    users: Sequence[str]

    def __bool__(self) -> bool:
        return bool(self.incidents or self.api_keys or self.users)


def stale(tx: Tx, column: Column[Any], after: tuple[Any, ...] | None) -> list[Stale]:
    """The next values of a column not encrypted with the newest secret, in the order of their rows' keys."""
    key = column.table.primary_key.columns
    most = _RECORDINGS_AT_ONCE if isinstance(column.type, EncryptedBytes) else AT_ONCE
    query = select(*key, _raw(column)).where(_is_stale(column, tx.vault)).order_by(*key).limit(most)
    if after is not None:
        query = query.where(tuple_(*key) > after)
    return [_opened(tx.vault, column, tuple(row[:-1]), row[-1]) for row in tx.session.execute(query)]


def exchange(tx: Tx, column: Column[Any], found: Sequence[Stale]) -> int:
    """Replace old values by new ones where they are unchanged; gives the number of rows."""
    key = column.table.primary_key.columns
    overwrite(tx.session)
    ours = tuple_(*key).in_([each.key for each in found])
    free = set(
        map(tuple, tx.session.execute(select(*key).where(ours).with_for_update(key_share=True, skip_locked=True)))
    )
    names = [f"key_{number}" for number in range(len(key))]
    same = [part == bindparam(name) for part, name in zip(key, names, strict=True)]
    new = bindparam("new", type_=JSON() if isinstance(column.type, EscalationState) else LargeBinary())
    statement = update(column.table).where(*same, _raw(column) == bindparam("old")).values({column.name: new})
    rows = [dict(zip(names, each.key, strict=True), old=each.old, new=each.new) for each in found if each.key in free]
    return int(tx.session.connection.execute(statement, rows).rowcount) if rows else 0


def held_by_older(tx: Tx) -> HeldByOlder:
    """What must be given again before the older secrets can be removed."""
    is_open = select(func.count()).select_from(incidents).where(IS_OPEN)
    return HeldByOlder(
        api_keys.dated(tx),
        users.dated(tx),
        tx.session.scalar(select(func.count()).select_from(pins)) or 0,
        tx.session.scalar(is_open) or 0,
    )


def held_by_missing(tx: Tx) -> HeldByMissing:
    """What counts no more because the secret that made it is not listed; PINs don't show which one that was."""
    query = (
        select(incidents.c.ref, _raw(codes.c.code).label("sealed"), codes.c.code_hash)
        .join(codes, codes.c.incident_id == incidents.c.id)
        .where(IS_OPEN, codes.c.voided_at.is_(None))
        .order_by(incidents.c.opened_at, codes.c.created_at)
        .limit(CODES_LOOKED_AT)
    )
    refs = {row.ref: None for row in tx.session.execute(query) if not _is_known(tx.vault, row.sealed, row.code_hash)}
    unknown = users.not_vouched_for(tx.session, may_sign_in=True)
    return HeldByMissing(list(refs), api_keys.not_vouched_for(tx.session), unknown)


def _is_known(vault: Vault, sealed: bytes, hash: bytes) -> bool:
    """Whether a listed secret made that hash of a sealed code."""
    try:
        return hash in vault.code_hashes(vault.open(sealed).decode())
    except Unreadable:
        return False


def _raw(column: Column[Any]) -> ColumnElement[Any]:
    return cast(column, Text) if isinstance(column.type, EscalationState) else type_coerce(column, LargeBinary)


def _is_stale(column: Column[Any], vault: Vault) -> ColumnElement[bool]:
    if isinstance(column.type, EscalationState):
        # A base 64 letter is six bits, so the first five letters are from the id only.
        newest = f'"{SEALED}{b64encode(vault.newest_id).decode()[: KEY_ID_BYTES * 8 // 6]}'
        return func.replace(_raw(column), newest, "").contains(f'"{SEALED}')
    return func.substr(_raw(column), 1, KEY_ID_BYTES, type_=LargeBinary()) != vault.newest_id


def _opened(vault: Vault, column: Column[Any], key: tuple[Any, ...], old: Any) -> Stale:
    try:
        if isinstance(column.type, EscalationState):
            return Stale(key, old, sealed_anew(vault, json.loads(old)))
        return Stale(key, old, vault.seal(vault.open(old)))
    except Unreadable as error:
        return Stale(key, old, why=str(error))
    except (AttributeError, KeyError, TypeError, ValueError):
        return Stale(key, old, why="damaged")
