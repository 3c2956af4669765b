"""What people sent and reported about an incident, as it was written: for those who may read it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alertnet.core.disclosure import DURESS
from alertnet.store.tables import timeline

KINDS = ("report_received", "sms_received", "action_reported")
_SAYS_SOMETHING = ("text", "understood", "action")
_PROVEN = ("true", DURESS)
"""What a PIN may have turned out to be that proves a report."""
MOST = 20
"""The latest ones: a page is read on a phone."""


@dataclass(frozen=True, slots=True)
class ReceivedText:
    """A text or action of a contact (`tree` and `contact`), or a text of a member (`by`, as `team/member`)."""

    at: datetime
    words: str
    """Empty where a report had none besides its codes, and an action no note."""
    tree: str | None
    contact: str | None
    by: str | None
    understood: tuple[str, ...] = ()
    """Of a report: the type by its name, and codes."""
    is_verified: bool = False
    action: str | None = None


def of_incident(session: Session, incident: str) -> list[ReceivedText]:
    """The latest of an incident, oldest first; none of those that were erased.

    An action that was told in words alone stands among the texts already, and is left out.
    """
    query = select(timeline.c.at, timeline.c.payload).where(timeline.c.chain == incident, timeline.c.kind.in_(KINDS))
    rows = session.execute(query.order_by(timeline.c.seq.desc()).limit(MOST)).all()
    return [
        ReceivedText(
            at,
            payload.get("text") or payload.get("note") or "",
            payload.get("tree"),
            payload.get("contact"),
            payload.get("by"),
            tuple(payload.get("understood", ())),
            payload.get("pin") in _PROVEN,
            payload.get("action"),
        )
        for at, payload in reversed(rows)
        if payload and not payload.get("in_words") and any(payload.get(name) for name in _SAYS_SOMETHING)
    ]
