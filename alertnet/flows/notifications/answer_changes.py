"""Changes of an answer and reports of action: a few are told at once, the rest in one message at the hour's end (B9).

Whatever is told or not, each of them counts, and is on the record.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select, tuple_, update

from alertnet.core.codec import to_plain
from alertnet.core.directory.contact import Contact
from alertnet.core.disclosure import Said, Subject
from alertnet.core.limits import ANSWER_CHANGES
from alertnet.core.notification import Kind
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.queues.attempts import QUEUED
from alertnet.store.records import limits
from alertnet.store.tables import attempts, notifications

CONFIRMATIONS = (Kind.RECORDED.value, Kind.DECLINED.value)


def told_at(locked: LockedIncident, tree: str, contact: str) -> datetime | None:
    """Count one more, and say when it is told: now, or at the end of the hour; None: with what is told then."""
    # One count for a recipient, by whichever of its names it answers.
    first_tree, first = min(locked.names(tree, contact))
    return limits.turn(locked.tx, ANSWER_CHANGES, f"{locked.incident.id} {first_tree}/{first}")


def announce_rest(locked: LockedIncident, tree: str, contact: str, at: datetime) -> None:
    """Tell the coordinators, at the end of the hour, that there was more."""
    notify_coordinators(locked, Subject.MORE_ANSWERS, contact, besides=(tree, contact), leaves_at=at)


def revise(locked: LockedIncident, kind: Kind, tree: str, contact: Contact, words: Said) -> None:
    """Let the confirmations that wait for the end of the hour say what stands now."""
    waiting = select(attempts.c.notification_id).where(
        attempts.c.incident_id == locked.incident.id,
        attempts.c.status.in_(QUEUED),
        attempts.c.due_at > locked.tx.now,
    )
    change = update(notifications).where(
        notifications.c.id.in_(waiting),
        tuple_(notifications.c.tree, notifications.c.contact).in_(list(locked.names(tree, contact.id))),
        notifications.c.kind.in_(CONFIRMATIONS),
    )
    said = to_plain(replace(words, timezone=contact.timezone))
    locked.tx.session.execute(change.values(kind=kind.value, said=said))
