"""Verifies the history: finds every place where it was changed, without loading all of it at once.

First the system's chain, whose checkpoints say where the others must end; then the others, a few entries at a time.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, func, select

from alertnet.core.codec import value
from alertnet.store.db.columns import canonical, vault_of
from alertnet.store.db.session import Session
from alertnet.store.db.statements import Prepared
from alertnet.store.db.vault import Purpose, Unreadable, Vault
from alertnet.store.records.checkpoints import CHECKPOINT, SEALED, SignedHead, heads_in
from alertnet.store.records.credentials import api_keys as keys
from alertnet.store.records.credentials import users
from alertnet.store.records.timeline import KEYED, LASTING, PURGED, SYSTEM, Head, digest_of, link, origin, vouched
from alertnet.store.tables import api_keys, chain_heads, incidents, timeline

AT_ONCE = 1000  # rows in memory
HASH_KEPT = 8  # bytes of each checkpoint's hash

EXCHANGE = timedelta(hours=1)
"""After an upgrade the previous version may still run for this long, and write links without a key."""

INCIDENTS, API_KEYS, USERS = "incidents", "api_keys", "users"
"""Used in place of a chain for findings about all chains of incidents, API keys and console users."""

PUT_BACK = "an earlier row was put back"
NOT_KEYED = "the entry has no key"

# The payload is read encrypted, so that one that can't be opened is a finding and does not end the search.
_ENTRIES: Select[Any] = (
    select(*(column for column in timeline.c if column.name != "payload"), SEALED)
    .order_by(timeline.c.chain, timeline.c.seq)
    .execution_options(yield_per=AT_ONCE)
)
_OF_SYSTEM, _OF_OTHERS = _ENTRIES.where(timeline.c.chain == SYSTEM), _ENTRIES.where(timeline.c.chain != SYSTEM)
_FIRST_OF_OTHERS = Prepared(select(func.min(timeline.c.at).label("first")).where(timeline.c.chain != SYSTEM))
_END = Prepared(select(chain_heads).where(chain_heads.c.chain == SYSTEM))
_INCIDENTS = Prepared(select(incidents.c.id))
_API_KEYS = select(api_keys).order_by(api_keys.c.id)


@value
class Break:
    """A place where a chain does not hold, and why; `seq` 0: the chain as a whole."""

    chain: str
    seq: int
    why: str


@dataclass
class Known:
    """What the system's chain says about the others and itself."""

    begins_with: tuple[str, datetime] | None = None
    """The kind of the first entry of the system's chain, and when it was made; None if there is none."""
    keyed_at: datetime | None = None
    """When links began to have a key; None if they always had one."""
    ends: dict[str, dict[int, bytes]] = field(default_factory=dict)
    """All checkpoints of each chain: the first bytes of its hash by length."""
    without_key: dict[str, int] = field(default_factory=dict)
    """Up to which seq the entries of a chain may have no key, since a keyed checkpoint covers them."""
    revoked: set[str] = field(default_factory=set)
    """The API keys that were revoked."""
    roles: dict[str, str] = field(default_factory=dict)
    """The last role of each user; `users.ENDED` for those who may no longer sign in."""

    def learn(self, row: Row[Any], payload: Any) -> None:
        """Take in a keyed entry that lasts."""
        if row.kind in (CHECKPOINT, KEYED):
            self._learn_ends(row, heads_in(payload))
        elif row.kind == "key_revoked":
            self.revoked.add(payload.get("key", ""))
        elif row.kind in ("user_added", "user_role_changed"):
            self.roles[payload.get("user", "")] = payload.get("role", "")
        elif row.kind == "user_ended":
            self.roles[payload.get("user", "")] = users.ENDED

    def _learn_ends(self, row: Row[Any], heads: Mapping[str, Head]) -> None:
        if row.kind == KEYED and self.keyed_at is None:
            self.keyed_at = row.at
        if self.keyed_at is not None and row.at <= self.keyed_at + EXCHANGE:
            self.without_key |= {chain: head.length for chain, head in heads.items()} | {SYSTEM: row.seq}
        for chain, head in heads.items():
            self.ends.setdefault(chain, {}).setdefault(head.length, head.hash[:HASH_KEPT])

    def may_have_begun_anew(self, first: datetime) -> bool:
        """Whether the system's chain is not the one from before the incidents, of which the first is so old.

        What is in force stands in it before the first of them; a chain that was deleted goes on with a checkpoint of
        what is left. A time alone shows nothing, since clocks are set.
        """
        return self.begins_with is None or (self.begins_with[0] == CHECKPOINT and self.begins_with[1] > first)

    def length_of(self, chain: str) -> int:
        """The chain's length at its last checkpoint."""
        return max(self.ends.get(chain, {0: b""}))


