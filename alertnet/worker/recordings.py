"""Fetches recordings of members' calls, and deletes them at the provider once they are stored here."""

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
"""The most recordings per look."""


def work_on_recordings(runtime: Runtime) -> list[tuple[str, Callable[[], None]]]:
    found = runtime.read(lambda tx: recordings.due(tx, MOST))
    return [(each.id, partial(_go_on, runtime, each)) for each in found]


def _go_on(runtime: Runtime, recording: Recording) -> None:
    """Do the recording's next step: fetch it, or delete it at the provider once it is stored, so that none is lost."""
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
