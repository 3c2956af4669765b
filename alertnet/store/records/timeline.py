"""The tamper-evident history: a hash chain for each incident and one for the system (A10).

    digest = H(salt, payload)        hash = HMAC(key, previous hash, seq, at, kind, digest)        H = SHA-256

The key is derived from the secret, so the database alone does not suffice to make a link. Purging an entry removes its
payload and salt. The digest stays, from which nothing can be guessed without the salt, and the chain still verifies. A
chain begins with the hash of its name, so that whole chains can't be exchanged. The end of the system's chain is stored
beside it; the system's chain stores the ends of the others (`store.records.checkpoints`).
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, text, update

from alertnet.core.codec import text_in_utc, value
from alertnet.store.db.columns import Encrypted, canonical
from alertnet.store.db.session import Session
from alertnet.store.db.statements import Prepared
from alertnet.store.db.tx import Tx
from alertnet.store.db.vault import Purpose
from alertnet.store.tables import chain_heads, timeline

SYSTEM = "system"
PURGED = "purged"
KEYED = "chains_keyed"
"""From this entry on every link has a key; it is a checkpoint of everything there when the database was upgraded."""
LASTING = (
    "chains_keyed",
    "checkpoint",
    "database_restored",
    "incident_held",
    "incident_purged",
    "incident_released",
    "key_created",
    "key_revoked",
    "purged",
    "restore_made_known",
    "trees_in_force",
    "user_added",
    "user_ended",
    "user_linked",
    "user_renewed",
    "user_role_changed",
    "user_unlinked",
)
"""Kinds kept in the system's chain for ever: what vouches for the record, was in force or is gone, and permissions."""
SALT_BYTES = 16

NewEntry = tuple[str, Mapping[str, Any]]
"""A kind, stored in clear, and its payload of plain JSON values, stored encrypted."""

_OF_SYSTEM = chain_heads.c.chain == SYSTEM
_END = Prepared(select(chain_heads).where(_OF_SYSTEM))
_MOVE_END = Prepared(
    update(chain_heads).where(_OF_SYSTEM).values({name: bindparam(name) for name in ("length", "hash", "mac")})
)
_HEAD = Prepared(
    select(*timeline.c["chain", "seq", "hash"])
    .where(timeline.c.chain == bindparam("chain"))
    .order_by(timeline.c.seq.desc())
    .limit(1)
)
# The exact text of the payload is encrypted, since the digest vouches for that text.
_OF_KIND = Prepared(
    select(timeline.c.at, timeline.c.payload)
    .where(timeline.c.chain == bindparam("chain"), timeline.c.kind == bindparam("kind"))
    .order_by(timeline.c.seq)
)
_LATEST_AT = Prepared(
    select(timeline.c.at)
    .where(timeline.c.chain == bindparam("chain"), timeline.c.kind == bindparam("kind"))
    .order_by(timeline.c.seq.desc())
    .limit(1)
)
_APPEND = Prepared(insert(timeline).values(payload=bindparam("payload", type_=Encrypted())))
_BEGIN_END = Prepared(insert(chain_heads))
_LOCK_SYSTEM = text("SELECT pg_advisory_xact_lock(hashtext('alertnet timeline'))")


@value
class Head:
    """The end of a chain: the seq and hash of its last entry."""

    length: int
    hash: bytes


@value
class _Kept:
    """The stored end of the system's chain; `is_ours`: it was signed with the secret."""

    end: Head
    is_ours: bool


def of_kind(session: Session, chain: str, kind: str) -> list[tuple[datetime, Any]]:
    """The entries of that kind in the chain, oldest first: when, and the payload (None if purged)."""
    return [(row.at, row.payload) for row in _OF_KIND.all(session, {"chain": chain, "kind": kind})]


def latest_at(session: Session, chain: str, kind: str) -> datetime | None:
    """When the last entry of that kind was added to the chain."""
    return next(iter(_LATEST_AT.scalars(session, {"chain": chain, "kind": kind})), None)


def count(session: Session, besides: Collection[str] = ()) -> int:
    """The number of entries in all chains, except those of these kinds."""
    return session.scalar(select(func.count()).where(timeline.c.kind.not_in(besides))) or 0


def append(tx: Tx, chain: str, *entries: NewEntry) -> None:
    """Add entries at `tx.now` to the chain of an incident, which the transaction has locked, or of the system."""
    append_each(tx, {chain: entries} if entries else {})


def note(tx: Tx, kind: str, /, **payload: object) -> None:
    """Add an entry to the system's chain, at the end of the transaction."""
    note_each(tx, (kind, payload))


def note_each(tx: Tx, *entries: NewEntry) -> None:
    """Add entries to the system's chain, at the end of the transaction.

    Whoever holds the end of that chain must wait for nobody: almost everybody waits for it, also who holds an incident.
    """
    tx.at_end(lambda: append(tx, SYSTEM, *entries))


