"""What comes next if nobody answers: the core is asked now what it will be asked when the time has come."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertnet.core.escalation.advance import advance
from alertnet.core.escalation.decision import Step
from alertnet.core.escalation.state import Status
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.records.escalations import Escalation

HORIZON = timedelta(hours=3)
MOST_STEPS = 40


@dataclass(frozen=True)
class Foretold:
    """One step of one tree, and when."""

    at: datetime
    tree: str
    step: Step


def foretell(locked: LockedIncident, now: datetime) -> list[Foretold]:
    """The steps of all escalations in the next hours that send, ask or record anything, in the order of time."""
    steps = [each for escalation in locked.escalations for each in _steps(locked, escalation, now)]
    return sorted(steps, key=lambda each: each.at)


def _steps(locked: LockedIncident, escalation: Escalation, now: datetime) -> Iterator[Foretold]:
    plan = locked.plans[escalation.tree]
    others = [each.state.status for each in locked.escalations if each is not escalation]
    acknowledged = bool(others) and all(status is Status.ACKNOWLEDGED for status in others)
    state, due_at = escalation.state, escalation.due_at
    for _ in range(MOST_STEPS):
        if due_at is None or due_at > now + HORIZON:
            return
        at = max(due_at, now)
        step = advance(plan, state, at, others_acknowledged=acknowledged)
        if step.sends or step.asks or step.notes:
            yield Foretold(at, escalation.tree, step)
        state, due_at = step.state, step.due_at
