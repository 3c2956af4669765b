"""A call that somebody listened to, and has said no more in: on the record, and counted for nothing (A6)."""

from functools import partial

from alertnet.core.escalation.quorum import RECEIVED, Via
from alertnet.core.escalation.state import Received
from alertnet.core.monitoring.metrics import ANSWERS, once
from alertnet.flows.escalation.escalate import move
from alertnet.flows.escalation.record_response import events_of
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.records import answers


def record_receipt(locked: LockedIncident, tree: str, contact: str, address: str) -> None:
    """Record that the code of a call to that number was keyed, and let the repeats to it wait."""
    id = locked.tx.entropy.id()
    locked.tx.counted.append(once(ANSWERS, RECEIVED, Via.CALL.value))
    locked.work.add(
        answers.NewAnswer(
            id=id,
            incident_id=locked.incident.id,
            tree=tree,
            contact=contact,
            kind=RECEIVED,
            via=Via.CALL,
            at=locked.tx.now,
            address=address,
            by=None,
            note=None,
        )
    )
    locked.record(RECEIVED, tree=tree, contact=contact, via=Via.CALL.value, acknowledgement=id)
    move(locked, events_of(locked, tree, contact, partial(Received, address=address)))