def append_each(tx: Tx, chains: Mapping[str, Sequence[NewEntry]], *, begin: bool = False) -> dict[str, Head]:
    """Add entries to several chains, and give their new ends; `begin`: the entries are the first of their chains."""
    if not chains:
        return {}
    if SYSTEM in chains:
        lock_system(tx.session)
    heads = {} if begin else heads_of(tx.session, list(chains))
    rows: list[dict[str, Any]] = []
    ends: dict[str, Head] = {}
    kept = _kept_end(tx) if SYSTEM in chains else None
    for chain, entries in chains.items():
        head = heads.get(chain, Head(0, origin(chain)))
        if chain == SYSTEM and kept is not None and kept.is_ours and kept.end.length >= head.length:
            # What was cut off must leave a gap for ever, so nothing is written in its place.
            head = kept.end
        links = _links(tx, chain, head.length, head.hash, entries)
        ends[chain] = Head(links[-1]["seq"], links[-1]["hash"]) if links else head
        rows += links
    if rows:
        _APPEND.each(tx.session, rows)
    if SYSTEM in ends:
        is_first = SYSTEM not in heads or any(kind == KEYED for kind, _ in chains[SYSTEM])
        _keep_end(tx, ends[SYSTEM], kept, is_first=is_first)
    return ends


def lock_system(session: Session) -> None:
    """Keep everybody else from writing to the system's chain until the transaction ends."""
    if session.dialect.name == "postgresql":
        # An incident's chain is protected by its row. The system's has none, and two writers would take the same seq.
        session.execute(_LOCK_SYSTEM)


def heads_of(session: Session, chains: Sequence[str]) -> dict[str, Head]:
    """The ends of those of the chains that exist."""
    # Each by the key alone: grouped in one statement, all entries of a chain would be read to find its last.
    asked = [_HEAD.ahead(session, {"chain": chain}) for chain in chains]
    return {row.chain: Head(row.seq, row.hash) for answer in asked for row in answer()}


def allow_purging(tx: Tx, chain: str, last: int, why: Mapping[str, Any]) -> Head:
    """Record that the entries of a chain up to that seq lose their payload; gives the new end of the chain."""
    return append_each(tx, {chain: [(PURGED, {"last": last, **why})]})[chain]


def _links(tx: Tx, chain: str, seq: int, previous: bytes, entries: Sequence[NewEntry]) -> list[dict[str, Any]]:
    """The rows of the entries, each linked to the one before."""
    rows = []
    for kind, payload in entries:
        seq += 1
        salt, said = tx.entropy.bytes(SALT_BYTES), canonical(payload)
        digest = digest_of(salt, said.encode())
        previous = tx.vault.mac(Purpose.RECORD, link(previous, seq, tx.now, kind, digest))
        rows.append(
            {
                "chain": chain,
                "seq": seq,
                "at": tx.now,
                "kind": kind,
                "payload": said,
                "salt": salt,
                "digest": digest,
                "hash": previous,
            }
        )
    return rows


def vouched(end: Head) -> bytes:
    """The bytes that the stored code for the end of the system's chain covers."""
    return b"end" + end.length.to_bytes(8) + end.hash


def _kept_end(tx: Tx) -> _Kept | None:
    row = _END.first(tx.session, {})
    if row is None:
        return None
    end = Head(row.length, row.hash)
    return _Kept(end, tx.vault.is_mac(Purpose.HEAD, vouched(end), row.mac))


def _keep_end(tx: Tx, end: Head, kept: _Kept | None, *, is_first: bool) -> None:
    """Store the end of the system's chain. A removed or altered end is not replaced, so that this is found."""
    values = {"length": end.length, "hash": end.hash, "mac": tx.vault.mac(Purpose.HEAD, vouched(end))}
    if kept is not None and kept.is_ours:
        _MOVE_END.each(tx.session, [values])
    elif kept is None and is_first:
        _BEGIN_END.each(tx.session, [{"chain": SYSTEM, **values}])


def origin(chain: str) -> bytes:
    """The bytes that the first entry of a chain is linked to."""
    return hashlib.sha256(chain.encode()).digest()


def digest_of(salt: bytes, payload: bytes) -> bytes:
    """The digest of a payload, which stays when the payload is purged."""
    return hashlib.sha256(salt + payload).digest()


def link(previous: bytes, seq: int, at: datetime, kind: str, digest: bytes) -> bytes:
    """The bytes from which the hash of an entry is made."""
    # Every part except the kind has a fixed length, so that different entries never give the same bytes.
    return previous + seq.to_bytes(8) + text_in_utc(at).encode() + kind.encode() + digest
