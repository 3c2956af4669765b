"""Checkpoints: the system's chain records where each incident's chain ends, so that cuts and losses are found (A10).

Every minute with changes gets one for the changed chains, and so does each close. Somebody outside can keep the head:
the length of the system's chain, the moment and its last hash, signed.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import LargeBinary, select, type_coerce

from alertnet.core.codec import value
from alertnet.core.errors import BadInput
from alertnet.store.db.columns import vault_of
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from alertnet.store.db.vault import Purpose, Unreadable, Vault
from alertnet.store.records.credentials import api_keys
from alertnet.store.records.timeline import KEYED, SYSTEM, Head, append, heads_of, lock_system
from alertnet.store.tables import timeline

CHECKPOINT = "checkpoint"

MOST_CHAINS = 1000
"""The most chains in one entry."""
OVERLAP = timedelta(minutes=5)
"""A transaction that began before a checkpoint and was committed after it is in the next one."""
LOOKED_AT = 10
"""How many earlier checkpoints are read, so that their content is not repeated."""

SEALED: Any = type_coerce(timeline.c.payload, LargeBinary).label("sealed")
"""The payload as stored; one that can't be opened is no fault of the others."""
_LATEST = (
    select(timeline.c.at, SEALED)
    .where(timeline.c.chain == SYSTEM, timeline.c.kind.in_([CHECKPOINT, KEYED]))
    .order_by(timeline.c.seq.desc())
    .limit(LOOKED_AT)
)
_SIGNED = re.compile(r"(?P<length>\d{1,12})-(?P<at>\d{8}T\d{6})Z-(?P<hash>[0-9a-f]{16})-(?P<mac>[0-9a-f]{16})")


@value
class SignedHead:
    """The length of the system's chain as kept by somebody outside; `hash`: the first bytes of its last hash."""

    length: int
    hash: bytes


def heads_in(payload: Any) -> dict[str, Head]:
    """The ends of chains that a checkpoint names."""
    return {chain: Head(length, bytes.fromhex(hash)) for chain, (length, hash) in payload["chains"].items()}


def note_changed(tx: Tx) -> None:
    """Record the ends of all chains that changed since the last checkpoint, if any did."""
    lock_system(tx.session)
    found = tx.session.execute(_LATEST).all()
    known: dict[str, Head] = {}
    for row in reversed(found):
        known |= _heads_in_sealed(tx.vault, row.sealed)
    since = found[0].at - OVERLAP if found else None
    changed = {chain: head for chain, head in _ends_since(tx.session, since).items() if known.get(chain) != head}
    note(tx, changed)


def note(tx: Tx, ends: Mapping[str, Head]) -> None:
    """Record where these chains end."""
    _note(tx, CHECKPOINT, _in_parts(ends))


def give_keys(tx: Tx) -> None:
    """Record, when upgrading a database from before links had a key, that they have one now, and where chains end.

    The existing API keys are also vouched for from now on.
    """
    _note(tx, KEYED, _in_parts(_ends_since(tx.session, None)) or [{}])
    api_keys.vouch_for_all(tx)


def signed_head(tx: Tx) -> str:
    """The present head, for somebody outside to keep: length, moment, hash and signature in one word."""
    end = heads_of(tx.session, [SYSTEM]).get(SYSTEM, Head(0, bytes(32)))
    said = f"{end.length}-{tx.now.astimezone(UTC):%Y%m%dT%H%M%S}Z-{end.hash[:8].hex()}"
    return f"{said}-{tx.vault.mac(Purpose.HEAD, said.encode())[:8].hex()}"


def read_head(session: Session, text: str) -> SignedHead:
    """Read a head that somebody kept. Refuses one that this installation has not signed."""
    found = _SIGNED.fullmatch(text.strip())
    if found is None:
        raise BadInput("head", text, "a line that `alertnet audit head` has printed")
    said = text.strip().rpartition("-")[0]
    if not vault_of(session.dialect).is_mac(Purpose.HEAD, said.encode(), bytes.fromhex(found["mac"])):
        raise BadInput("head", text, "one that was signed with a secret in ALERTNET_SECRET_KEY")
    return SignedHead(int(found["length"]), bytes.fromhex(found["hash"]))


def _note(tx: Tx, kind: str, parts: Sequence[Mapping[str, Head]]) -> None:
    for each in parts:
        append(tx, SYSTEM, (kind, {"chains": {chain: [end.length, end.hash.hex()] for chain, end in each.items()}}))
        kind = CHECKPOINT


def _in_parts(heads: Mapping[str, Head]) -> list[dict[str, Head]]:
    items = [*heads.items()]
    return [dict(items[start : start + MOST_CHAINS]) for start in range(0, len(items), MOST_CHAINS)]


def _ends_since(session: Session, since: datetime | None) -> dict[str, Head]:
    """The ends of the incidents' chains that have entries since then."""
    query = select(timeline.c.chain).where(timeline.c.chain != SYSTEM)
    # Without DISTINCT where a moment narrows it down: SQLite would go through all chains there ever were.
    found = session.scalars(query.distinct() if since is None else query.where(timeline.c.at >= since))
    chains = sorted(set(found))
    ends: dict[str, Head] = {}
    for start in range(0, len(chains), MOST_CHAINS):
        ends |= heads_of(session, chains[start : start + MOST_CHAINS])
    return ends


def _heads_in_sealed(vault: Vault, sealed: bytes | None) -> dict[str, Head]:
    try:
        return heads_in(json.loads(vault.open(sealed or b"")))
    except (Unreadable, ValueError, KeyError, TypeError):
        return {}
