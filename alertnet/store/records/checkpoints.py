"""Checkpoints: the system's chain holds where each incident's ends, so that a cut tail, a missing chain is found (A10).

Each minute in which something changed has one, for all chains that did, and so has each close. What somebody outside
keeps is the head: how long the system's chain is, when, and its last hash, signed.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import LargeBinary, select, type_coerce
from sqlalchemy.orm import Session

from alertnet.core.codec import value
from alertnet.core.errors import BadInput
from alertnet.store.db.columns import vault_of
from alertnet.store.db.tx import Tx
from alertnet.store.db.vault import Purpose, Unreadable, Vault
from alertnet.store.records.credentials import api_keys
from alertnet.store.records.timeline import KEYED, SYSTEM, Head, append, heads_of, lock_system
from alertnet.store.tables import timeline

CHECKPOINT = "checkpoint"

MOST_CHAINS = 1000
"""How many chains an entry holds."""
OVERLAP = timedelta(minutes=5)
"""What was begun before a checkpoint and committed after it is in the next one."""
LOOKED_AT = 10
"""How many checkpoints are compared with, so that what is in one of them is not said again."""

SEALED: Any = type_coerce(timeline.c.payload, LargeBinary).label("sealed")
"""The payload as it is stored: one that can't be opened is no fault of the others."""
_LATEST = (
    select(timeline.c.at, SEALED)
    .where(timeline.c.chain == SYSTEM, timeline.c.kind.in_([CHECKPOINT, KEYED]))
    .order_by(timeline.c.seq.desc())
    .limit(LOOKED_AT)
)
_SIGNED = re.compile(r"(?P<length>\d{1,12})-(?P<at>\d{8}T\d{6})Z-(?P<hash>[0-9a-f]{16})-(?P<mac>[0-9a-f]{16})")


@value
class SignedHead:
    """How far the system's chain had come, as somebody outside has kept it; `hash`: the first bytes of its last one."""

    length: int
    hash: bytes


def heads_in(payload: Any) -> dict[str, Head]:
    """Where the chains end that a checkpoint names."""
    return {chain: Head(length, bytes.fromhex(hash)) for chain, (length, hash) in payload["chains"].items()}


def _of_heads(heads: Mapping[str, Head]) -> dict[str, Any]:
    """The payload of a checkpoint of those."""
    return {"chains": {chain: [head.length, head.hash.hex()] for chain, head in heads.items()}}


def note_changed(tx: Tx) -> None:
    """Put on the record where those chains end that have changed since the last checkpoint, if any have."""
    lock_system(tx.session)
    found = tx.session.execute(_LATEST).all()
    known: dict[str, Head] = {}
    for row in reversed(found):
        known |= _heads_in_sealed(tx.vault, row.sealed)
    since = found[0].at - OVERLAP if found else None
    changed = {chain: head for chain, head in _ends_since(tx.session, since).items() if known.get(chain) != head}
    note(tx, changed)


def note(tx: Tx, ends: Mapping[str, Head]) -> None:
    """Put on the record where these chains end."""
    _note(tx, CHECKPOINT, _in_parts(ends))


def give_keys(tx: Tx) -> None:
    """Record, in a database from before links had a key, that from now on each has one, and where the chains end.

    The API keys that are there are vouched for from now on, too.
    """
    _note(tx, KEYED, _in_parts(_ends_since(tx.session, None)) or [{}])
    api_keys.vouch_for_all(tx)


def signed_head(tx: Tx) -> str:
    """The head as it stands, for somebody outside to keep: length, moment, hash and signature, in one word."""
    end = heads_of(tx.session, [SYSTEM]).get(SYSTEM, Head(0, bytes(32)))
    said = f"{end.length}-{tx.now.astimezone(UTC):%Y%m%dT%H%M%S}Z-{end.hash[:8].hex()}"
    return f"{said}-{tx.vault.mac(Purpose.HEAD, said.encode())[:8].hex()}"


def read_head(session: Session, text: str) -> SignedHead:
    """The head that somebody kept.

    Raises:
        BadInput: it is none, or was not signed by this installation.
    """
    found = _SIGNED.fullmatch(text.strip())
    if found is None:
        raise BadInput("head", text, "a line that `alertnet audit head` has printed")
    said = text.strip().rpartition("-")[0]
    if not vault_of(session.get_bind().dialect).is_mac(Purpose.HEAD, said.encode(), bytes.fromhex(found["mac"])):
        raise BadInput("head", text, "one that was signed with a secret in ALERTNET_SECRET_KEY")
    return SignedHead(int(found["length"]), bytes.fromhex(found["hash"]))


def _note(tx: Tx, kind: str, parts: Sequence[Mapping[str, Head]]) -> None:
    for each in parts:
        append(tx, SYSTEM, (kind, _of_heads(each)))
        kind = CHECKPOINT


def _in_parts(heads: Mapping[str, Head]) -> list[dict[str, Head]]:
    items = [*heads.items()]
    return [dict(items[start : start + MOST_CHAINS]) for start in range(0, len(items), MOST_CHAINS)]


def _ends_since(session: Session, since: datetime | None) -> dict[str, Head]:
    """Where the chains of incidents end that have entries from then on."""
    query = select(timeline.c.chain).where(timeline.c.chain != SYSTEM)
    # Not distinct where a moment narrows it down: SQLite would go by the chains, through all that ever was.
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
