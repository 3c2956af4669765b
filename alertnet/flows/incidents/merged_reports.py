"""What each of several merged reports learns while they are one, and the answers to it, for a split as well.

Of the answers to reports that become one, or two again, the latest of each contact counts (A2, A3, A6).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.state import Answered, Confirmed, ContactEvent, Event, Events
from alertnet.core.incident import Facts
from alertnet.core.replan.merging import informed
from alertnet.flows.escalation.record_response import events_of, taken_back
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.records import answers
from alertnet.store.records import incidents as incident_store
from alertnet.store.records.answers import CurrentAnswer, StoredAnswer


def learn_from(locked: LockedIncident, phone: str, learnt: Callable[[Facts], Facts]) -> None:
    """Add to this phone's report what it says now, as far as others had not said it before.

    It is kept after a split.
    """
    merged = locked.incident.merged
    if merged is not None and merged.own.raised_from == phone:
        locked.incident = replace(locked.incident, merged=replace(merged, own=learnt(merged.own)))
        incident_store.save_merging(locked.tx.session, locked.incident)
    for part in locked.parts:
        if part.facts.raised_from == phone:
            locked.save_part(part, learnt(part.facts))


def inform_parts(locked: LockedIncident) -> None:
    """Let each part keep what was learnt since that is more severe or narrower, or spares somebody (A3)."""
    if merged := locked.incident.merged:
        for part in locked.parts:
            facts = informed(part.facts, merged.joined, locked.facts)
            if facts != part.facts:
                locked.save_part(part, facts)


def mark_anew(locked: LockedIncident, **marks: bool) -> None:
    """Keep what a phone has just said after a split too, where another report of the event had said it before.

    The facts known together then lose those marks, since they are newer.
    """
    merged = locked.incident.merged
    said: dict[str, Any] = {name: False for name, is_set in marks.items() if is_set}
    if merged is not None and said:
        locked.incident = replace(locked.incident, merged=replace(merged, joined=replace(merged.joined, **said)))
        incident_store.save_merging(locked.tx.session, locked.incident)


def not_replaced(part: LockedIncident, whole: LockedIncident) -> list[CurrentAnswer]:
    """The answers to the part whose givers have not answered the whole since; to pass it on is no answer."""
    session, here = whole.tx.session, [whole.incident.id]
    own = [each for each in answers.current_answers(session, here) if each.kind is not AnswerKind.RELAYED]
    given = answers.current_answers(session, [part.incident.id])
    since = [(each, _of_same(whole, each, own)) for each in given]
    return [each for each, later in since if later is None or later.at < each.at]


def as_events(here: LockedIncident, given: Sequence[CurrentAnswer], there: LockedIncident) -> dict[str, list[Event]]:
    """Answers as events here, oldest first, wherever they count, and confirmed as far as they are there."""
    events: dict[str, list[Event]] = {}
    for answer in reversed(given):
        happened: list[ContactEvent] = [Answered(answer.contact, answer.kind, answer.address)]
        state = there.states.get(answer.tree)
        happened += [Confirmed(answer.contact)] if state and answer.contact in state.confirmed else []
        add_events(events, events_of(here.recipient(answer.tree, answer.contact), *happened))
    return events


def add_events(events: dict[str, list[Event]], more: Events) -> None:
    """Add more events of the same trees, or of others."""
    for tree, happened in more.items():
        events.setdefault(tree, []).extend(happened)


def as_taken_back(locked: LockedIncident, gone: StoredAnswer, stays: Sequence[CurrentAnswer]) -> dict[str, list[Event]]:
    """Take back an answer; what its giver has answered besides, of those that stay, counts again (A4)."""
    happened = taken_back(gone, _of_same(locked, gone, stays))
    return events_of(locked.recipient(gone.tree, gone.contact), *happened)


def as_withdrawn(part: LockedIncident, stays: Sequence[CurrentAnswer], since: datetime) -> dict[str, list[Event]]:
    """The answers to the part that were revoked or replaced since then, as events in its own escalations (A2, A6)."""
    events: dict[str, list[Event]] = {}
    for answer in answers.given(part.tx.session, [part.incident.id]):
        if answer.revoked_at is not None and answer.revoked_at >= since:
            add_events(events, as_taken_back(part, answer, stays))
    return events


def _of_same(locked: LockedIncident, answer: StoredAnswer, given: Sequence[CurrentAnswer]) -> CurrentAnswer | None:
    """The latest of these that the giver of that answer has given as well."""
    names = locked.recipient(answer.tree, answer.contact).names
    return next((each for each in given if (each.tree, each.contact) in names), None)
