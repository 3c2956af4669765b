"""Changed answers and reports of action: a few are told at once, the rest in one message at the hour's end (B9).

Each counts and is on record, whether told or not.
"""

from dataclasses import replace
from datetime import datetime

from alertnet.core.disclosure import Said, Subject
from alertnet.core.limits import ANSWER_CHANGES
from alertnet.core.notification import Kind
from alertnet.flows.notifications.cancel_messages import CONFIRMATIONS
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.unit.locked_incident import Recipient
from alertnet.store.records import limits, notifications


def told_at(recipient: Recipient) -> datetime | None:
    """Count one more and return when to tell it, now or at the end of the hour; None: it goes with that message."""
    # One count for a recipient, whichever of its contacts answers.
    locked, (tree, first) = recipient.locked, min(recipient.names)
    return limits.tell_at(locked.tx, ANSWER_CHANGES, f"{locked.incident.id} {tree}/{first}")


def announce(recipient: Recipient, subject: Subject, answer: str | None, *, at: datetime | None) -> None:
    """Tell the other coordinators of the contact's answer now, or at the end of the hour that there was more.

    `at`: when (see `told_at`). `answer`: the answer whose page they are given.
    """
    locked, contact = recipient.locked, recipient.id
    if at == locked.tx.now:
        notify_coordinators(locked, subject, contact, besides=recipient, acknowledgement=answer)
    elif at is not None:
        notify_coordinators(locked, Subject.MORE_ANSWERS, contact, besides=recipient, leaves_at=at)


def revise(recipient: Recipient, kind: Kind, words: Said) -> None:
    """Rewrite confirmations that wait for the end of the hour, so that they say what is true now."""
    locked, said = recipient.locked, replace(words, timezone=recipient.contact.timezone)
    notifications.revise(locked.tx, locked.incident.id, recipient.names, CONFIRMATIONS, kind, said)
