"""Codes that a lost database had given out: they are given to nobody else, and answers with them reach people."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, bindparam, delete, select, update

from alertnet.core.codec import value
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from alertnet.store.tables import incidents, lost_codes

KEPT_FOR = timedelta(days=30)

HELD: Select[Any] = select(lost_codes.c.code_hash, lost_codes.c.number_index).where(
    lost_codes.c.code_hash.in_(bindparam("hashes"))
)
"""The numbers that were given one of these codes."""


@value
class LostCode:
    """A code from a lost database; `is_new`: no answer to its incident came from that number before."""

    ref: str
    is_new: bool


def unknown_refs(session: Session, refs: Collection[str]) -> set[str]:
    """Those of the references that no incident has."""
    return set(refs) - set(session.scalars(select(incidents.c.ref).where(incidents.c.ref.in_(refs))))


def keep(tx: Tx, ref: str, number: str, codes: Iterable[str]) -> None:
    """Record that the number was given those codes of that incident; earlier ones stay."""
    tx.session.execute(delete(lost_codes).where(lost_codes.c.lasts_until < tx.now))
    known = find(tx, number, codes := list(codes))
    for code in (code for code in codes if code not in known):
        row = {
            "id": tx.entropy.id(),
            "ref": ref,
            "number_index": tx.vault.index(number),
            "code_hash": tx.vault.code_hash(code),
            "lasts_until": tx.now + KEPT_FOR,
            "answered_at": None,
        }
        tx.session.execute(lost_codes.insert().values(row))


def find(tx: Tx, number: str, codes: Collection[str]) -> dict[str, LostCode]:
    """Those of these codes that the lost database had given to the number."""
    text_of = tx.vault.texts_by_code_hash(codes)
    query = select(lost_codes).where(
        lost_codes.c.number_index.in_(tx.vault.indexes(number)), lost_codes.c.code_hash.in_(text_of)
    )
    rows = tx.session.execute(query)
    return {text_of[row.code_hash]: LostCode(row.ref, row.answered_at is None) for row in rows}


def note_answer(tx: Tx, number: str, ref: str) -> None:
    mine = lost_codes.c.number_index.in_(tx.vault.indexes(number)) & (lost_codes.c.ref == ref)
    tx.session.execute(update(lost_codes).where(mine, lost_codes.c.answered_at.is_(None)).values(answered_at=tx.now))
