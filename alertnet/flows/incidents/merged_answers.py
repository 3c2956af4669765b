"""Answers to reports that become one, or two again: the latest of each contact counts (A2, A6)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.state import Answered, Confirmed, Event, Events, Withdrawn
from alertnet.flows.escalation import record_response
from alertnet.flows.escalation.record_response import events_of
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.records import answers
from alertnet.store.records.answers import CurrentAnswer


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
        made: list[Callable[[str], Event]] = [partial(Answered, kind=answer.kind, address=answer.address)]
        state = there.states.get(answer.tree)
        made += [Confirmed] if state and answer.contact in state.confirmed else []
        add_events(events, events_of(here.recipient(answer.tree, answer.contact), *made))
    return events


def add_events(events: dict[str, list[Event]], more: Events) -> None:
    """Add more events of the same trees, or of others."""
    for tree, happened in more.items():
        events.setdefault(tree, []).extend(happened)


def as_taken_back(whole: LockedIncident, gone: CurrentAnswer, stays: Sequence[CurrentAnswer]) -> dict[str, list[Event]]:
    """Take back an answer to the part; what its giver has answered to the whole itself counts again (A4)."""
    made = record_response.taken_back(gone.kind, _of_same(whole, gone, stays))
    return events_of(whole.recipient(gone.tree, gone.contact), *made)


def as_withdrawn(part: LockedIncident, since: datetime) -> dict[str, list[Event]]:
    """The answers to the part that were revoked or replaced since then, as events in its own escalations (A2, A6)."""
    events: dict[str, list[Event]] = {}
    for answer in answers.given(part.tx.session, [part.incident.id]):
        if answer.revoked_at is not None and answer.revoked_at >= since:
            add_events(events, events_of(part.recipient(answer.tree, answer.contact), Withdrawn))
    return events


def _of_same(whole: LockedIncident, answer: CurrentAnswer, given: Sequence[CurrentAnswer]) -> CurrentAnswer | None:
    """The latest of these that the giver of that answer has given as well."""
    names = whole.recipient(answer.tree, answer.contact).names
    return next((each for each in given if (each.tree, each.contact) in names), None)
