"""Recordings of what members say after their PIN: fetched from the provider, stored sealed, deleted there (B4, A9)."""

from datetime import timedelta

from alertnet.core.disclosure import Subject
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.notifications.floods import ring_once
from alertnet.flows.unit.locked_incident import take_up
from alertnet.store.db.tx import Tx
from alertnet.store.queues import postponed_rows, recordings
from alertnet.store.queues.recordings import Recording
from alertnet.store.records import inbound, incidents
from alertnet.store.records.inbound import InboundCall

RECORDED = "call_recorded"
LOST = "recording_lost"
PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
GIVEN_UP_AFTER = timedelta(days=2)
"""After its call; one that was found late, on the list of a day, is then still tried for a day."""
TOLD_AFTER = timedelta(hours=1)
"""How long a deletion at the provider may fail before the administrators are told."""


def note_recording(tx: Tx, call: InboundCall, id: str, provider: str, seconds: int) -> None:
    """Queue a recording for fetching, if its call has raised something; else it is only deleted at the provider."""
    raised = inbound.raised_by(tx, call)
    # Whoever hears one that was found late must know when it was said.
    made_at = inbound.received_at(tx.session, call.provider_id) if raised else tx.now
    recordings.add(tx, id, incidents.id_of(tx, raised) if raised else None, provider, seconds, made_at)


def find_recording(tx: Tx, call: InboundCall, id: str, provider: str, seconds: int) -> None:
    """Queue a recording that the provider lists and never announced. Calls that are not ours are left alone."""
    if inbound.outcome_of(tx, call) is not None:
        note_recording(tx, call, id, provider, seconds)


def keep_recording(tx: Tx, id: str, sound: bytes) -> None:
    """Store the sound of a recording, and tell the coordinators that there is something to hear."""
    known = recordings.hold(tx.session, id)
    if known is None or known.is_kept or known.incident is None:
        return
    recordings.keep(tx, id, sound)
    locked = take_up(tx, known.incident)
    locked.record(RECORDED, recording=id, seconds=known.seconds)
    ring_once(locked, Subject.NEWS, locked.facts.team or locked.incident.ref)
    locked.finish()


def miss_recording(tx: Tx, id: str) -> None:
    """Retry later: the fetch, which is given up and reported in the end, or the deletion at the provider."""
    known = recordings.hold(tx.session, id)
    if known is None or known.due_at is None:
        return
    if known.is_over:
        _delete_later(tx, known)
    elif tx.now - known.made_at < GIVEN_UP_AFTER:
        recordings.put_off(tx, id, tx.now + PAUSE)
    else:
        recordings.put_off(tx, id, None)
        _tell_loss(tx, known)


def _tell_loss(tx: Tx, known: Recording) -> None:
    """Tell the coordinators to ask the team what it said in its call, because nobody will hear it."""
    assert known.incident is not None
    locked = take_up(tx, known.incident)
    locked.record(LOST, recording=known.id)
    notify_coordinators(locked, Subject.RECORDING_LOST, locked.facts.team or locked.incident.ref)
    locked.finish()


def _delete_later(tx: Tx, known: Recording) -> None:
    """Retry the deletion without end: recordings must not stay with the provider."""
    failing_for = tx.now - (known.kept_at or known.made_at)
    again_at = tx.now + min(max(PAUSE, failing_for), LONGEST_PAUSE)
    if failing_for < TOLD_AFTER:
        recordings.put_off(tx, known.id, again_at)
    else:
        postponed_rows.postpone(tx, "recordings", known.id, again_at)
