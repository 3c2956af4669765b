"""PINs on the record, as keyed hashes alone: a true one and one for duress of each owner, and some for one use each."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from alertnet.store.tables import pins
from alertnet.store.tx import Tx


class PinKind(StrEnum):
    """What a PIN proves: its owner, its owner under threat, or its owner once."""

    PIN = "pin"
    DURESS = "duress"
    ONE_TIME = "one_time"


def of_owner(tx: Tx, owner: str) -> list[Row[Any]]:
    """Every PIN of that owner, used ones too."""
    return list(tx.session.execute(select(pins).where(pins.c.owner == owner)).all())


def owners(tx: Tx) -> frozenset[str]:
    """Everybody who has a PIN."""
    return frozenset(tx.session.scalars(select(pins.c.owner).distinct()))


def hold_of_owner(tx: Tx, owner: str) -> list[Row[Any]]:
    """The same, held: nobody else tries a PIN of that owner until the transaction ends."""
    query = select(pins).where(pins.c.owner == owner).order_by(pins.c.id)
    return list(tx.session.execute(query.with_for_update()).all())


def replace(tx: Tx, owner: str, kind: PinKind, texts: Iterable[str]) -> None:
    """From now on these are the owner's PINs of that kind, and no others."""
    tx.session.execute(delete(pins).where(pins.c.owner == owner, pins.c.kind == kind.value))
    rows = [
        {"id": tx.chance.id(), "owner": owner, "kind": kind.value, "hash": tx.vault.pin_hash(owner, text)}
        for text in texts
    ]
    if rows:
        tx.session.execute(insert(pins), rows)


def use_up(tx: Tx, id: str) -> bool:
    """Use a PIN that is good once; False when it has been used."""
    unused = update(pins).where(pins.c.id == id, pins.c.used_at.is_(None))
    return tx.session.execute(unused.values(used_at=tx.now).returning(pins.c.id)).first() is not None
