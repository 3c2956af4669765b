"""Limits for more texts and calls than people can read: the rest is only stored, and that is told once (A12, B9)."""

from datetime import datetime

from alertnet.core.directory.contact_tree import Network
from alertnet.core.disclosure import IN_FLOODS, NoRef, Subject
from alertnet.core.inbound.auto_replies import is_repeated, says_so
from alertnet.core.limits import ALL_STRANGER_TEXTS, DROPS_TOLD, REPLIES, STRANGER_TEXTS, TEXTS_TOLD, Limit
from alertnet.core.notification import Kind, PromptKind
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.notifications.prompts import open_prompts, raise_prompt
from alertnet.flows.notifications.system_notices import Announcement, tell_coordinators
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.db.tx import Tx
from alertnet.store.records import inbound, limits, timeline
from alertnet.store.records.inbound import InboundText

EVERYBODY, CONTACTS = "everybody", "contacts"
"""The keys under which strangers are counted together, and contacts."""


def may_look(tx: Tx, number: str) -> Limit | None:
    """None if a stranger's text may be examined; else the limit that drops it."""
    for limit, key in ((STRANGER_TEXTS, number), (ALL_STRANGER_TEXTS, EVERYBODY)):
        if not limits.use(tx, limit, key):
            return limit
    return None


def may_reply(tx: Tx, text: InboundText, *, is_answer: bool, from_field: bool = False) -> tuple[bool, Limit | None]:
    """Whether somebody known gets a reply, and the limit that forbids it. A machine gets none and counts for nothing.

    `is_answer`: the text is a verb or code, which machines don't send. These are counted apart: somebody who tries
    codes, perhaps with a forged number, must not use up the replies to the number's owner. `from_field`: what contacts
    have written by machines it says of what it sees.
    """
    written_at, earlier = text.heard_at or tx.now, inbound.texts_before(tx, text)
    says_it = says_so(text.body) and not from_field
    if not is_answer and (says_it or is_repeated(text.body, earlier, written_at)):
        return False, None
    key = f"{text.sender} codes" if is_answer else text.sender
    return (True, None) if limits.use(tx, REPLIES, key) else (False, REPLIES)


def tell_drop(tx: Tx, network: Network, limit: Limit | None) -> None:
    """Record that a limit dropped something, and tell the coordinators, once an hour.

    Call this last in a transaction: a flow that holds an incident may wait for its lock, and whoever has the lock must
    wait for nothing.
    """
    if limit is not None and limits.use(tx, DROPS_TOLD, limit.name):
        timeline.note(tx, "limit_reached", limit=limit.name)
        tell_coordinators(tx, network.in_order, Announcement(Kind.NOTICE, Subject.FLOOD, NoRef.TEXT))


def rings_now(tx: Tx, told_at: datetime | None, *, is_contact: bool) -> bool:
    """Whether what a phone sends is an alarm: its first in ten minutes, and of all contacts together only one.

    Numbers of contacts may be forged.
    """
    return told_at == tx.now and (not is_contact or limits.use(tx, TEXTS_TOLD, CONTACTS))


def ring_once(locked: LockedIncident, subject: Subject, about: str, *, anew: bool = False) -> None:
    """Alarm the coordinators, unless this very alarm is ringing already; of what is closed they get a notice.

    Of what comes in floods one alarm rings in an incident: more of it, from anybody, is a notice, and so is what comes
    within ten minutes of an answered alarm (B9). `anew`: the one that rings does not tell of it, as of duress.
    """
    if not locked.is_open:
        notify_coordinators(locked, subject, about)
        return
    ringing = {(prompt.subject, prompt.about) for prompt in open_prompts(locked) if not prompt.is_call_cut}
    if (subject.value, about) in ringing and not anew:
        return
    if anew or subject not in IN_FLOODS:
        raise_prompt(locked, PromptKind.ALARM, subject, about=about)
        return
    told_at = limits.tell_at(locked.tx, TEXTS_TOLD, f"{locked.incident.id} {subject} {about}")
    if told_at == locked.tx.now and not any(each in IN_FLOODS for each, _ in ringing):
        raise_prompt(locked, PromptKind.ALARM, subject, about=about)
    elif told_at is not None:
        notify_coordinators(locked, subject, about, leaves_at=told_at)
