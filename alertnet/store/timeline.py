"""The history nobody can rewrite unseen: one hash chain for each incident and one for the system (A10).

    digest = H(salt, payload)        hash = H(previous hash, seq, at, kind, digest)        H = SHA-256

Purging an entry takes its payload and salt; the digest stays, from which nothing can be guessed back without the salt,
and the chain still verifies. A chain begins with the hash of its name, so that whole chains can't be exchanged.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import LargeBinary, bindparam, func, insert, select, text, type_coerce
from sqlalchemy.orm import Session

from alertnet.store.columns import canonical, vault_of
from alertnet.store.tables import timeline
from alertnet.store.tx import Tx
from alertnet.store.vault import Unreadable, Vault

SYSTEM = "system"
SALT_BYTES = 16
VERIFIED_AT_ONCE = 1000  # rows in memory while verifying

Entry = tuple[str, Mapping[str, Any]]
"""A kind, kept in clear, and its payload of plain JSON values, kept sealed."""

_LAST = (
    select(timeline.c.chain, func.max(timeline.c.seq).label("seq"))
    .where(timeline.c.chain.in_(bindparam("chains", expanding=True)))
    .group_by(timeline.c.chain)
    .subquery()
)
_HEADS = select(timeline.c.chain, timeline.c.seq, timeline.c.hash).join(
    _LAST, (timeline.c.chain == _LAST.c.chain) & (timeline.c.seq == _LAST.c.seq)
)
_APPEND = insert(timeline)
_LOCK_SYSTEM = text("SELECT pg_advisory_xact_lock(hashtext('alertnet timeline'))")


@dataclass(frozen=True)
class Break:
    """Where a chain does not hold, and why."""

    chain: str
    seq: int
    why: str


def append(tx: Tx, chain: str, *entries: Entry) -> None:
    """Add entries at `tx.now` to an incident's chain, whose row the transaction holds, or to that of the system."""
    append_each(tx, {chain: entries} if entries else {})


def append_each(tx: Tx, chains: Mapping[str, Sequence[Entry]], *, begin: bool = False) -> None:
    """Add entries to several chains; `begin`: they are the first of theirs."""
    if not chains:
        return
    if SYSTEM in chains and tx.session.get_bind().dialect.name == "postgresql":
        # An incident's chain is guarded by its row; the system's has none, and two writers would take the same seq.
        tx.session.execute(_LOCK_SYSTEM)
    found = () if begin else tx.session.execute(_HEADS, {"chains": list(chains)})
    heads = {head.chain: (head.seq, head.hash) for head in found}
    rows: list[dict[str, Any]] = []
    for chain, entries in chains.items():
        rows += _links(tx, chain, *heads.get(chain, (0, _origin(chain))), entries)
    tx.session.execute(_APPEND, rows)


def _links(tx: Tx, chain: str, seq: int, previous: bytes, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The rows of the entries, each bound to the one before."""
    rows = []
    for kind, payload in entries:
        seq += 1
        salt = tx.chance.bytes(SALT_BYTES)
        digest = _digest(salt, canonical(payload).encode())
        previous = _link(previous, seq, tx.now, kind, digest)
        rows.append(
            {
                "chain": chain,
                "seq": seq,
                "at": tx.now,
                "kind": kind,
                "payload": payload,
                "salt": salt,
                "digest": digest,
                "hash": previous,
            }
        )
    return rows


def verify(session: Session) -> list[Break]:
    """Every place where a chain does not hold, by chain and seq; empty when all hold. Reads a little at a time."""
    return list(_breaks(session))


def _breaks(session: Session) -> Iterator[Break]:
    # The payload comes sealed, so that one that can't be opened is a finding and not the end of the search.
    sealed = type_coerce(timeline.c.payload, LargeBinary).label("sealed")
    columns = [column for column in timeline.c if column.name != "payload"]
    query = select(*columns, sealed).order_by(timeline.c.chain, timeline.c.seq)
    vault = vault_of(session.get_bind().dialect)
    chain, seq, previous = None, 0, b""
    for row in session.execute(query.execution_options(yield_per=VERIFIED_AT_ONCE)):
        if row.chain != chain:
            chain, seq, previous = row.chain, 0, _origin(row.chain)
        why = _fault(row, seq, previous, vault)
        if why:
            yield Break(row.chain, row.seq, why)
        seq, previous = row.seq, row.hash


def _fault(row: Any, last: int, previous: bytes, vault: Vault) -> str | None:
    if row.seq != last + 1:
        return f"entries {last + 1} to {row.seq - 1} are missing"
    if row.hash != _link(previous, row.seq, row.at, row.kind, row.digest):
        return "the entry was altered"
    if row.sealed is None and row.salt is None:
        return None
    try:
        payload = canonical(json.loads(vault.open(row.sealed or b""))).encode()
    except (Unreadable, ValueError):
        return "the payload can't be read"
    return None if row.digest == _digest(row.salt or b"", payload) else "the payload was altered"


def _origin(chain: str) -> bytes:
    return hashlib.sha256(chain.encode()).digest()


def _digest(salt: bytes, payload: bytes) -> bytes:
    return hashlib.sha256(salt + payload).digest()


def _link(previous: bytes, seq: int, at: datetime, kind: str, digest: bytes) -> bytes:
    # Every part but the kind has a fixed length, so that no two entries run together to the same bytes.
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return hashlib.sha256(previous + seq.to_bytes(8) + moment.encode() + kind.encode() + digest).digest()
