"""The texts that people sent about an incident, as they were written: for those who may read them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alertnet.store.tables import timeline

KINDS = ("report_received", "sms_received")
MOST = 20
"""The latest ones: a page is read on a phone."""


@dataclass(frozen=True, slots=True)
class ReceivedText:
    """A text of a contact (`tree` and `contact`), or of a member (`by`, as `team/member`)."""

    at: datetime
    words: str
    tree: str | None
    contact: str | None
    by: str | None


def of_incident(session: Session, incident: str) -> list[ReceivedText]:
    """The latest texts of an incident, oldest first; none of those that were erased."""
    query = select(timeline.c.at, timeline.c.payload).where(timeline.c.chain == incident, timeline.c.kind.in_(KINDS))
    rows = session.execute(query.order_by(timeline.c.seq.desc()).limit(MOST)).all()
    return [
        ReceivedText(at, payload["text"], payload.get("tree"), payload.get("contact"), payload.get("by"))
        for at, payload in reversed(rows)
        if payload and payload.get("text")
    ]
