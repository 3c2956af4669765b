"""Fetches what members have told in calls, and deletes it at the provider once it is kept here."""

from collections.abc import Callable
from functools import partial

import structlog

from alertnet.core.directory.contact import MethodKind
from alertnet.core.errors import put_down
from alertnet.flows.voice.recording import keep_recording, miss_recording
from alertnet.runtime.database.transactions import handled
from alertnet.runtime.wiring import Runtime
from alertnet.store.queues import recordings
from alertnet.store.queues.recordings import Recording

log = structlog.get_logger(__name__)

MOST = 20
"""That one look finds."""


def work_on_recordings(runtime: Runtime) -> list[tuple[str, Callable[[], None]]]:
    """What is to be done about recordings now, each by its id."""
    found = runtime.read(lambda tx: recordings.due(tx.session, tx.now, MOST))
    return [(each.id, partial(_go_on, runtime, each)) for each in found]


def _go_on(runtime: Runtime, recording: Recording) -> None:
    """Fetch it, else delete it where it was fetched from: whichever is next, so that none is lost in between."""
    outlet = runtime.outlets.get((MethodKind.CALL, recording.provider))
    books = outlet.recordings if outlet else None
    with handled(partial(_miss, runtime, recording.id)):
        if books is not None and recording.is_over and books.delete(recording.id):
            runtime.transact(recordings.put_off, recording.id, None)
        elif books is not None and not recording.is_over and (sound := books.fetch(recording.id)):
            runtime.transact(keep_recording, recording.id, sound)
        else:
            runtime.transact(miss_recording, recording.id)


def _miss(runtime: Runtime, id: str, fault: Exception) -> None:
    log.exception("recording_failed", recording=id, fault=put_down(fault))
    runtime.transact(miss_recording, id)