@dataclass
class _Chain:
    """One chain while it is read."""

    name: str
    vault: Vault
    last: int = 0
    hash: bytes = b""
    bare: list[range] = field(default_factory=list)
    """Entries whose links have no key."""
    emptied: list[range] = field(default_factory=list)
    purged_to: int = 0

    def follow(self, row: Row[Any]) -> str | None:
        """Advance to this entry; gives what does not hold there, or None."""
        previous, expected = (self.hash if self.last else origin(self.name)), self.last + 1
        self.last, self.hash = row.seq, row.hash
        if row.seq != expected:
            return f"entries {expected} to {row.seq - 1} are missing"
        made_of = link(previous, row.seq, row.at, row.kind, row.digest)
        if not self.vault.is_mac(Purpose.RECORD, made_of, row.hash):
            if row.hash != hashlib.sha256(made_of).digest():
                return "the entry was altered"
            _extend(self.bare, row.seq)
        return self._fault_of_payload(row)

    def has_key(self, row: Row[Any]) -> bool:
        """Whether the link of the last entry has a key."""
        return not (self.bare and row.seq in self.bare[-1])

    def breaks_at_end(self, known: Known) -> Iterator[Break]:
        """The breaks that show once the whole chain was read."""
        for bare in _beyond(self.bare, known.without_key.get(self.name, 0)):
            yield Break(self.name, bare.start, _all_of(NOT_KEYED, bare))
        for emptied in _beyond(self.emptied, self.purged_to):
            yield Break(self.name, emptied.start, _all_of("the payload is gone, and no entry says so", emptied))
        if (length := known.length_of(self.name)) > self.last:
            yield Break(self.name, self.last + 1, f"entries {self.last + 1} to {length} are missing")

    def _fault_of_payload(self, row: Row[Any]) -> str | None:
        if row.sealed is None and row.salt is None:
            if self.name == SYSTEM and row.kind in LASTING:
                return "the payload is gone, which no purge takes"
            _extend(self.emptied, row.seq)
            return None
        try:
            payload = json.loads(self.vault.open(row.sealed or b""))
        except (Unreadable, ValueError):
            return "the payload can't be read"
        if row.digest != digest_of(row.salt or b"", canonical(payload).encode()):
            return "the payload was altered"
        if row.kind == PURGED and self.has_key(row):
            self.purged_to = max(self.purged_to, min(int(payload["last"]), row.seq - 1))
        return None


def verify(session: Session, head: SignedHead | None = None) -> list[Break]:
    """All places where the history does not hold, by chain and seq; empty if it is intact.

    `head`: a head kept by somebody outside, which is checked too.
    """
    known = Known()
    vault = vault_of(session.dialect)
    return [
        *_as_far_as_readable(SYSTEM, _of_system(session, vault, known, head)),
        *_as_far_as_readable(INCIDENTS, _of_incidents(session, vault, known)),
        *_as_far_as_readable(API_KEYS, _of_api_keys(session, known)),
        *_as_far_as_readable(USERS, _of_users(session, known)),
    ]


def _as_far_as_readable(part: str, breaks: Iterator[Break]) -> Iterator[Break]:
    """The breaks of that part. SQLite keeps values of any type in any column: one that we never write ends the part."""
    try:
        yield from breaks
    except (ValueError, TypeError, AttributeError):
        yield Break(part, 0, "holds a value of a type that is never written there: nothing behind it was looked at")


def keyed_since(session: Session) -> datetime | None:
    """When the links of an upgraded database began to have a key; None if they always had one."""
    query = select(timeline.c.at).where(timeline.c.chain == SYSTEM, timeline.c.kind == KEYED)
    return session.scalar(query.order_by(timeline.c.seq).limit(1))


def purged_incidents(session: Session) -> int:
    """The number of purged incidents; their chains hold, without payloads."""
    return session.scalar(select(func.count()).where(incidents.c.purged_at.is_not(None))) or 0


