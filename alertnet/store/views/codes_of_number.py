"""The written codes that a number was sent, so that what it sends can be told from what anybody might send (A6, B4)."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, case, func, select

from alertnet.core.incident import IncidentStatus
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials.codes import KEPT_AFTER_CLOSING
from alertnet.store.tables import ACTING, alarms, code_numbers, codes, guesses, incidents

_IN_PLACE = alarms.alias()
"""The alarm of a code that one coordinator has in place of the alarm's own."""
_WHOLE = incidents.alias()
"""The incident that acts for that of a code: a code of a part is good for as long as one of the whole."""
_IS_VOID = codes.c.voided_at.is_not(None) | code_numbers.c.voided_at.is_not(None) | guesses.c.locked_at.is_not(None)


@dataclass(frozen=True, slots=True)
class HeldCode:
    """A code that a number was sent, whose contact this is; `prompt`: the alarm or question that it belongs to.

    `counts`: whether it is good from that number. `asks`: whether something still waits for it.
    """

    id: str
    text: str
    incident: str
    tree: str
    contact: str
    prompt: str | None
    counts: bool = True
    asks: bool = True


def find_sent(tx: Tx, number: str, texts: Collection[str]) -> dict[str, HeldCode]:
    """The code behind each of the texts that this number was ever sent; one that is good before any that is not.

    It is good in an open incident, and in one closed less than 7 days ago, unless it is void.
    """
    text_of = {hash: text for text in texts for hash in tx.vault.code_hashes(text)}
    is_recent = code_numbers.c.open | (_WHOLE.c.closed_at > tx.now - KEPT_AFTER_CLOSING)
    query = _sent(tx, number, is_recent & ~_IS_VOID).where(codes.c.code_hash.in_(text_of))
    rows = tx.session.execute(query.order_by(code_numbers.c.open, codes.c.created_at))
    found = [_code(row) for row in rows]
    return {code.text: code for code in sorted(found, key=lambda code: code.counts)}


def told_codes(tx: Tx, number: str) -> list[HeldCode]:
    """All codes of open incidents that the number was ever sent, oldest first; none of them may be good any more."""
    query = _sent(tx, number, ~_IS_VOID).where(code_numbers.c.open)
    return [_code(row) for row in tx.session.execute(query.order_by(codes.c.created_at, codes.c.id))]


def open_codes(tx: Tx, number: str) -> list[HeldCode]:
    """The codes by which the number can still answer: of open incidents, and of alarms that ring; oldest first."""
    return [code for code in told_codes(tx, number) if code.counts and code.asks]


def holders(tx: Tx, texts: Collection[str]) -> dict[str, list[tuple[str, str | None]]]:
    """(incident, contact) of the codes of open incidents that read so, by text; the contact is None for an alarm's."""
    text_of = {hash: text for text in texts for hash in tx.vault.code_hashes(text)}
    query = (
        select(codes.c.code_hash, ACTING.label("incident_id"), codes.c.contact)
        .join(incidents, incidents.c.id == codes.c.incident_id)
        .join(_WHOLE, _WHOLE.c.id == ACTING)
        .where(
            codes.c.code_hash.in_(text_of),
            codes.c.voided_at.is_(None),
            _WHOLE.c.status == IncidentStatus.OPEN.value,
        )
        .order_by(codes.c.incident_id)
    )
    found: dict[str, list[tuple[str, str | None]]] = {}
    for row in tx.session.execute(query):
        found.setdefault(text_of[row.code_hash], []).append((row.incident_id, row.contact))
    return found


def _sent(tx: Tx, number: str, counts: Any) -> Select[Any]:
    return (
        select(
            codes.c.id,
            codes.c.code,
            ACTING.label("incident_id"),
            code_numbers.c.tree,
            code_numbers.c.contact,
            func.coalesce(codes.c.alarm_id, alarms.c.id).label("prompt"),
            case((counts, True), else_=False).label("counts"),
            func.coalesce(alarms.c.due_at, _IN_PLACE.c.due_at).label("due_at"),
        )
        .join(code_numbers, code_numbers.c.code_id == codes.c.id)
        .join(incidents, incidents.c.id == codes.c.incident_id)
        .join(_WHOLE, _WHOLE.c.id == ACTING)
        .outerjoin(alarms, alarms.c.code_id == codes.c.id)
        .outerjoin(_IN_PLACE, _IN_PLACE.c.id == codes.c.alarm_id)
        .outerjoin(
            guesses,
            (guesses.c.incident_id == ACTING) & (guesses.c.number_index == code_numbers.c.number_index),
        )
        .where(code_numbers.c.number_index.in_(tx.vault.indexes(number)))
    )


def _code(row: Row[Any]) -> HeldCode:
    asks = row.prompt is None or row.due_at is not None
    return HeldCode(row.id, row.code, row.incident_id, row.tree, row.contact, row.prompt, bool(row.counts), asks)
