"""Stored PINs, as slow hashes of keyed hashes: each owner's true PIN, PIN for duress, and one-time PINs.

The PIN for duress has a neutral name and its own kind of hash. Owners without one get a row that no text matches, so
that the table does not show who has one.
"""

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, bindparam, delete, insert, select, update

from alertnet.store.db.statements import Prepared
from alertnet.store.db.tx import Tx
from alertnet.store.tables import pins


class PinKind(StrEnum):
    """What a PIN proves: its owner, its owner under threat, or its owner once."""

    PIN = "pin"
    DURESS = "duress"
    ONE_TIME = "one_time"


_OTHER = "other"
_DURESS = (_OTHER, PinKind.DURESS.value)
"""How the kind is stored; the second as earlier versions stored it, with the hash of any PIN."""
_HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class Pin:
    """A stored PIN, or the row that stands in for a missing one."""

    id: str
    written_as: str
    """The kind as stored."""
    hash: bytes
    cost: str | None
    """The cost of the hash; None: it is only the keyed hash, as earlier versions stored it."""

    @property
    def kind(self) -> PinKind:
        return PinKind.DURESS if self.written_as in _DURESS else PinKind(self.written_as)


_PINS: Select[Any] = select(*pins.c["id", "kind", "hash", "cost"]).where(pins.c.owner == bindparam("owner"))
_OF_OWNER, _HOLD = Prepared(_PINS), Prepared(_PINS.order_by(pins.c.id).with_for_update())
_STORED_AS = pins.c.kind.in_([bindparam("stored"), bindparam("formerly")])
_FORGET, _ADD = Prepared(delete(pins).where(pins.c.owner == bindparam("owner"), _STORED_AS)), Prepared(insert(pins))


def matching(tx: Tx, owner: str, text: str, known: Iterable[Pin]) -> list[Pin]:
    """Those of the owner's PINs that match the text.

    The hashes for the true PIN and for duress are both made, and every PIN is compared in full, so that the time taken
    shows neither which it is nor how near it came.
    """
    return matching_each(tx, {owner: list(known)}, [text])[owner, text]


def matching_each(tx: Tx, known: Mapping[str, Sequence[Pin]], texts: Iterable[str]) -> dict[tuple[str, str], list[Pin]]:
    """The matching PINs by (owner, text), for several of each; slow hashes are requested once for all."""
    keyed = {
        (owner, text): (tx.vault.pin_hashes(owner, text), tx.vault.pin_hashes(owner, _as_other(text)))
        for owner in known
        for text in texts
    }
    slow = tx.stretch(
        (pin.cost, hash)
        for (owner, _), (usual, other) in keyed.items()
        for pin in known[owner]
        if pin.cost
        for hash in (*usual, *other)
    )

    def is_it(pin: Pin, hashes: tuple[bytes, ...]) -> int:
        made = (hash if pin.cost is None else slow[pin.cost, hash] for hash in hashes)
        return sum(hmac.compare_digest(pin.hash, hash) for hash in made)

    return {
        (owner, text): [pin for pin in known[owner] if is_it(pin, other if pin.written_as == _OTHER else usual)]
        for (owner, text), (usual, other) in keyed.items()
    }


def of_owner(tx: Tx, owner: str) -> list[Pin]:
    """All PINs of that owner, used ones too."""
    return [Pin(*tuple(row)) for row in _OF_OWNER.all(tx.session, {"owner": owner})]


def owners(tx: Tx) -> frozenset[str]:
    return frozenset(tx.session.scalars(select(pins.c.owner).distinct()))


def hold_of_owner(tx: Tx, owner: str) -> list[Pin]:
    """All PINs of that owner, locked: nobody else tries one until the transaction ends."""
    _HOLD.ahead(tx.session, {"owner": owner})
    # Who has waited for the lock while they were renewed is given none of the new ones with it.
    return of_owner(tx, owner)


def replace(tx: Tx, owner: str, kind: PinKind, texts: Iterable[str]) -> None:
    stored, formerly = _DURESS if kind is PinKind.DURESS else (kind.value, kind.value)
    _FORGET.each(tx.session, [{"owner": owner, "stored": stored, "formerly": formerly}])
    written = _as_other if kind is PinKind.DURESS else str
    cost = tx.vault.pin_cost
    asked = [(cost, tx.vault.pin_hash(owner, written(text))) for text in texts]
    slow = tx.stretch(asked)
    for each in asked:
        _add(tx, owner, stored, slow[each])


def stretch_keyed(tx: Tx, known: Iterable[Pin]) -> None:
    """Replace keyed hashes from an earlier version by slow hashes."""
    asked = {pin.id: (tx.vault.pin_cost, pin.hash) for pin in known if pin.cost is None}
    slow = tx.stretch(asked.values())
    for id, (cost, keyed) in asked.items():
        tx.session.execute(update(pins).where(pins.c.id == id).values(hash=slow[cost, keyed], cost=cost))


def hide_lack_of_duress(tx: Tx, owner: str) -> None:
    """Make an owner without a PIN for duress look like one who has both."""
    kinds = {pin.kind for pin in of_owner(tx, owner)}
    if PinKind.PIN in kinds and PinKind.DURESS not in kinds:
        _add(tx, owner, _OTHER, tx.entropy.bytes(_HASH_BYTES))


def use_up(tx: Tx, id: str) -> bool:
    """Use a one-time PIN; False if it was used before."""
    unused = update(pins).where(pins.c.id == id, pins.c.used_at.is_(None))
    return tx.session.execute(unused.values(used_at=tx.now).returning(pins.c.id)).first() is not None


def _add(tx: Tx, owner: str, kind: str, hash: bytes) -> None:
    row = {"id": tx.entropy.id(), "owner": owner, "kind": kind, "hash": hash, "cost": tx.vault.pin_cost}
    _ADD.each(tx.session, [row])


def _as_other(text: str) -> str:
    # A program of an earlier version must not take it for the true one.
    return f"{_OTHER} {text}"