def _of_system(session: Session, vault: Vault, known: Known, kept: SignedHead | None) -> Iterator[Break]:
    chain = _Chain(SYSTEM, vault)
    row = _END.first(session, {})
    end = Head(row.length, row.hash) if row is not None else None
    if row is not None and end is not None and not vault.is_mac(Purpose.HEAD, vouched(end), row.mac):
        yield Break(SYSTEM, row.length, "where the chain ends was altered")
        end = None
    is_keyed = False
    for entry in session.execute(_OF_SYSTEM):
        known.begins_with = known.begins_with or (entry.kind, entry.at)
        why = chain.follow(entry)
        if why is not None:
            yield Break(SYSTEM, entry.seq, why)
        elif chain.has_key(entry):
            is_keyed = True
            if entry.kind in LASTING and entry.sealed is not None:
                known.learn(entry, json.loads(vault.open(entry.sealed)))
        if end is not None and entry.seq == end.length and entry.hash != end.hash:
            yield Break(SYSTEM, entry.seq, "the entry is not the one that the chain ended with")
        if kept is not None and entry.seq == kept.length and not entry.hash.startswith(kept.hash):
            yield Break(SYSTEM, entry.seq, "the entry is not the one that the head names")
    if row is None and is_keyed:
        yield Break(SYSTEM, chain.last, "where the chain ends is not on the record any more")
    known.ends[SYSTEM] = {max(end.length if end else 0, kept.length if kept else 0): b""}
    yield from chain.breaks_at_end(known)


def _of_incidents(session: Session, vault: Vault, known: Known) -> Iterator[Break]:
    missing = set(known.ends) - {SYSTEM} | set(_INCIDENTS.scalars(session, {}))
    [first] = _FIRST_OF_OTHERS.scalars(session, {})
    if first is not None and known.may_have_begun_anew(first):
        yield Break(SYSTEM, 0, "the chain is missing, or what it began with: there are incidents from before it")
    chain: _Chain | None = None
    for row in session.execute(_OF_OTHERS):
        if chain is None or row.chain != chain.name:
            if chain is not None:
                yield from chain.breaks_at_end(known)
            chain = _Chain(row.chain, vault)
            missing.discard(row.chain)
        if (why := chain.follow(row)) is not None:
            yield Break(row.chain, row.seq, why)
        elif not row.hash.startswith(known.ends.get(row.chain, {}).get(row.seq, b"")):
            yield Break(row.chain, row.seq, "the entry is not the one that the checkpoint names")
    if chain is not None:
        yield from chain.breaks_at_end(known)
    for name in sorted(missing):
        had = f": it had {known.length_of(name)} entries" if name in known.ends else ""
        yield Break(name, 0, f"the chain is missing{had}")


def _of_api_keys(session: Session, known: Known) -> Iterator[Break]:
    for row in session.execute(_API_KEYS):
        if not keys.is_vouched_for(session, row):
            yield Break(API_KEYS, 0, f"key {row.id} was made or changed without the secret, and opens nothing")
        elif row.revoked_at is None and row.id in known.revoked:
            yield Break(API_KEYS, 0, f"key {row.id} was revoked, and opens again: {PUT_BACK}")


def _of_users(session: Session, known: Known) -> Iterator[Break]:
    unvouched = users.not_vouched_for(session)
    for name in unvouched:
        yield Break(USERS, 0, f"user {name} was made or changed without the secret, and can't sign in")
    for name, now in users.standings(session).items():
        last = known.roles.get(name)
        if name not in unvouched and last not in (now, None):
            yield Break(USERS, 0, f"user {name} is {now}, and by the history {last}: {PUT_BACK}")


def _extend(ranges: list[range], seq: int) -> None:
    if ranges and ranges[-1].stop == seq:
        ranges[-1] = range(ranges[-1].start, seq + 1)
    else:
        ranges.append(range(seq, seq + 1))


def _beyond(ranges: list[range], last: int) -> Iterator[range]:
    """The ranges of entries after that seq."""
    rest = (range(max(each.start, last + 1), each.stop) for each in ranges)
    return (each for each in rest if each)


def _all_of(why: str, entries: range) -> str:
    return why if len(entries) == 1 else f"{why} (to {entries.stop - 1})"
