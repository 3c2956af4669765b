"""The written codes that a number holds, so that what it sends can be told from what anybody might send (A6, B4)."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, select

from alertnet.core.incident import IncidentStatus
from alertnet.flows.draws import KEPT_AFTER_CLOSING
from alertnet.store.tables import alarms, code_numbers, codes, incidents
from alertnet.store.tx import Tx


@dataclass(frozen=True)
class HeldCode:
    """A code that is good from one number, whose contact this is; `alarm`: the alarm or question that it belongs to."""

    id: str
    text: str
    incident: str
    tree: str
    contact: str
    alarm: str | None


def find_held(tx: Tx, number: str, text: str) -> HeldCode | None:
    """The code that reads so and is good from that number: of an open incident, or one closed less than 7 days ago."""
    recent = (incidents.c.status == IncidentStatus.OPEN.value) | (incidents.c.closed_at > tx.now - KEPT_AFTER_CLOSING)
    query = _held(tx, number).where(codes.c.code_hash.in_(tx.vault.code_hashes(text)), recent)
    row = tx.session.execute(query.order_by(code_numbers.c.open.desc(), codes.c.created_at.desc()).limit(1)).first()
    return _code(row) if row else None


def open_codes(tx: Tx, number: str) -> list[HeldCode]:
    """The codes by which the number can still answer: of open incidents, and of alarms that ring; oldest first."""
    asks = codes.c.contact.is_not(None) | alarms.c.due_at.is_not(None)
    query = _held(tx, number).where(code_numbers.c.open, asks)
    return [_code(row) for row in tx.session.execute(query.order_by(codes.c.created_at, codes.c.id))]


def holders(tx: Tx, text: str) -> list[tuple[str, str | None]]:
    """(incident, contact) of the codes that read so in open incidents; the contact is None for an alarm's code."""
    query = (
        select(codes.c.incident_id, codes.c.contact)
        .join(incidents, incidents.c.id == codes.c.incident_id)
        .where(codes.c.code_hash.in_(tx.vault.code_hashes(text)), codes.c.voided_at.is_(None))
        .where(incidents.c.status == IncidentStatus.OPEN.value)
        .order_by(codes.c.incident_id)
    )
    return [(row.incident_id, row.contact) for row in tx.session.execute(query)]


def _held(tx: Tx, number: str) -> Select[Any]:
    return (
        select(
            codes.c.id,
            codes.c.code,
            codes.c.incident_id,
            code_numbers.c.tree,
            code_numbers.c.contact,
            alarms.c.id.label("alarm"),
        )
        .join(code_numbers, code_numbers.c.code_id == codes.c.id)
        .join(incidents, incidents.c.id == codes.c.incident_id)
        .outerjoin(alarms, alarms.c.code_id == codes.c.id)
        .where(code_numbers.c.number_index.in_(tx.vault.indexes(number)), codes.c.voided_at.is_(None))
    )


def _code(row: Row[Any]) -> HeldCode:
    return HeldCode(row.id, row.code, row.incident_id, row.tree, row.contact, row.alarm)
