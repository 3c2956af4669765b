"""Runs a worker beside whatever else a process does."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog

from alertnet.core.monitoring.self_monitoring import Seen
from alertnet.runtime.wiring import Runtime
from alertnet.store.queues import workers
from alertnet.worker.platform import THIS_PLATFORM, Platform
from alertnet.worker.service import Worker

SILENCE = timedelta(seconds=35)
"""A worker without a sign of life for so long has ended, where several work side by side."""

log = structlog.get_logger(__name__)


@contextmanager
def working(runtime: Runtime, platform: Platform = THIS_PLATFORM) -> Iterator[None]:
    """Run a worker inside the block; raises `Misconfigured` where another runs on the same SQLite database."""
    gone = _gone(runtime)
    with Worker(runtime, platform=platform):
        if gone is not None:
            log.warning("worker_gone", started_at=gone.started_at, seen_at=gone.seen_at)
        yield


def _gone(runtime: Runtime) -> Seen | None:
    """The last worker that ended without signing off, as by `kill -9` or out of memory."""
    # SQLite allows one worker at a time, so any other that is still recorded has ended that way.
    silence = timedelta() if runtime.engine.dialect.name == "sqlite" else SILENCE
    seen = runtime.read(lambda tx: workers.seen(tx.session))
    gone = [each for each in seen if each.seen_at + silence <= runtime.now()]
    return max(gone, key=lambda each: each.seen_at, default=None)
