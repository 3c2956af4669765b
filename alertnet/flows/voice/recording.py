"""What a member tells in a call after its PIN: fetched from the provider, kept sealed, and deleted there (B4, A9)."""

from datetime import timedelta

from alertnet.core.disclosure import Subject
from alertnet.flows.notifications.floods import ring_once
from alertnet.flows.unit.locked_incident import take_up
from alertnet.flows.voice.incoming_call import raised_by
from alertnet.store.db.tx import Tx
from alertnet.store.queues import recordings
from alertnet.store.records import incidents, timeline
from alertnet.store.records.inbound import InboundCall

RECORDED, LOST = "call_recorded", "recording_lost"
PAUSE = timedelta(minutes=1)
GIVEN_UP_AFTER = timedelta(days=1)


def note_recording(tx: Tx, call: InboundCall, id: str, provider: str, seconds: int) -> None:
    """Fetch what was told in a call that has raised something; nothing is done about any other."""
    raised = raised_by(tx, call)
    if raised is not None:
        recordings.add(tx, id, incidents.id_of(tx.session, raised), provider, seconds)


def keep_recording(tx: Tx, id: str, sound: bytes) -> None:
    """Keep the sound of a recording, and let the coordinators know that there is something to hear."""
    known = recordings.find(tx.session, id)
    if known is None or known.is_kept:
        return
    recordings.keep(tx, id, sound)
    locked = take_up(tx, known.incident)
    locked.record(RECORDED, recording=id, seconds=known.seconds)
    if locked.is_open:
        ring_once(locked, Subject.NEWS, locked.facts.team or locked.incident.ref)
    locked.finish()


def miss_recording(tx: Tx, id: str) -> None:
    """Try again later to fetch a recording, or to delete it there; after a day it is given up, and on the record."""
    known = recordings.find(tx.session, id)
    if known is None or known.due_at is None:
        return
    if tx.now - known.made_at < GIVEN_UP_AFTER:
        recordings.put_off(tx, id, tx.now + PAUSE)
        return
    recordings.put_off(tx, id, None)
    timeline.append(tx, timeline.SYSTEM, (LOST, {"recording": id, "is_kept": known.is_kept}))
