"""A coordinator's decisions on a text from its page: it is an incident, belongs to one, or is none (A12)."""

from alertnet.core.errors import Unknown
from alertnet.core.inbound.field_report import UNKNOWN_TYPE
from alertnet.core.incident import TYPES, Incident, Severity
from alertnet.core.notification import PromptAnswer
from alertnet.flows.incidents.lone_text import facts_of_text, join_text, open_read_text, set_text_aside
from alertnet.flows.pages.linked_page import Sent
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient, look_at, take_up_each
from alertnet.store.db.tx import Tx
from alertnet.store.records import incidents
from alertnet.store.records.credentials.page_links import PageLink
from alertnet.store.records.prompts import Prompt

OPEN, JOIN, SET_ASIDE = "open", "join", "set_aside"
DECISIONS = {OPEN: PromptAnswer.OPENED, JOIN: PromptAnswer.JOINED, SET_ASIDE: PromptAnswer.SET_ASIDE}
MOST_OFFERED = 10
"""The most open incidents offered to join a text to, the latest."""


def take_up_with_other(tx: Tx, link: PageLink, sent: Sent) -> tuple[LockedIncident, LockedIncident | None]:
    """The link's incident, and the one that its text is to be joined to, if any."""
    other = _id_of(tx, sent.into) if sent.answer == JOIN else None
    # Lock both in the order of their ids, since two coordinators may press at the same moment.
    held = take_up_each(tx, sorted({link.incident_id, other or link.incident_id}))
    locked, into = held[link.incident_id], held[other or link.incident_id]
    return locked, into if into is not locked else None


def joinable(visitor: Recipient) -> tuple[Incident, ...]:
    """The open incidents that the coordinator may know of, to join the text to."""
    tx = visitor.locked.tx
    real = (each for each in incidents.latest_open(tx.session, MOST_OFFERED) if not each.facts.lone_text)
    return tuple(each for each in real if _may_join(look_at(tx, each.id), visitor))


def is_allowed(visitor: Recipient, into: LockedIncident | None, sent: Sent) -> bool:
    """Whether every field that the decision needs has an allowed value."""
    if sent.answer == OPEN:
        return (sent.type or UNKNOWN_TYPE) in TYPES and (not sent.severity or sent.severity in list(Severity))
    return sent.answer == SET_ASIDE or (into is not None and _may_join(into, visitor))


def decide_text(visitor: Recipient, address: str, into: LockedIncident | None, sent: Sent) -> None:
    """Carry out the decision."""
    locked, by = visitor.locked, visitor.id
    if sent.answer == OPEN:
        facts = facts_of_text(locked, sent.type or None, Severity(sent.severity) if sent.severity else None)
        open_read_text(visitor, facts, address)
    elif into is not None:
        join_text(locked, into, by=by, besides=into.recipient(*visitor.name))
    else:
        set_text_aside(locked, by=by)


def was_decided_so(prompt: Prompt, sent: Sent, by: str) -> bool:
    """Whether that very coordinator has already made this decision."""
    return prompt.answer == DECISIONS.get(sent.answer) and prompt.answered_by == by


def _id_of(tx: Tx, ref: str) -> str | None:
    try:
        return incidents.id_of(tx, ref, own=True)
    except Unknown:
        return None


def _may_join(into: LockedIncident, visitor: Recipient) -> bool:
    return into.is_open and not into.facts.lone_text and into.may_coordinate(*visitor.name)
