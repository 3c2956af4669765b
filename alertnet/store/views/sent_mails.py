"""The mails that we sent, found by their Message-IDs, which are the ids of their notifications."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select

from alertnet.core.codec import value
from alertnet.core.directory.contact import MethodKind
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials.codes import HeldCode
from alertnet.store.tables import alarms, attempts, codes, incidents, notifications

MOST_AT_ONCE = 1000
"""The most ids in one query."""


@value
class SentMail:
    """A mail of ours: about which incident, if any, to which contact at which address, and with which code."""

    notification: str
    incident: str | None
    tree: str | None
    contact: str
    address: str
    code: HeldCode | None


def known(tx: Tx, ids: Collection[str]) -> set[str]:
    """Those of these ids that mails of ours have."""
    asked = sorted(ids)
    mail = notifications.c.method == MethodKind.EMAIL.value
    parts = (asked[start : start + MOST_AT_ONCE] for start in range(0, len(asked), MOST_AT_ONCE))
    queries = (select(notifications.c.id).where(notifications.c.id.in_(part), mail) for part in parts)
    return {id for query in queries for id in tx.session.scalars(query)}


def find(session: Session, ids: Sequence[str]) -> SentMail | None:
    """The first of these that is a mail of ours; what was about a purged incident is answered by nothing any more."""
    query = (
        select(
            *notifications.c["id", "incident_id", "tree", "contact", "address"],
            codes.c.id.label("code_id"),
            codes.c.code,
            codes.c.voided_at,
            func.coalesce(codes.c.alarm_id, alarms.c.id).label("prompt"),
        )
        .outerjoin(codes, codes.c.id == notifications.c.code_id)
        .outerjoin(alarms, alarms.c.code_id == codes.c.id)
        .outerjoin(incidents, incidents.c.id == notifications.c.incident_id)
        .where(notifications.c.id.in_(ids), notifications.c.method == MethodKind.EMAIL.value)
        .where(incidents.c.purged_at.is_(None))
    )
    rows = {row.id: row for row in session.execute(query)}
    row = next((rows[id] for id in ids if id in rows), None)
    if row is None:
        return None
    has_code = row.code_id is not None and row.voided_at is None
    code = HeldCode(row.code_id, row.code, row.incident_id, row.tree, row.contact, row.prompt) if has_code else None
    return SentMail(row.id, row.incident_id, row.tree, row.contact, row.address, code)


def attempts_of(session: Session, notification: str) -> Sequence[tuple[str, str | None]]:
    """The attempts to send it, latest first, each with the provider's id."""
    query = select(attempts.c.id, attempts.c.provider_id).where(attempts.c.notification_id == notification)
    return [tuple(row) for row in session.execute(query.order_by(attempts.c.created_at.desc()))]
